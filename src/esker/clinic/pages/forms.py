"""The forms of a session's commands, filled in with what is known; the API judges them.

`session` is the query's dict, with `people`, `free_chairs` and `me` beside it.
"""

from __future__ import annotations

from collections.abc import Callable

from esker.clinic.pages import drug_forms
from esker.clinic.pages.fields import (
    DOSE_UNITS,
    FIXED,
    REASON,
    ROUTES,
    TITLES,
    TRI,
    Field,
    Form,
)  # fmt: skip
from esker.clinic.pages.form_parts import Session, colleagues, form, people, signing
from esker.clinic.pages.words import UNITS, VITAL_LABELS

MOAA_S = (("0", "0 none"), *((str(n), str(n)) for n in range(1, 5)), ("5", "5 alert"))


def forms(kind: str, session: Session) -> list[Form]:
    """The forms of one kind of command; none for those with a place of their own."""
    if kind not in TITLES:
        return []
    if kind in MADE:
        return MADE[kind](session)
    return [form(kind, FIXED.get(kind, ()))]


# -- observations ---------------------------------------------------------------------------------


def _vitals(session: Session) -> list[Form]:
    """Filled from the tiles at the moment the form opens; an old value is left out."""
    fields: list[Field] = []
    for place, channel in enumerate(("sbp", "dbp", "hr", "spo2", "rr")):
        path = f"vitals.{place}"
        label = f"{VITAL_LABELS[channel]}, {UNITS[channel]}"
        fields += [
            Field(f"{path}.channel", kind="hidden", value=channel),
            Field(f"{path}.unit", kind="hidden", value=UNITS[channel]),
            Field(f"{path}.reading", kind="hidden"),
            Field(f"{path}.value", label, "number", required=False, channel=channel),
        ]
    return [form("record_vitals", tuple(fields))]


def _scales(session: Session) -> list[Form]:
    """A form for each score of the protocol."""
    found = []
    for scale in (session.get("protocol") or {}).get("scales") or ():
        bounds = f"{scale['min']} to {scale['max']}"
        value = (
            Field("value", "Alertness", "choice", options=MOAA_S)
            if scale["id"] == "moaa_s"
            else Field("value", "Score", "number", hint=bounds)
        )
        fields = (Field("scale", kind="hidden", value=scale["id"]), value)
        found.append(form("record_scale", fields, scale["title"], scale["id"]))
    return found


def _rescue(session: Session) -> list[Form]:
    fields = (
        Field("medicine", "Medicine"), Field("dose", "Dose given", "number"),
        Field("unit", "Unit", "choice", options=DOSE_UNITS),
        Field("route", "Route", "choice", options=ROUTES),
        Field("ordered_by", "Verbal order by", "select", options=people(session, "prescriber"),
              required=False),
    )  # fmt: skip
    return [form("give_rescue", fields)]


# -- people, overrides, orders ---------------------------------------------------------------------


def held(session: Session) -> dict[str, str]:
    """Rules that hold something up now and that a prescriber may override."""
    return {
        c["rule"]: c.get("sentence") or c["rule"]
        for c in session.get("commands") or ()
        if c.get("rule") and c.get("strength") == "hold"
    }


def _ask_override(session: Session) -> list[Form]:
    rules = Field("rule", "What holds", "choice", _only(session), tuple(held(session).items()))
    return [form("request_override", (rules, REASON))] if rules.options else []


def _sign_override(session: Session) -> list[Form]:
    rules = Field("rule", "What holds", "choice", _only(session), tuple(held(session).items()))
    asked = (session.get("overrides") or {}).get("asked") or {}
    reason = Field("reason", "Reason", value=(asked.get(rules.value) or {}).get("reason", ""))
    fields = (rules, reason, *signing(session))
    return [form("sign_override", fields)] if rules.options else []


def _decline_override(session: Session) -> list[Form]:
    asked = (session.get("overrides") or {}).get("asked") or {}
    options = tuple((rule, f"{held(session).get(rule, rule)} {each['reason']}")
                    for rule, each in asked.items())  # fmt: skip
    return [form("decline_override", (Field("rule", "Which", "choice", "", options), REASON))]


