"""What a command comes to: drafts of entries, or a refusal with a sentence.

Asks run their gate. Tells are recorded whatever the rules say; `_out_of_rule` adds the deviation
that a prescriber will review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from esker.core.ledger import Draft, Refused, instant
from esker.core.monitoring.pairing import begins
from esker.core.protocols.schema import Protocol, Strength
from esker.core.session import commands as c
from esker.core.session import dosing
from esker.core.session.gates import Gate, findings, relied_on
from esker.core.session.may import GATES, may, without_overrides
from esker.core.session.readings import plausible
from esker.core.session.state import Actor, Dosing, Session, Window
from esker.core.units import from_pounds

FUTURE = timedelta(minutes=1)
BELIEVED = timedelta(minutes=5)  # a dose time older than this counts from receipt (design ruling)
SIGNATURE = timedelta(seconds=120)
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "map": "mmHg", "hr": "/min", "spo2": "%", "rr": "/min",
         "temp": "Cel"}  # fmt: skip
SCALES = {"moaa_s": (0, 5), "cadss": (0, 92)}

KINDS = {
    "open_session": "session.opened", "sign_order": "order.signed", "arrive": "patient.arrived",
    "answer_readiness": "readiness.answered", "weigh": "patient.weighed",
    "pair_monitor": "monitor.paired", "unpair_monitor": "monitor.unpaired",
    "claim_readings": "readings.claimed", "record_vitals": "vitals.recorded",
    "record_scale": "scale.recorded", "adverse_event": "adverse_event.recorded",
    "emergency": "emergency.called", "end_emergency": "emergency.ended",
    "give_rescue": "rescue.given", "scan_vial": "vial.scanned", "draw_up": "dose.drawn",
    "clear": "gate.cleared", "start": "dose.started", "next_device": "device.allowed",
    "device_given": "device.given", "change_rate": "rate.changed", "pause": "infusion.paused",
    "resume": "infusion.resumed", "stop": "dose.stopped", "end_dose": "dose.ended",
    "waste": "vial.wasted", "acknowledge_alarm": "alarm.acknowledged",
    "pause_alarm": "alarm.paused", "request_override": "override.requested",
    "sign_override": "override.signed", "accept_time": "time.accepted",
    "review_deviation": "deviation.reviewed", "hand_over": "handover.offered",
    "accept_hand_over": "handover.accepted", "assess_discharge": "discharge.assessed",
    "escort_seen": "escort.seen", "discharge": "session.closed",
    "leave_against_advice": "session.closed", "transfer_out": "session.closed",
    "cancel": "session.closed", "withhold": "session.closed", "deviation": "deviation.noted",
    "amend": "entry.amended",
}  # fmt: skip
OUTCOMES = {
    "discharge": "discharged", "leave_against_advice": "left", "transfer_out": "transferred",
    "cancel": "cancelled", "withhold": "withheld",
}  # fmt: skip
DOSE_TIMES = frozenset({"device_given", "pause", "stop", "end_dose"})


def decide(
    state: Session,
    window: Window,
    command: c.AnyCommand,
    protocol: Protocol,
    at: datetime,
    actor: Actor,
) -> list[Draft] | Refused:
    """The entries that `command` becomes at instant `at`, or why it does not.

    Pure: the same arguments give the same answer, so a retry can be judged again and a record
    can be replayed.
    """
    happened = c.when(command, at)
    if happened > at + FUTURE and command.kind != "emergency":
        return Refused("future_time", "That time has not come yet; check the clock.")
    happened = min(happened, at + FUTURE)  # a tablet's wrong clock never stops an emergency
    stopped = may(state, window, command.kind, actor, protocol, at)
    if stopped:
        return stopped
    case = Case(state, window, protocol, at, happened, actor)
    refused = (CHECKS[command.kind](case, command)) if command.kind in CHECKS else None
    if refused:
        return refused
    body = _body(case, command)
    drafts = [Draft(KINDS[command.kind], body, happened)]
    drafts += [
        Draft("deviation.noted", {"what": sentence, "about": command.kind}, happened)
        for sentence in _out_of_rule(case, command)
    ]
    return drafts


class Case:
    """What one decision looks at, under short names."""

    def __init__(
        self, state: Session, window: Window, protocol: Protocol, at: datetime,
        happened: datetime, actor: Actor,
    ) -> None:  # fmt: skip
        self.state, self.window, self.protocol = state, window, protocol
        self.at, self.happened, self.actor = at, happened, actor

    def gate(self, kind: str, state: Session | None = None) -> Gate:
        return Gate(
            GATES[kind], state or self.state, self.window, self.protocol, self.at, self.actor
        )


# -- what the entry says besides the command's own words ------------------------------------------


def _body(case: Case, command: c.AnyCommand) -> dict[str, Any]:
    body = command.model_dump(mode="json", exclude={"kind", "occurred_at", "observed_at"})
    match command:
        case c.RecordVitals() | c.RecordScale():
            body["observed"] = instant(command.observed_at or case.happened)
        case c.SignOrder():
            body["version"] = len(case.state.orders) + 1
            body["ordered_mg"] = dosing.ordered_mg(
                command.dose_mg, command.dose_mg_per_kg, command.weight_kg
            )
            body["signature"] = _signature(case)
        case c.SignOverride():
            body["signature"] = _signature(case)
        case c.Weigh():
            body |= _weight(case, command)
        case c.ScanVial():
            body = {"vial": body, "note": command.note}
        case c.DrawUp():
            body["drawn_mg"] = dosing.drawn_mg(command, _vial(case, command.vial))
        case c.DeviceGiven():
            device = case.protocol.dose.device
            body["amount_mg"] = device.value if device else Decimal(0)
        case c.PairMonitor():
            free = case.window.monitor_free_since
            body["readings_from"] = instant(begins(case.happened, case.state.arrived_at, free))
        case c.PauseAlarm():
            seconds = float(case.protocol.alarms.pause.value)
            body["until"] = instant(case.at + timedelta(seconds=seconds))
    if command.kind in GATES and command.kind != "draw_up":
        body |= _gate_record(case, command.kind)
    if command.kind in DOSE_TIMES:
        believed = case.at - case.happened <= BELIEVED
        body["told_at"] = instant(case.happened)
        body["counted_at"] = instant(case.happened if believed else case.at)
    if command.kind in OUTCOMES:
        body["outcome"] = OUTCOMES[command.kind]
    return body


def _gate_record(case: Case, kind: str) -> dict[str, Any]:
    """What the gate relied on, what it noted, and the overrides that it used up."""
    bare = findings(case.gate(kind, without_overrides(case.state)))
    held = {each.rule for each in bare if each.strength is Strength.HOLD}
    return {
        "relied_on": relied_on(case.gate(kind)),
        "notes": [each.sentence for each in findings(case.gate(kind))],
        "overrides": sorted(held & set(case.state.overrides)),
    }


def _signature(case: Case) -> dict[str, Any]:
    signed = case.actor.signature
    assert signed is not None  # `_signed` refused otherwise
    return {"signer": signed.signer, "meaning": signed.meaning, "at": signed.at,
            "licence": case.actor.licence}  # fmt: skip


def _weight(case: Case, command: c.Weigh) -> dict[str, Any]:
    kg = from_pounds(command.weight).value if command.unit == "lb" else command.weight
    return {"weight_kg": kg, "doubt": _doubtful(case, kg)}


def _doubtful(case: Case, kg: Decimal) -> bool:
    """Far from the last weight, unless the weight just before says the same again."""
    limit = case.protocol.dose.weight_change.value
    if case.state.weights:
        last = case.state.weights[-1][0]
        return dosing.apart(kg, last) > (2 if case.state.weight_doubt else limit)
    earlier = case.window.last_weight
    return earlier is not None and dosing.apart(kg, earlier[0]) > limit


# -- what refuses an ask --------------------------------------------------------------------------

Check = Callable[[Case, Any], Refused | None]


def _signed(case: Case, command: c.Command) -> Refused | None:
    signature = case.actor.signature
    if signature is None or signature.signer != case.actor.id:
        return Refused("signature", "Sign with your password and your current code.")
    if not timedelta() <= case.at - signature.at <= SIGNATURE:
        return Refused("signature", "The signature is too old; sign again.")
    return None


def _sign_order(case: Case, command: c.SignOrder) -> Refused | None:
    drug, dose = case.protocol.drug, case.protocol.dose
    if (command.drug, command.route) != (drug.name, drug.route):
        return Refused("drug", f"This protocol is for {drug.substance}, {drug.route}.")
    total = dosing.ordered_mg(command.dose_mg, command.dose_mg_per_kg, command.weight_kg)
    if drug.form == "infusion" and (command.dose_mg_per_kg is None or command.duration_min is None):
        return Refused("dose", "Order the infusion in mg/kg, with a weight and minutes.")
    if total is None or (drug.form == "device" and command.dose_mg is None):
        return Refused("dose", "The dose cannot be worked out; give mg, or mg/kg and a weight.")
    if dose.device and total % dose.device.value:
        return Refused(
            "dose", f"{total} mg is not a whole number of {dose.device.value} mg devices."
        )
    if total > dose.ceiling.value:
        return Refused("ceiling", f"{total} mg is above the ceiling of {dose.ceiling.value} mg.")
    per_kg = command.dose_mg_per_kg
    if dose.ceiling_per_kg and per_kg and per_kg > dose.ceiling_per_kg.value:
        return Refused(
            "ceiling_per_kg", f"{per_kg} mg/kg is above {dose.ceiling_per_kg.value} mg/kg."
        )
    if case.state.given:
        return Refused("dosed", "Dosing has begun; stop it before a new order.")
    return _signed(case, command)


def _arrive(case: Case, command: c.Arrive) -> Refused | None:
    patient = case.state.patient
    assert patient is not None  # an open session has one
    known = {"name": patient.name, "born": patient.born.isoformat(), "mrn": patient.mrn}
    if len({each.what for each in command.identifiers}) < 2:
        return Refused("identity", "Two different identifiers are needed.")
    for each in command.identifiers:
        if each.value.strip().casefold() != known[each.what].casefold():
            return Refused("identity", f"The {each.what} does not match this patient.")
    return None


def _pair(case: Case, command: c.PairMonitor) -> Refused | None:
    if case.window.chairs_taken.get(command.chair, case.state.id) != case.state.id:
        return Refused("chair_taken", f"{command.chair} has another session.")
    if case.window.monitors_taken.get(command.monitor, case.state.id) != case.state.id:
        return Refused("monitor_taken", f"{command.monitor} is paired with another session.")
    return None


def _vitals(case: Case, command: c.RecordVitals) -> Refused | None:
    """Only what no body can have, or what is in the wrong unit, is sent back to be typed again."""
    if (command.observed_at or case.happened) > case.at + FUTURE:
        return Refused("future_time", "That time has not come yet; check the clock.")
    for vital in command.vitals:
        if vital.unit != UNITS[vital.channel]:
            return Refused("unit", f"{vital.channel} is charted in {UNITS[vital.channel]}.")
        if not plausible(case.protocol, vital.channel, vital.value):
            return Refused("implausible", f"{vital.channel} {vital.value} cannot be right.")
    return None


def _scale(case: Case, command: c.RecordScale) -> Refused | None:
    low, high = SCALES.get(command.scale, (0, 1000))
    if command.scale not in case.protocol.scales:
        return Refused("scale", f"This protocol has no scale {command.scale}.")
    if not low <= command.value <= high or command.value % 1:
        return Refused("scale", f"{command.scale} goes from {low} to {high} in whole numbers.")
    return None


def _scan(case: Case, command: c.ScanVial) -> Refused | None:
    drug = case.protocol.drug
    wanted = "device" if drug.form == "device" else "vial"
    taken = {each.vial for each in case.state.vials} | case.window.vials_used_elsewhere
    if command.drug != drug.name or command.form != wanted:
        return Refused("wrong_drug", f"This is not {drug.substance} for this route: put it back.")
    if command.expires < case.at.date():
        return Refused("expired", f"This pack expired on {command.expires}.")
    if command.vial in taken:
        return Refused("vial_used", "This pack has been scanned before.")
    if not command.known and command.read_by in (None, case.actor.id):
        return Refused("unknown_code", "Nobody knows this code: a second person reads the label.")
    if wanted == "vial" and (command.strength_mg_per_ml is None or command.volume_ml is None):
        return Refused("strength", "The strength and volume of this vial are not known.")
    return None


def _vial(case: Case, name: str) -> c.ScanVial:
    return next(each for each in case.state.vials if each.vial == name)


def _draw(case: Case, command: c.DrawUp) -> Refused | None:
    if command.vial not in {each.vial for each in case.state.vials}:
        return Refused("vial", "Scan this vial first.")
    vial, order = _vial(case, command.vial), case.state.order
    drawn = dosing.drawn_mg(command, vial)
    if order is None or drawn is None or vial.volume_ml is None:
        return Refused("vial", "The strength of this vial is not known.")
    if command.drawn_ml > vial.volume_ml:
        return Refused("volume", f"The vial holds only {vial.volume_ml} mL.")
    if abs(command.drawn_ml + command.diluent_ml - command.final_ml) > Decimal("0.5"):
        return Refused("volume", "Drawn volume and diluent do not add up to the final volume.")
    if dosing.apart(drawn, order.dose_mg) > case.protocol.dose.drawn_tolerance.value:
        return Refused("drawn_matches", dosing.slip(drawn, order.dose_mg))
    tolerance = case.protocol.dose.rate_tolerance
    if tolerance and order.duration_min:
        wanted = dosing.rate_for(command.final_ml, order.duration_min)
        if dosing.apart(command.pump_rate_ml_per_h, wanted) > tolerance.value:
            return Refused("rate_matches", f"The order means {wanted} mL/h, not "
                           f"{command.pump_rate_ml_per_h} mL/h.")  # fmt: skip
    return _version(case, command)


def _version(case: Case, command: Any) -> Refused | None:
    order = case.state.order
    if order is None or command.order_version != order.version:
        return Refused("order_version", "The order was replaced; look at the new one.")
    return None


def _next(case: Case, command: c.NextDevice) -> Refused | None:
    given = sum(1 for each in case.state.given if each.device)
    if command.device != given + 1:
        return Refused("device", f"The next device is number {given + 1}.")
    if command.device > dosing.devices_ordered(case.state, case.protocol):
        return Refused("ceiling", "All ordered devices have been given.")
    return _version(case, command)


def _override(case: Case, command: c.RequestOverride | c.SignOverride) -> Refused | None:
    bare = without_overrides(case.state)
    found = {
        each.rule: each
        for kind in GATES
        if kind != "draw_up"
        for each in findings(case.gate(kind, bare))
    }
    each = found.get(command.rule)
    if each is None:
        return Refused("no_hold", "This rule holds nothing up now.")
    if each.strength is Strength.NEVER:
        return Refused("never", f"Nobody may override this: {each.sentence}")
    if each.strength is not Strength.HOLD:
        return Refused("no_hold", "This is a note; it holds nothing up.")
    return _signed(case, command) if isinstance(command, c.SignOverride) else None


def _accept_hand_over(case: Case, command: c.AcceptHandOver) -> Refused | None:
    if case.state.handing_to != case.actor.id:
        return Refused("no_handover", "This chair was offered to somebody else.")
    return None


def _review(case: Case, command: c.ReviewDeviation) -> Refused | None:
    if command.entry not in case.state.deviations:
        return Refused("no_deviation", "There is no open deviation with this number.")
    return None


def _accept_time(case: Case, command: c.AcceptTime) -> Refused | None:
    if command.entry not in {each.entry for each in case.state.given}:
        return Refused("no_dose", "There is no dose with this number.")
    return None


def _waste(case: Case, command: c.Waste) -> Refused | None:
    """A witness who is oneself is no witness: the entry is asked for again, not recorded false."""
    if command.witness in (case.actor.id, case.actor.name):
        return Refused("witness", "The witness is another person.")
    return None


def _escort(case: Case, command: c.EscortSeen) -> Refused | None:
    patient = case.state.patient
    if patient and command.name.strip().casefold() == patient.name.casefold():
        return Refused("escort", "The patient cannot be the escort.")
    return None


CHECKS: dict[str, Check] = {
    "sign_order": _sign_order, "arrive": _arrive, "pair_monitor": _pair, "record_vitals": _vitals,
    "record_scale": _scale, "scan_vial": _scan, "draw_up": _draw, "clear": _version,
    "start": _version, "next_device": _next, "resume": _version, "request_override": _override,
    "sign_override": _override, "accept_hand_over": _accept_hand_over,
    "review_deviation": _review, "accept_time": _accept_time, "waste": _waste,
    "escort_seen": _escort,
}  # fmt: skip


# -- what makes a tell a deviation ----------------------------------------------------------------


def _out_of_rule(case: Case, command: c.AnyCommand) -> Iterator[str]:
    """Sentences for what happened outside the rules; it happened all the same."""
    if command.kind in DOSE_TIMES and case.at - case.happened > BELIEVED:
        yield "The time told is more than five minutes ago; it counts from now until accepted."
    if command.kind in OUTCOMES:
        yield from _left_open(case)
    match command:
        case c.DeviceGiven():
            yield from _device(case, command)
        case c.ChangeRate():
            yield from _rate(case, command)
        case c.GiveRescue():
            yield from _rescue(case, command)
        case c.Pause() | c.EndDose() | c.Stop() if case.state.dosing is Dosing.NOT_STARTED:
            yield "Dosing was never started here."
        case c.LeaveAgainstAdvice():
            yield "The patient left against advice."


def _left_open(case: Case) -> Iterator[str]:
    """What a closing session leaves behind; it closes all the same."""
    if case.state.dosing in (Dosing.READY, Dosing.RUNNING, Dosing.PAUSED):
        yield "The session was closed while dosing had not been ended."
    for vial in case.state.vials:
        if not dosing.accounted(case.state, vial):
            yield f"Not accounted for: {vial.vial}."


def _device(case: Case, command: c.DeviceGiven) -> Iterator[str]:
    state, given = case.state, case.state.given
    used = {each.vial for each in given} | case.window.vials_used_elsewhere
    order, rest = state.order, case.protocol.dose.rest
    if command.device > state.devices_allowed:
        yield f"Device {command.device} was given before it was allowed."
    if command.device in {each.device for each in given}:
        yield f"Device {command.device} had been given already."
    if command.vial not in {each.vial for each in state.vials}:
        yield "The device was not scanned."
    if command.vial in used:
        yield "This device had been used already."
    if order is None or command.order_version != order.version:
        yield "The order that was followed is not the current one."
    if rest and given and case.happened < given[-1].at + timedelta(minutes=float(rest.value)):
        yield f"Less than {rest.value} min after the device before."
    if command.device > dosing.devices_ordered(state, case.protocol):
        yield "More devices than ordered."


def _rate(case: Case, command: c.ChangeRate) -> Iterator[str]:
    order, drawn = case.state.order, case.state.drawn
    tolerance = case.protocol.dose.rate_tolerance
    if order is None or drawn is None or order.duration_min is None or tolerance is None:
        yield "A pump rate was changed without an infusion that was drawn up here."
        return
    wanted = dosing.rate_for(drawn.final_ml, order.duration_min)
    if command.pump_rate_ml_per_h > wanted * (1 + tolerance.value / 100):
        yield f"The pump was set to {command.pump_rate_ml_per_h} mL/h; the order means {wanted}."


def _rescue(case: Case, command: c.GiveRescue) -> Iterator[str]:
    prns = {prn.name: prn for prn in case.state.order.prns} if case.state.order else {}
    prn = prns.get(command.prn or "")
    if prn is None:
        yield f"{command.medicine} was given on a verbal order, without a signed one."
        return
    before = sum(1 for name, _ in case.state.rescues if name == command.medicine)
    if before >= prn.max_doses:
        yield f"{command.medicine} was given more often than ordered."
