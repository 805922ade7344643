"""Everything that a person can say to a session: the commands, strict at the edge.

A command is an *ask* (a gate may refuse it) or a *tell* (what happened is recorded, and out of rule
it becomes a deviation). `ASKS` names the asks; everything else tells. Who acts and when the server
heard it are handed to `decide` beside the command; `occurred_at` is when it happened, if not now.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from esker.core.interactions import Interaction
from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Day, Moment, Strict
from esker.core.units import from_pounds


def _said(text: str) -> str:
    """A reason of blanks is none, and a name of blanks cannot be read from a record."""
    if not text.strip():
        raise PydanticCustomError("blank", "Only blanks; write it out")
    return text


def _plainly(number: object) -> object:
    """Python reads 1_5 as fifteen; who sends that may mean 1.5."""
    if isinstance(number, str) and ("_" in number or not number.isascii()):
        raise PydanticCustomError("digits", "A number has digits 0 to 9 and one point")
    return number


Said = AfterValidator(_said)
Text = Annotated[str, Field(min_length=1, max_length=2000), Said]
Name = Annotated[str, Field(min_length=1, max_length=200), Said]
Key = Annotated[str, Field(min_length=1, max_length=64), Said]  # kept in columns and in streams
Place = Annotated[str, Field(min_length=1, max_length=180), Said]  # names a stream, of at most 200
Number = Annotated[Decimal, BeforeValidator(_plainly)]
Amount = Annotated[Number, Field(gt=0, allow_inf_nan=False, max_digits=12)]
AmountOrZero = Annotated[Number, Field(ge=0, allow_inf_nan=False, max_digits=12)]


class Tri(StrEnum):
    """Unknown is not no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Command(Strict):
    """What every command carries besides its own fields."""

    occurred_at: Moment | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


class Person(Strict):
    """The patient as this session knows them; `allergies` None means nobody has asked."""

    id: Key
    name: Name
    born: Day
    mrn: Name
    allergies: tuple[Name, ...] | None = None
    sex: Literal["female", "male", "other", "unknown"] = "unknown"

    def age(self, on: date) -> int:
        """Whole years."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


# -- before the patient -------------------------------------------------------------------------


class OpenSession(Command):
    kind: Literal["open_session"] = "open_session"
    patient: Person
    protocol_hash: str
    planned_at: Moment


class PrnOrder(Strict):
    """A rescue medicine that may be given without calling, as the prescriber signed it."""

    name: Name
    dose: Amount
    unit: Literal["mg", "mg/kg", "microgram"]
    route: Name
    for_what: Name
    max_doses: Annotated[int, Field(ge=1, le=10)] = 1


class SignOrder(Command):
    """A signed order; a further one replaces it with the next version. Needs a signature."""

    kind: Literal["sign_order"] = "sign_order"
    drug: Literal["esketamine", "ketamine"]
    route: Literal["nasal", "iv"]
    dose_mg: Amount | None = None  # device form
    dose_mg_per_kg: Amount | None = None  # infusion
    duration_min: Amount | None = None
    weight_kg: Amount | None = None
    prns: tuple[PrnOrder, ...] = ()


# -- arrive -------------------------------------------------------------------------------------


class Identifier(Strict):
    what: Literal["name", "born", "mrn"]
    value: Name


class Arrive(Command):
    """Two different identifiers, as the patient said them or the wristband shows them."""

    kind: Literal["arrive"] = "arrive"
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=3)]


class AnswerReadiness(Command):
    """Answers by question id of the protocol; those left out stay as they were."""

    kind: Literal["answer_readiness"] = "answer_readiness"
    answers: Annotated[dict[str, Tri], Field(min_length=1)]


def _once(named: tuple[Interaction, ...]) -> tuple[Interaction, ...]:
    return tuple(sorted(set(named)))


class RecordInteractions(Command):
    """Whether the patient takes or has any of the interactions, and which. The last one counts.

    For the forecast alone, and the question on new medicines stands beside it: no gate reads it.
    """

    kind: Literal["record_interactions"] = "record_interactions"
    answer: Tri
    interactions: Annotated[tuple[Interaction, ...], AfterValidator(_once)] = ()


class Weigh(Command):
    kind: Literal["weigh"] = "weigh"
    weight: Amount
    unit: Literal["kg", "lb"]

    def kg(self) -> Decimal:
        return from_pounds(self.weight).value if self.unit == "lb" else self.weight


class PairMonitor(Command):
    """Takes a chair with its monitor for this session; the pairing ends with the session."""

    kind: Literal["pair_monitor"] = "pair_monitor"
    chair: Place
    monitor: Place


class UnpairMonitor(Command):
    kind: Literal["unpair_monitor"] = "unpair_monitor"
    reason: Text


class ClaimReadings(Command):
    """Takes quarantined readings of a monitor as this patient's, by a person who saw it."""

    kind: Literal["claim_readings"] = "claim_readings"
    readings: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]
    reason: Text


