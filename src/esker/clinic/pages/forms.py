"""Which fields each command asks for, as one table; the page draws it, the API judges it.

A field's name is its path in the command: `identifiers.0.value` becomes a list of objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRI = (("", "Choose"), ("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))
SEVERITY = (("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe"))
ROUTES = (("iv", "Intravenous"), ("im", "Intramuscular"), ("po", "By mouth"))
RESTS = (("", "All that is left"), ("vial", "In the vial"), ("syringe", "In the syringe"))
DOSE_UNITS = (("mg", "mg"), ("microgram", "microgram"))


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str = ""
    kind: str = "text"  # text, number, hidden, select, password, code
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    kind: str
    title: str
    fields: tuple[Field, ...] = ()
    weight: str = "plain"  # plain, main, grave

    @property
    def at_once(self) -> bool:
        """Nothing to fill in: one tap does it."""
        return all(field.kind == "hidden" for field in self.fields)


TITLES = {
    "arrive": "Arrived: check identity", "answer_readiness": "Readiness questions",
    "weigh": "Weigh", "pair_monitor": "Pair chair and monitor", "unpair_monitor": "Unpair monitor",
    "record_vitals": "Confirm vitals", "record_scale": "Record a scale",
    "adverse_event": "Adverse event", "end_emergency": "End emergency",
    "give_rescue": "Rescue medicine given", "sign_order": "Sign order", "scan_vial": "Scan pack",
    "draw_up": "Draw up", "clear": "Clear to dose", "start": "Start dosing",
    "next_device": "Next device", "device_given": "Device given", "change_rate": "Change rate",
    "pause": "Pump paused", "resume": "Resume", "stop": "Stop dosing", "end_dose": "Dose finished",
    "waste": "Waste with witness", "request_override": "Ask for override",
    "sign_override": "Sign override", "decline_override": "Decline override",
    "hand_over": "Hand over",
    "accept_hand_over": "Accept hand-over", "assess_discharge": "Assess for the door",
    "escort_seen": "Escort seen", "discharge": "Discharge", "transfer_out": "Transfer out",
    "leave_against_advice": "Left against advice", "cancel": "Cancel session",
    "withhold": "Withhold dose", "deviation": "Record deviation",
}  # fmt: skip
MAIN = frozenset({
    "arrive", "answer_readiness", "pair_monitor", "record_vitals", "scan_vial", "draw_up", "clear",
    "start", "next_device", "device_given", "resume", "end_dose", "escort_seen", "discharge",
})  # fmt: skip
GRAVE = frozenset({"stop", "pause", "leave_against_advice", "cancel", "withhold", "transfer_out"})
VITAL_LABELS = {
    "sbp": "Systolic", "dbp": "Diastolic", "hr": "Heart rate", "spo2": "SpO\u2082",
    "rr": "Breaths", "map": "Mean pressure", "temp": "Temperature",
}  # fmt: skip
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "hr": "/min", "spo2": "%", "rr": "/min", "map": "mmHg"}

REASON = Field("reason", "Reason")
SIGNING = (
    Field("signature.username", "Prescriber"),
    Field("signature.password", "Password", "password"),
    Field("signature.totp", "Six-digit code", "code"),
)
FIXED: dict[str, tuple[Field, ...]] = {
    "arrive": (
        Field("identifiers.0.what", kind="hidden", value="name"),
        Field("identifiers.0.value", "Full name, as the patient says it"),
        Field("identifiers.1.what", kind="hidden", value="born"),
        Field("identifiers.1.value", "Born (year-month-day)", hint="as 1984-04-12"),
    ),
    "weigh": (
        Field("weight", "Weight", "number"),
        Field("unit", "Unit", "select", options=(("kg", "kg"), ("lb", "lb"))),
    ),
    "unpair_monitor": (REASON,),
    "adverse_event": (
        Field("term", "What happened"),
        Field("severity", "Severity", "select", options=SEVERITY),
        Field("serious", "Serious", "select", options=(("false", "No"), ("true", "Yes"))),
    ),
    "end_emergency": (Field("outcome", "Outcome"),),
    "give_rescue": (
        Field("medicine", "Medicine"),
        Field("dose", "Dose given", "number"),
        Field("unit", "Unit", "select", options=DOSE_UNITS),
        Field("route", "Route", "select", options=ROUTES),
        Field("ordered_by", "Verbal order by", required=False),
    ),
    "scan_vial": (Field("code", "Code on the pack", hint="Scan, or type it"),),
    "pause": (REASON,),
    "stop": (REASON, Field("given_ml", "Given so far, mL", "number", required=False)),
    "end_dose": (Field("given_ml", "Given, mL (infusion)", "number", required=False),),
    "change_rate": (Field("pump_rate_ml_per_h", "New pump rate, mL/h", "number"), REASON),
    "hand_over": (Field("to", "To (user name)"),),
    "escort_seen": (
        Field("name", "Escort's name"),
        Field("relation", "Relation"),
        Field("drives", "Escort drives", "select", options=TRI),
    ),
    "leave_against_advice": (Field("advice", "Advice that was given"),),
    "transfer_out": (Field("to", "To"), REASON),
    "cancel": (REASON,),
    "withhold": (REASON,),
    "deviation": (Field("what", "What happened"),),
}


def form(kind: str, session: Mapping[str, Any]) -> Form | None:
    """The form of one command for this session; None for those with a place of their own."""
    if kind not in TITLES:
        return None
    make = MADE.get(kind)
    fields = make(session) if make else FIXED.get(kind, ())
    weight = "main" if kind in MAIN else "grave" if kind in GRAVE else "plain"
    return Form(kind, TITLES[kind], fields, weight)


def _version(session: Mapping[str, Any]) -> tuple[Field, ...]:
    order = session.get("order") or {}
    return (Field("order_version", kind="hidden", value=str(order.get("version", ""))),)


def _vitals(session: Mapping[str, Any]) -> tuple[Field, ...]:
    fields: list[Field] = []
    known = session.get("vitals") or {}
    for place, channel in enumerate(("sbp", "dbp", "hr", "spo2", "rr")):
        now = known.get(channel) or {}
        fresh = now.get("value") is not None and not now.get("stale")
        fields += [
            Field(f"vitals.{place}.channel", kind="hidden", value=channel),
            Field(f"vitals.{place}.unit", kind="hidden", value=UNITS[channel]),
            Field(
                f"vitals.{place}.value",
                f"{VITAL_LABELS[channel]}, {UNITS[channel]}",
                "number",
                str(now["value"]) if fresh else "",
                required=False,
                hint="" if fresh else "no fresh reading",
            ),
        ]
    return tuple(fields)


def _scales(session: Mapping[str, Any]) -> tuple[Field, ...]:
    named = {scale for check in session.get("due") or () for scale in check.get("scales") or ()}
    options = tuple((name, name) for name in sorted(named | {"moaa_s", "cadss"}))
    return Field("scale", "Scale", "select", options=options), Field("value", "Score", "number")


def _questions(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(f"answers.{q['id']}", q["text"], "select", q.get("answer") or "", TRI, required=False)
        for q in session.get("readiness") or ()
    )


def _criteria(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(f"answers.{c['id']}", c.get("title") or c["id"], "select", "", TRI, required=False)
        for c in session.get("criteria") or ()
        if c.get("kind", "answer") == "answer"
    )


def _vials(session: Mapping[str, Any]) -> Field:
    names = [str(v.get("vial") or v.get("id")) for v in session.get("vials") or ()]
    return Field("vial", "Pack", "select", options=tuple((name, name) for name in names))


def _draw(session: Mapping[str, Any]) -> tuple[Field, ...]:
    worked = list((session.get("draw") or {}).items())[:1]
    needed = worked[0][1] if worked else {}
    hint = f"this pack: {needed['need_ml']} mL" if needed else ""
    return (
        *_version(session),
        _vials(session),
        Field("drawn_ml", "Drawn, mL", "number", hint=hint),
        Field("diluent_ml", "Diluent, mL", "number"),
        Field("final_ml", "Final volume, mL", "number"),
        Field("pump_rate_ml_per_h", "Pump, mL/h", "number"),
    )


def _device(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return *_version(session), Field("device", "Device number", "number"), _vials(session)


def _next(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return *_version(session), Field("device", "Device number", "number", "2")


def _waste(session: Mapping[str, Any]) -> tuple[Field, ...]:
    amount = Field("amount_ml", "Amount, mL", "number", required=False)
    rest = Field("of", "Which rest", "select", required=False, options=RESTS)
    return _vials(session), rest, amount, Field("witness", "Witness (user name)")


def _pair(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return (
        Field("chair", "Chair", value=str(session.get("chair") or "")),
        Field("monitor", "Monitor", value=str(session.get("monitor") or "")),
    )


def _rules(session: Mapping[str, Any]) -> Field:
    held = {
        c["rule"]: c.get("sentence") or c["rule"]
        for c in session.get("commands") or ()
        if c.get("rule") and c.get("strength") == "hold"
    }
    return Field("rule", "What holds", "select", options=tuple(held.items()))


def _ask_override(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return _rules(session), REASON


def _sign_override(session: Mapping[str, Any]) -> tuple[Field, ...]:
    return _rules(session), REASON, *SIGNING


def _decline_override(session: Mapping[str, Any]) -> tuple[Field, ...]:
    asked = (session.get("overrides") or {}).get("asked") or {}
    options = tuple((rule, f"{rule}: {each['reason']}") for rule, each in asked.items())
    return Field("rule", "Which request", "select", options=options), REASON


def _sign_order(session: Mapping[str, Any]) -> tuple[Field, ...]:
    protocol = session.get("protocol") or {}
    nasal = protocol.get("route") == "nasal"
    amount = (
        (Field("dose_mg", "Dose, mg", "number"),)
        if nasal
        else (
            Field("dose_mg_per_kg", "Dose, mg/kg", "number"),
            Field("duration_min", "Over, minutes", "number"),
        )
    )
    return (
        Field("drug", kind="hidden", value=str(protocol.get("drug") or "")),
        Field("route", kind="hidden", value=str(protocol.get("route") or "")),
        *amount,
        Field("weight_kg", "Weight, kg", "number"),
        *SIGNING,
    )


MADE = {
    "record_vitals": _vitals, "record_scale": _scales, "answer_readiness": _questions,
    "assess_discharge": _criteria, "draw_up": _draw, "device_given": _device,
    "next_device": _next, "waste": _waste, "pair_monitor": _pair, "clear": _version,
    "start": _version, "resume": _version, "request_override": _ask_override,
    "sign_override": _sign_override, "decline_override": _decline_override,
    "sign_order": _sign_order,
}  # fmt: skip
