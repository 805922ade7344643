"""What the people at the chair need beside the session's state: clocks, trends, other chairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from esker.clinic.sessions.models import CurrentAlarm, SessionRow
from esker.core.ledger import Entry
from esker.core.monitoring.channels import Channel, Readings, Source
from esker.core.monitoring.series import Growing
from esker.core.protocols.schema import Anchor, Phase, Protocol
from esker.core.session import custody, dosing
from esker.core.session.commands import ScanVial
from esker.core.session.sentences import sentence
from esker.core.session.state import Dosing, Session
from esker.core.units import plain

Json = dict[str, Any]
TREND = timedelta(minutes=5)  # how far apart the two values of a trend are, at least


def clocks(state: Session, protocol: Protocol) -> list[Json]:
    """What counts now: the clearance, the rest between devices, the pump, the observation."""
    spans = [_clearance(state, protocol), _since_dose(state), _rest(state, protocol),
             _pump(state), _observation(state, protocol)]  # fmt: skip
    return [
        {"id": id, "title": title, "from": start.isoformat(),
         "until": until.isoformat() if until else None}
        for id, title, start, until in filter(None, spans)
    ]  # fmt: skip


Span = tuple[str, str, datetime, datetime | None] | None


def _clearance(state: Session, protocol: Protocol) -> Span:
    """Counts only while it is waited for: after the start it says nothing any more."""
    if state.cleared_at is None or state.dosing is not Dosing.NOT_STARTED:
        return None
    lasts = timedelta(minutes=float(protocol.clearance.value))
    return "clearance", "Clearance lasts", state.cleared_at, state.cleared_at + lasts


def _since_dose(state: Session) -> Span:
    first = dosing.anchor(state, Anchor.FIRST_DOSE)
    return ("dose", "Since first dose", first, None) if first else None


def _rest(state: Session, protocol: Protocol) -> Span:
    given = len(state.given)
    if protocol.dose.rest is None or not 0 < given < dosing.devices_ordered(state, protocol):
        return None
    if state.dosing is Dosing.DONE:
        return None
    last = dosing.last_given_at(state)
    if last is None:
        return None
    return "rest", "Next device", last, last + timedelta(minutes=float(protocol.dose.rest.value))


def _pump(state: Session) -> Span:
    """When the pump has given what was drawn up; it counts on past that, until that is told."""
    until = dosing.empty_at(state)
    return ("pump", "Pump empty", state.given[-1].at, until) if until else None


def _observation(state: Session, protocol: Protocol) -> Span:
    start = dosing.anchor(state, protocol.observation.anchor)
    if start is None or state.closed_at is not None:
        return None
    lasts = timedelta(minutes=float(protocol.observation.minimum.value))
    return "observation", "Observation", start, start + lasts


def phase_since(state: Session) -> datetime | None:
    """Since when the session is in its phase; before arrival, when it was planned."""
    match state.phase:
        case Phase.ARRIVE:
            return state.planned_at
        case Phase.CLEAR:
            return state.arrived_at
        case Phase.DOSE:
            return dosing.anchor(state, Anchor.FIRST_DOSE) or state.cleared_at
        case Phase.RECOVER:
            return dosing.anchor(state, Anchor.LAST_DOSE) or state.arrived_at
    return state.closed_at


def trend(readings: Readings, channel: Channel) -> Json | None:
    """Newest value against the one five minutes or more before it: a fact, not a judgement.

    The readings are oldest first.
    """
    shelf = readings.channels.get(channel, ()) if isinstance(readings, Growing) else readings
    mine = (r for r in reversed(shelf) if r.channel == channel and r.source is Source.MONITOR)
    newest = next(mine, None)
    if newest is None:
        return None
    then = next((each for each in mine if newest.observed_at - each.observed_at >= TREND), None)
    if then is None:
        return None
    minutes = (newest.observed_at - then.observed_at) // timedelta(minutes=1)
    return {"change": plain(newest.value - then.value), "minutes": minutes}


def overrides(state: Session) -> Json:
    """What was asked of a prescriber, and what was signed and is not used up yet."""
    return {
        "asked": {
            rule: {"by": each.by, "at": each.at.isoformat(), "reason": each.reason}
            for rule, each in state.override_requests.items()
        },
        "signed": {rule: at.isoformat() for rule, at in state.overrides.items()},
    }


def unsettled(state: Session, protocol: Protocol, entries: list[Entry], at: datetime) -> Json:
    """What somebody still has to settle: packs, deviations, and dose times that came late."""
    open_deviations = [each for each in entries if each.id in state.deviations]
    return {
        "open_packs": [
            rest
            for vial in state.vials
            if not custody.accounted(state, protocol, vial, at)
            for rest in _rests(state, protocol, vial, at)
        ],
        "nameless": [
            {"entry": each.id, "sentence": sentence(each)}
            for each in entries
            if each.id in state.nameless
        ],
        "deviations": [
            {"entry": each.id, "sentence": sentence(each)} for each in open_deviations
        ],
        "doubted_times": [
            {"entry": each.entry, "told_at": each.told_at.isoformat(),
             "sentence": f"{plain(each.amount_mg)} mg, counted from when it was received"}
            for each in state.given
            if each.told_at != each.at
        ],
    }  # fmt: skip


def _rests(state: Session, protocol: Protocol, vial: ScanVial, at: datetime) -> list[Json]:
    """What should be left of a pack: in a device, or in the vial and in the syringe."""
    pack = {"vial": vial.vial, "form": vial.form, "of": "", "left_mg": None, "left_ml": None}
    if vial.form == "device":
        left = custody.left_mg(state, protocol, vial, at)
        return [pack | {"left_mg": None if left is None else plain(left)}]
    in_syringe = dosing.strength(state.drawn)
    found = []
    for of, per_ml in (("vial", vial.strength_mg_per_ml), ("syringe", in_syringe)):
        left = custody.left_mg(state, protocol, vial, at, of)
        if left and per_ml and left > dosing.TENTH:
            ml = (left / per_ml).quantize(dosing.HUNDREDTH)
            found.append(pack | {"of": of, "left_mg": plain(left), "left_ml": plain(ml)})
    return found or [pack]


def weight(state: Session) -> Json:
    kg, taken = state.weights[-1] if state.weights else (None, None)
    return {
        "weight_kg": None if kg is None else plain(Decimal(kg)),
        "weighed_at": taken.isoformat() if taken else None,
    }


def elsewhere(clinic_id: str, session_id: str) -> list[Json]:
    """Alarms that sound at the other chairs: one nurse runs several. Inside the scope."""
    sounding = CurrentAlarm.objects.filter(clinic_id=clinic_id, status="sounding")
    found = list(sounding.exclude(session=session_id).order_by("since"))
    if not found:
        return []
    open_ = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None).exclude(chair=None)
    at = dict(open_.values_list("session", "chair"))
    return [
        {"id": alarm.alarm, "session": alarm.session, "chair": at[alarm.session],
         "priority": alarm.priority, "sentence": alarm.sentence}
        for alarm in found
        if alarm.session in at
    ]  # fmt: skip