# -- observations -------------------------------------------------------------------------------


class Vital(Strict):
    channel: Channel
    value: Annotated[Number, Field(allow_inf_nan=False, max_digits=8)]
    unit: str
    reading: str | None = None  # id of the monitor reading that the nurse confirmed


class RecordVitals(Command):
    kind: Literal["record_vitals"] = "record_vitals"
    vitals: Annotated[tuple[Vital, ...], Field(min_length=1, max_length=7)]
    observed_at: Moment | None = None


class RecordScale(Command):
    """A score that the protocol lists: MOAA/S, the total of CADSS, or one of the clinic's own."""

    kind: Literal["record_scale"] = "record_scale"
    scale: Name
    value: Annotated[Number, Field(ge=0, le=1000)]
    observed_at: Moment | None = None


class AdverseEvent(Command):
    kind: Literal["adverse_event"] = "adverse_event"
    term: Name
    severity: Literal["mild", "moderate", "severe"]
    serious: bool


class Emergency(Command):
    """The button: starts the rescue clock. Works on a locked screen; `card` may come later."""

    kind: Literal["emergency"] = "emergency"
    card: str | None = None


class PutName(Command):
    """Who stood behind an entry that a locked screen recorded without a name."""

    kind: Literal["put_name"] = "put_name"
    entry: Name
    name: Name  # who acted; often not the one who says so


class EndEmergency(Command):
    kind: Literal["end_emergency"] = "end_emergency"
    outcome: Text


class GiveRescue(Command):
    """A rescue medicine that was given; `prn` names the signed PRN, None is a verbal order."""

    kind: Literal["give_rescue"] = "give_rescue"
    medicine: Name
    dose: Amount
    unit: Literal["mg", "microgram"]
    route: Name
    prn: str | None = None
    ordered_by: str | None = None


# -- dose ---------------------------------------------------------------------------------------


class ScanVial(Command):
    """A scanned pack; drug and strength are the catalogue's, put in by the shell, never typed.

    An unknown code carries what two different people read from the label.
    """

    kind: Literal["scan_vial"] = "scan_vial"
    code: Name  # as scanned: GTIN, lot, expiry, serial
    vial: Place  # identity of this one vial or device in the clinic
    gtin: str | None = None
    lot: Name
    expires: Day
    drug: Literal["esketamine", "ketamine"]
    form: Literal["device", "vial"]
    strength_mg_per_ml: Amount | None = None
    volume_ml: Amount | None = None
    content_mg: Amount | None = None
    known: bool = True
    read_by: str | None = None  # second reader of an unknown code


class DrawUp(Command):
    """What was drawn and how the pump was programmed, compared with the order version seen."""

    kind: Literal["draw_up"] = "draw_up"
    order_version: int
    vial: Place
    drawn_ml: Amount
    diluent_ml: AmountOrZero
    final_ml: Amount
    pump_rate_ml_per_h: Amount


class Clear(Command):
    kind: Literal["clear"] = "clear"
    order_version: int


class Start(Command):
    """Asks to begin: the first device may be handed over, or the infusion started."""

    kind: Literal["start"] = "start"
    order_version: int


class NextDevice(Command):
    kind: Literal["next_device"] = "next_device"
    order_version: int
    device: Annotated[int, Field(ge=2, le=10)]


class DeviceGiven(Command):
    """A nasal device was used, observed. `amount_mg` is what went in when it was not the whole."""

    kind: Literal["device_given"] = "device_given"
    device: Annotated[int, Field(ge=1, le=10)]
    vial: Place
    order_version: int
    amount_mg: Amount | None = None


class ChangeRate(Command):
    """The pump runs at this rate; before any accepted start it says that the pump was running."""

    kind: Literal["change_rate"] = "change_rate"
    pump_rate_ml_per_h: Amount
    reason: Text


class Pause(Command):
    kind: Literal["pause"] = "pause"
    reason: Text


class Resume(Command):
    kind: Literal["resume"] = "resume"
    order_version: int


class Stop(Command):
    """Dosing stopped early; what was given so far stands. `given_ml` is the pump's own volume."""

    kind: Literal["stop"] = "stop"
    reason: Text
    given_ml: AmountOrZero | None = None


class EndDose(Command):
    """Dosing finished as planned; said again with `given_ml`, it adds the pump's own volume."""

    kind: Literal["end_dose"] = "end_dose"
    given_ml: AmountOrZero | None = None


