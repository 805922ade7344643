"""What a form is made of, and the forms whose fields never differ.

A field's name is its path in the command: `identifiers.0.value` becomes a list of objects, and
`chair+monitor` takes one choice apart into two fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Options = tuple[tuple[str, str], ...]
TRI = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))
SEVERITY = (("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe"))
ROUTES = (("iv", "Intravenous"), ("im", "Intramuscular"), ("po", "By mouth"))
DOSE_UNITS = (("mg", "mg"), ("microgram", "microgram"))
WEIGHT_UNITS = (("kg", "kg"), ("lb", "lb"))
DRUGS = (("esketamine", "Esketamine"), ("ketamine", "Racemic ketamine"))
PAIR = "\x1f"  # stands between the two values of a choice that fills two fields


@dataclass(frozen=True, slots=True)
class Field:
    """`options` are choices; on a text field they are words that one tap puts in."""

    name: str
    label: str = ""
    # text, number, date, scan, hidden, select, choice, several, check, password, code
    kind: str = "text"
    value: str = ""
    options: Options = ()
    required: bool = True
    hint: str = ""
    channel: str = ""  # filled from this channel's tile when the form opens
    chosen: tuple[str, ...] = ()  # of several, those that were said before


@dataclass(frozen=True, slots=True)
class Form:
    """One command's form. `says` is read before the button is pressed."""

    kind: str
    title: str
    fields: tuple[Field, ...] = ()
    weight: str = "plain"  # plain, main, grave
    variant: str = ""
    says: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """For the page: a pack's name may hold what an id must not."""
        words = f"{self.kind}-{self.variant}" if self.variant else self.kind
        return re.sub(r"[^A-Za-z0-9_-]", "-", words)

    @property
    def at_once(self) -> bool:
        """Nothing to fill in and nothing to read: one tap does it."""
        return not self.says and all(field.kind == "hidden" for field in self.fields)


TITLES = {
    "arrive": "Check identity", "answer_readiness": "Readiness questions",
    "record_interactions": "Interactions", "weigh": "Weigh",
    "pair_monitor": "Pair chair and monitor", "unpair_monitor": "Unpair monitor",
    "record_vitals": "Vitals", "record_scale": "Score", "adverse_event": "Adverse event",
    "end_emergency": "End emergency", "give_rescue": "Rescue medicine given",
    "sign_order": "Sign order", "scan_vial": "Scan pack", "draw_up": "Draw up",
    "clear": "Clear to dose", "start": "Start dosing", "next_device": "Allow next device",
    "device_given": "Device given", "change_rate": "Change rate", "pause": "Pump paused",
    "resume": "Resume", "stop": "Stop dosing", "end_dose": "Dose finished",
    "waste": "Waste with witness", "request_override": "Ask for override",
    "sign_override": "Sign override", "decline_override": "Decline override",
    "hand_over": "Hand over",
    "accept_hand_over": "Accept hand-over", "assess_discharge": "Assess for the door",
    "escort_seen": "Escort seen", "discharge": "Discharge", "transfer_out": "Transfer out",
    "leave_against_advice": "Left against advice", "cancel": "Cancel session",
    "withhold": "Withhold dose", "deviation": "Record deviation",
    "review_deviation": "Review deviation", "put_name": "Put a name on it",
    "accept_time": "Accept dose time",
    "amend": "Correct an entry",
}  # fmt: skip
GRAVE = frozenset({"stop", "pause", "leave_against_advice", "cancel", "withhold", "transfer_out"})

WHY_STOP: Options = tuple((words, words) for words in (
    "Pressure above its limit", "Saturation below its limit", "The patient asks", "Pump fault",
))  # fmt: skip
REASON = Field("reason", "Reason")
REASON_STOP = Field("reason", "Reason", options=WHY_STOP)

FIXED: dict[str, tuple[Field, ...]] = {
    "arrive": (
        Field("identifiers.0.what", kind="hidden", value="name"),
        Field("identifiers.0.value", "Full name, as the patient says it"),
        Field("identifiers.1.what", kind="hidden", value="born"),
        Field("identifiers.1.value", "Born", "date"),
    ),
    "weigh": (
        Field("weight", "Weight", "number"),
        Field("unit", "Unit", "choice", options=WEIGHT_UNITS),
    ),
    "unpair_monitor": (REASON,),
    "adverse_event": (
        Field("term", "What happened", options=tuple((w, w) for w in (
            "Nausea", "Vomiting", "Dizziness", "Headache", "Anxiety", "Dissociation", "Sedation",
        ))),
        Field("severity", "Severity", "choice", options=SEVERITY),
        Field("serious", "Serious", "choice", "false", (("false", "No"), ("true", "Yes"))),
    ),
    "end_emergency": (Field("outcome", "Outcome"),),
    "pause": (REASON_STOP,),
    "stop": (REASON_STOP, Field("given_ml", "Given so far, mL", "number", required=False)),
    "escort_seen": (
        Field("name", "Escort's name"),
        Field("relation", "Relation", options=tuple((w, w) for w in (
            "Partner", "Parent", "Friend", "Taxi companion",
        ))),
        Field("drives", "Does the escort drive?", "choice", options=TRI),
    ),
    "leave_against_advice": (Field("advice", "Advice that was given"),),
    "transfer_out": (Field("to", "To"), REASON),
    "cancel": (REASON,),
    "withhold": (REASON,),
    "deviation": (Field("what", "What happened"),),
}  # fmt: skip
