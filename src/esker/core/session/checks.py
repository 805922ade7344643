"""What sends a command back: an ask that its parameters forbid, and what cannot have happened.

A tell is sent back only for a value that no body or pack can have, a wrong unit, a witness who is
oneself, or an answer that speaks against itself: typed again it is recorded. No rule of the
protocol refuses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from esker.core.ledger import Refused
from esker.core.monitoring.channels import NAME, UNIT, Channel
from esker.core.monitoring.plausibility import plausible
from esker.core.protocols.schema import Strength
from esker.core.protocols.tables import scale, signal
from esker.core.session import commands as c
from esker.core.session import dosing
from esker.core.session.case import FUTURE, SIGNATURE, Case
from esker.core.session.custody import never_held, told_waste_mg
from esker.core.session.dosing import TENTH
from esker.core.session.gates import Finding, bare
from esker.core.session.may import GATES
from esker.core.units import WEIGHT_KG, heavy_as_a_patient, plain

Check = Callable[[Case, Any], Refused | None]
IDENTIFIERS = {"name": "name", "born": "date of birth", "mrn": "number"}


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
    if (slip := _weight(command.weight_kg)) is not None:
        return slip
    total = dosing.ordered_mg(command.dose_mg, command.dose_mg_per_kg, command.weight_kg)
    if drug.form == "infusion" and (command.dose_mg_per_kg is None or command.duration_min is None):
        return Refused("dose", "Order the infusion in mg/kg, with a weight and minutes.")
    if total is None or (drug.form == "device" and command.dose_mg is None):
        return Refused("dose", "The dose cannot be worked out; give mg, or mg/kg and a weight.")
    if dose.device and total % dose.device.value:
        return Refused(
            "dose",
            f"{plain(total)} mg is not a whole number of {plain(dose.device.value)} mg devices.",
        )
    if total > dose.ceiling.value:
        most = plain(dose.ceiling.value)
        return Refused("ceiling", f"{plain(total)} mg is above the ceiling of {most} mg.")
    per_kg = command.dose_mg_per_kg
    if dose.ceiling_per_kg and per_kg and per_kg > dose.ceiling_per_kg.value:
        return Refused(
            "ceiling_per_kg",
            f"{plain(per_kg)} mg/kg is above {plain(dose.ceiling_per_kg.value)} mg/kg.",
        )
    if dose.duration and command.duration_min and command.duration_min < dose.duration.value:
        least, told = plain(dose.duration.value), plain(command.duration_min)
        return Refused("duration", f"This protocol takes at least {least} min, not {told} min.")
    if case.state.given:
        return Refused("dosed", "Dosing has begun; stop it before a new order.")
    return _signed(case, command)


def _open(case: Case, command: c.OpenSession) -> Refused | None:
    if command.patient.born > case.at.date() + timedelta(days=1):  # it may be tomorrow there
        return Refused("born", "That date of birth has not come yet.")
    return None


def _arrive(case: Case, command: c.Arrive) -> Refused | None:
    patient = case.state.patient
    assert patient is not None  # an open session has one
    known = {"name": patient.name, "born": patient.born.isoformat(), "mrn": patient.mrn}
    if len({each.what for each in command.identifiers}) < 2:
        return Refused("identity", "Two different identifiers are needed.")
    for each in command.identifiers:
        if _folded(each.value) != _folded(known[each.what]):
            said = IDENTIFIERS[each.what]
            return Refused("identity", f"This {said} is not this patient's: ask again, and look.")
    return None


def _folded(said: str) -> str:
    """Blanks between words and capitals tell nobody apart."""
    return " ".join(said.split()).casefold()


def _pair(case: Case, command: c.PairMonitor) -> Refused | None:
    if case.window.chairs_taken.get(command.chair, case.state.id) != case.state.id:
        return Refused("chair_taken", f"{command.chair} has another session.")
    if case.window.monitors_taken.get(command.monitor, case.state.id) != case.state.id:
        return Refused("monitor_taken", f"{command.monitor} is paired with another session.")
    return None


def _claim(case: Case, command: c.ClaimReadings) -> Refused | None:
    """Only what waits for a person: what is charted, claimed or settled belongs to somebody."""
    gone = set(command.readings) - set(case.window.claimable)
    if gone:
        return Refused(
            "not_quarantined",
            f"{len(gone)} of these readings no longer wait for anyone: they were charted, claimed "
            "or settled meanwhile. Load the list again.",
        )
    return None


def _vitals(case: Case, command: c.RecordVitals) -> Refused | None:
    """Only what no body can have, or what is in the wrong unit, is sent back to be typed again."""
    for vital in command.vitals:
        if vital.unit != UNIT[vital.channel]:
            said = NAME[vital.channel].capitalize()
            return Refused("unit", f"{said} is charted in {UNIT[vital.channel]}.")
        watched = signal(case.protocol, vital.channel)
        if watched and not plausible(case.protocol, vital.channel, vital.value):
            said = f"{NAME[vital.channel].capitalize()} {plain(vital.value)} {vital.unit}"
            low, high = (plain(each.value) for each in watched.plausible)
            return Refused("implausible", f"{said} cannot be right; measured is {low} to {high}.")
    return _swapped(command) or _not_yet(case, command.observed_at)


def _swapped(command: c.RecordVitals) -> Refused | None:
    """Both are plausible alone: only beside each other does one see that they changed places."""
    told = {vital.channel: vital.value for vital in command.vitals}
    high, low = told.get(Channel.SBP), told.get(Channel.DBP)
    if high is None or low is None or high >= low:
        return None
    return Refused(
        "implausible",
        f"Systolic {plain(high)} is below diastolic {plain(low)} mmHg: did they change places?",
    )


def _not_yet(case: Case, observed_at: datetime | None) -> Refused | None:
    if observed_at is not None and observed_at > case.heard + FUTURE:
        return Refused("future_time", "That time has not come yet; check the clock.")
    return None


def _weigh(case: Case, command: c.Weigh) -> Refused | None:
    return _weight(command.kg())


def _weight(kg: Decimal | None) -> Refused | None:
    if kg is None or heavy_as_a_patient(kg):
        return None
    low, high = map(plain, WEIGHT_KG)
    return Refused(
        "weight", f"{plain(kg)} kg cannot be right: a weight is {low} to {high} kg. Look at the "
        "point and the unit.",
    )  # fmt: skip


def _scale(case: Case, command: c.RecordScale) -> Refused | None:
    known = scale(case.protocol, command.scale)
    if known is None:
        names = ", ".join(each.title for each in case.protocol.scales)
        return Refused("scale", f"This protocol has no score {command.scale}; it has {names}.")
    if not known.holds(command.value):
        return Refused("scale", f"{known.title} goes {known.range}.")
    return _not_yet(case, command.observed_at)


def _readiness(case: Case, command: c.AnswerReadiness) -> Refused | None:
    return _asked(command.answers, [each.id for each in case.protocol.readiness])


def _interactions(case: Case, command: c.RecordInteractions) -> Refused | None:
    if (command.answer is c.Tri.YES) is bool(command.interactions):
        return None
    return Refused("interactions", "With yes, say which; with no or not known, name none.")


def _criteria(case: Case, command: c.AssessDischarge) -> Refused | None:
    return _asked(command.answers, [each.id for each in case.protocol.discharge])


def _asked(answers: Iterable[str], known: list[str]) -> Refused | None:
    """An answer to another question would look recorded, and open nothing."""
    other = sorted(set(answers) - set(known))
    if not other:
        return None
    return Refused("question", f"Nobody asks {', '.join(other)}; asked are {', '.join(known)}.")


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
    if not command.known and _oneself(case, command.read_by or ""):
        return Refused("unknown_code", "Nobody knows this code: a second person reads the label.")
    whole = case.protocol.dose.device
    if whole and command.content_mg and command.content_mg != whole.value:
        return Refused(
            "strength", f"This device holds {plain(command.content_mg)} mg; this protocol counts "
            f"in devices of {plain(whole.value)} mg.",
        )  # fmt: skip
    if wanted == "vial" and (command.strength_mg_per_ml is None or command.volume_ml is None):
        return Refused("strength", "The strength and volume of this vial are not known.")
    return None


def _oneself(case: Case, name: str) -> bool:
    """Whether a second person is nobody, or the first under another spelling."""
    said, mine = name.strip().casefold(), case.actor.name or case.actor.id
    return said in {"", case.actor.id.casefold(), mine.casefold()}


def vial_of(case: Case, name: str) -> c.ScanVial | None:
    """The scanned pack of this name, if it was scanned here."""
    return next((each for each in case.state.vials if each.vial == name), None)


def _draw(case: Case, command: c.DrawUp) -> Refused | None:
    vial, order = vial_of(case, command.vial), case.state.order
    if vial is None:
        return Refused("vial", "Scan this vial first.")
    if dosing.is_wasted(case.state, vial.vial):
        return Refused("wasted", "This vial was wasted; scan another.")
    drawn = dosing.drawn_mg(command, vial)
    if order is None or drawn is None or vial.volume_ml is None:
        return Refused("vial", "The strength of this vial is not known.")
    if command.drawn_ml > vial.volume_ml:
        return Refused("volume", f"The vial holds only {plain(vial.volume_ml)} mL.")
    if not _adds_up(case, command):
        return Refused("volume", "Drawn volume and diluent do not add up to the final volume.")
    if dosing.apart(drawn, order.dose_mg) > case.protocol.dose.drawn_tolerance.value:
        return Refused("drawn_matches", dosing.slip(drawn, order.dose_mg))
    tolerance = case.protocol.dose.rate_tolerance
    if tolerance and order.duration_min:
        wanted = dosing.rate_for(command.final_ml, order.duration_min)
        if dosing.apart(command.pump_rate_ml_per_h, wanted) > tolerance.value:
            return Refused("rate_matches", f"The order means {plain(wanted)} mL/h, not "
                           f"{plain(command.pump_rate_ml_per_h)} mL/h.")  # fmt: skip
    return _version(case, command)


def _adds_up(case: Case, command: c.DrawUp) -> bool:
    """To half a millilitre, and in a small syringe to what a strength may be off."""
    share = case.protocol.dose.drawn_tolerance.value / 100
    off = abs(command.drawn_ml + command.diluent_ml - command.final_ml)
    return off <= min(Decimal("0.5"), command.final_ml * share)


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
    if command.device <= case.state.devices_allowed:  # or two nurses would each hand one over
        return Refused(
            "allowed", f"Device {command.device} is allowed already; record it when given."
        )
    return _version(case, command)


def found_now(case: Case, rule: str) -> Finding | None:
    """The strongest finding of this name at any gate now, before any override."""
    kinds = (kind for kind in GATES if kind != "draw_up")
    found = [f for kind in kinds for f in bare(case.gate(kind)) if f.rule == rule]
    return max(found, key=lambda each: each.strength.rank, default=None)


def _override(case: Case, command: c.RequestOverride | c.SignOverride) -> Refused | None:
    each = found_now(case, command.rule)
    if each is None:
        return Refused("no_hold", "This rule holds nothing up now.")
    if each.strength is Strength.NEVER:
        return Refused("never", f"Nobody may override this: {each.sentence}")
    if each.strength is not Strength.HOLD:
        return Refused("no_hold", "This is a note; it holds nothing up.")
    return _signed(case, command) if isinstance(command, c.SignOverride) else None


def _pause_alarm(case: Case, command: c.PauseAlarm) -> Refused | None:
    if command.alarm not in case.window.alarms:
        return Refused("no_alarm", "There is no such alarm now; it may be over.")
    return None


def _decline(case: Case, command: c.DeclineOverride) -> Refused | None:
    if command.rule not in case.state.override_requests:
        return Refused("no_request", "Nobody asks for this override now.")
    return None


def _accept_hand_over(case: Case, command: c.AcceptHandOver) -> Refused | None:
    if case.state.handing_to != case.actor.id:
        return Refused("no_handover", "This chair was offered to somebody else.")
    return None


def _review(case: Case, command: c.ReviewDeviation) -> Refused | None:
    if command.entry not in case.state.deviations:
        return Refused("no_deviation", "There is no open deviation with this number.")
    return None


def _accept_time(case: Case, command: c.AcceptTime) -> Refused | None:
    given = case.state.given
    if command.entry not in {each.entry for each in given} | {each.ended_by for each in given}:
        return Refused("no_dose", "There is no dose with this number.")
    return None


def _waste(case: Case, command: c.Waste) -> Refused | None:
    """A witness who is oneself is no witness: the entry is asked for again, not recorded false."""
    if _oneself(case, command.witness):
        return Refused("witness", "The witness is another person.")
    vial = vial_of(case, command.vial)
    by_volume = told_waste_mg(case.state, vial, command.model_copy(update={"amount_mg": None}))
    told = command.amount_mg
    if by_volume is not None and told is not None and abs(by_volume - told) > TENTH:
        return Refused("amount", f"{command.amount_ml} mL of this is {plain(by_volume)} mg, "
                       f"not {plain(told)} mg.")  # fmt: skip
    slip = never_held(case.state, case.protocol, vial, command)
    return Refused("amount", slip) if slip else None


def _device_given(case: Case, command: c.DeviceGiven) -> Refused | None:
    device = case.protocol.dose.device
    if device and command.amount_mg and command.amount_mg > device.value:
        return Refused("amount", f"One device holds only {plain(device.value)} mg.")
    return None


def _put_name(case: Case, command: c.PutName) -> Refused | None:
    if command.entry not in case.state.nameless:
        return Refused("named", "This entry has its name already, or is not of this session.")
    return None


def _escort(case: Case, command: c.EscortSeen) -> Refused | None:
    patient = case.state.patient
    if patient and command.name.casefold().split() == patient.name.casefold().split():
        return Refused("escort", "The patient cannot be the escort.")
    return None


CHECKS: dict[str, Check] = {
    "open_session": _open, "claim_readings": _claim,
    "sign_order": _sign_order, "arrive": _arrive, "pair_monitor": _pair, "record_vitals": _vitals,
    "answer_readiness": _readiness, "record_interactions": _interactions,
    "assess_discharge": _criteria, "weigh": _weigh,
    "record_scale": _scale, "scan_vial": _scan, "draw_up": _draw, "clear": _version,
    "start": _version, "next_device": _next, "resume": _version, "request_override": _override,
    "sign_override": _override, "decline_override": _decline, "accept_hand_over": _accept_hand_over,
    "review_deviation": _review, "accept_time": _accept_time, "waste": _waste,
    "pause_alarm": _pause_alarm,
    "put_name": _put_name, "escort_seen": _escort, "device_given": _device_given,
}  # fmt: skip