class Waste(Command):
    """What is left of a vial, destroyed in front of a witness who is another person.

    `of` says which rest: in the vial (at its strength), in the syringe (as diluted), or all.
    """

    kind: Literal["waste"] = "waste"
    vial: Place
    of: Literal["vial", "syringe"] | None = None
    amount_ml: AmountOrZero | None = None
    amount_mg: AmountOrZero | None = None
    witness: Name


# -- alarms, overrides, people ------------------------------------------------------------------


class AcknowledgeAlarm(Command):
    kind: Literal["acknowledge_alarm"] = "acknowledge_alarm"
    alarm: Name


class PauseAlarm(Command):
    kind: Literal["pause_alarm"] = "pause_alarm"
    alarm: Name


class RequestOverride(Command):
    kind: Literal["request_override"] = "request_override"
    rule: Name
    reason: Text


class SignOverride(Command):
    """A licensed prescriber overrides one finding of one gate, once. Needs a signature.

    Used at `clear`, it still covers the same finding at the start of that clearance.
    """

    kind: Literal["sign_override"] = "sign_override"
    rule: Name
    reason: Text


class DeclineOverride(Command):
    """A prescriber says no to a request; the hold stands."""

    kind: Literal["decline_override"] = "decline_override"
    rule: Name
    reason: Text


class AcceptTime(Command):
    """A prescriber accepts that a dose was given at the time told, not when it was received."""

    kind: Literal["accept_time"] = "accept_time"
    entry: Name


class ReviewDeviation(Command):
    kind: Literal["review_deviation"] = "review_deviation"
    entry: Name
    finding: Text


class HandOver(Command):
    """The giver names the receiver and what was read back: open alarms and due checks."""

    kind: Literal["hand_over"] = "hand_over"
    to: Name
    alarms: tuple[str, ...] = ()
    due: tuple[str, ...] = ()


class AcceptHandOver(Command):
    kind: Literal["accept_hand_over"] = "accept_hand_over"


# -- the door -----------------------------------------------------------------------------------


class AssessDischarge(Command):
    """Answers by criterion id of the protocol."""

    kind: Literal["assess_discharge"] = "assess_discharge"
    answers: Annotated[dict[str, Tri], Field(min_length=1)]


class EscortSeen(Command):
    kind: Literal["escort_seen"] = "escort_seen"
    name: Name
    relation: Name
    drives: Tri


class Discharge(Command):
    kind: Literal["discharge"] = "discharge"


class LeaveAgainstAdvice(Command):
    kind: Literal["leave_against_advice"] = "leave_against_advice"
    advice: Text


class TransferOut(Command):
    kind: Literal["transfer_out"] = "transfer_out"
    to: Name
    reason: Text


class Cancel(Command):
    kind: Literal["cancel"] = "cancel"
    reason: Text


class Withhold(Command):
    """The patient is here, and the dose is not given today."""

    kind: Literal["withhold"] = "withhold"
    reason: Text


class Deviation(Command):
    kind: Literal["deviation"] = "deviation"
    what: Text


class Amend(Command):
    """Corrects an earlier entry; the old one stays visible."""

    kind: Literal["amend"] = "amend"
    entry: Name
    correction: Annotated[dict[str, str], Field(min_length=1)]
    reason: Text


AnyCommand = (
    OpenSession | SignOrder | Arrive | AnswerReadiness | RecordInteractions | Weigh | PairMonitor
    | UnpairMonitor | ClaimReadings | RecordVitals | RecordScale | AdverseEvent | Emergency
    | EndEmergency | GiveRescue | ScanVial | DrawUp | Clear | Start | NextDevice | DeviceGiven
    | ChangeRate | Pause | Resume | Stop | EndDose | Waste | AcknowledgeAlarm | PauseAlarm
    | RequestOverride | SignOverride | DeclineOverride | AcceptTime | ReviewDeviation | HandOver
    | AcceptHandOver | AssessDischarge | EscortSeen | Discharge | LeaveAgainstAdvice | TransferOut
    | Cancel | Withhold | Deviation | Amend | PutName
)  # fmt: skip

ASKS = frozenset({
    "open_session", "sign_order", "arrive", "pair_monitor", "claim_readings", "scan_vial",
    "draw_up", "clear", "start", "next_device", "resume", "request_override", "sign_override",
    "decline_override", "accept_time", "review_deviation", "accept_hand_over", "discharge",
    "pause_alarm", "cancel", "withhold", "put_name", "amend",
})  # fmt: skip

SIGNED = frozenset({"sign_order", "sign_override"})

COMMANDS: TypeAdapter[AnyCommand] = TypeAdapter(Annotated[AnyCommand, Field(discriminator="kind")])


def when(command: Command, heard_at: datetime) -> datetime:
    """When it happened: as told, else when the server heard it."""
    return command.occurred_at or heard_at