def _only(session: Session) -> str:
    rules = list(held(session))
    return rules[0] if len(rules) == 1 else ""


def _sign_order(session: Session) -> list[Form]:
    protocol, order = session.get("protocol") or {}, session.get("order") or {}
    amount = (
        (Field("dose_mg", "Dose, mg", "number"),)
        if protocol.get("form") == "device"
        else (
            Field("dose_mg_per_kg", "Dose, mg/kg", "number"),
            Field("duration_min", "Over, minutes", "number"),
        )
    )
    prns = tuple(
        Field(f"prns.{place}.{name}", kind="hidden", value=str(value))
        for place, prn in enumerate(order.get("prns") or ())
        for name, value in prn.items()
    )
    fields = (
        Field("drug", kind="hidden", value=protocol.get("name", "")),
        Field("route", kind="hidden", value=protocol.get("route", "")),
        *amount,
        Field("weight_kg", "Weight, kg", "number", session.get("weight_kg") or ""),
        *prns, *signing(session),
    )  # fmt: skip
    says = (f"This replaces version {order['version']}.",) if order else ()
    return [form("sign_order", fields, says=says)]


def _hand_over(session: Session) -> list[Form]:
    """Open alarms and due checks are read back one by one; each tick goes into the entry."""
    read = [
        Field(f"alarms.{place}", each["sentence"], "check", each["id"])
        for place, each in enumerate(session.get("alarms") or ())
    ] + [
        Field(f"due.{place}", f"Due: {each['title']}", "check", each["id"])
        for place, each in enumerate(
            c for c in session.get("due") or () if c["status"] in {"open", "overdue"}
        )
    ]
    return [form("hand_over", (colleagues(session, "to", "Who takes over"), *read))]


def _review(session: Session) -> list[Form]:
    open_ones = tuple((d["entry"], d["sentence"]) for d in session.get("deviations") or ())
    fields = (Field("entry", "Deviation", "choice", options=open_ones), Field("finding", "Finding"))
    return [form("review_deviation", fields)] if open_ones else []


def _put_name(session: Session) -> list[Form]:
    """What a locked screen recorded in an emergency waits here for the name of who acted."""
    waiting = tuple((e["entry"], e["sentence"]) for e in session.get("nameless") or ())
    fields = (Field("entry", "Which entry", "choice", options=waiting), Field("name", "Who acted"))
    return [form("put_name", fields)] if waiting else []


def _accept_time(session: Session) -> list[Form]:
    doubted = tuple((d["entry"], d["sentence"]) for d in session.get("doubted_times") or ())
    return (
        [form("accept_time", (Field("entry", "Which dose", "choice", options=doubted),))]
        if doubted
        else []
    )


def _amend(session: Session) -> list[Form]:
    entries = tuple(
        (e["id"], e["sentence"]) for e in reversed((session.get("entries") or [])[-30:])
    )
    fields = (
        Field("entry", "Which entry", "select", options=entries),
        Field("correction.text", "What it should say"), REASON,
    )  # fmt: skip
    return [form("amend", fields)] if entries else []


# -- the door --------------------------------------------------------------------------------------


def _criteria(session: Session) -> list[Form]:
    fields = tuple(
        Field(f"answers.{c['id']}", c.get("title") or c["id"], "choice", "", TRI, required=False)
        for c in session.get("criteria") or ()
        if c.get("kind", "answer") == "answer"
    )
    return [form("assess_discharge", fields)]


def _discharge(session: Session) -> list[Form]:
    name = (session.get("patient") or {}).get("name", "")
    return [form("discharge", (), says=(f"{name} leaves with the escort who was seen.",))]


MADE: dict[str, Callable[[Session], list[Form]]] = {
    **drug_forms.MADE,
    "record_vitals": _vitals, "record_scale": _scales, "assess_discharge": _criteria,
    "request_override": _ask_override, "sign_override": _sign_override,
    "decline_override": _decline_override, "sign_order": _sign_order, "hand_over": _hand_over,
    "review_deviation": _review, "put_name": _put_name,
    "accept_time": _accept_time, "amend": _amend,
    "give_rescue": _rescue, "discharge": _discharge,
}  # fmt: skip
