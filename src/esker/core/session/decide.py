"""What a command comes to: drafts of entries, or a refusal with a sentence.

Asks run their gate. Tells are recorded whatever the rules say; `out_of_rule` adds the deviations
that a prescriber will review.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from esker.core.ledger import Draft, Refused, instant
from esker.core.monitoring.due import due
from esker.core.monitoring.pairing import begins, named_from
from esker.core.monitoring.trend import block
from esker.core.protocols.schema import Protocol
from esker.core.session import commands as c
from esker.core.session import dosing
from esker.core.session.case import FUTURE, Case
from esker.core.session.checks import CHECKS, found_now, vial_of
from esker.core.session.commands import SIGNED
from esker.core.session.custody import waste_record
from esker.core.session.gates import findings, relied_on
from esker.core.session.may import GATES, may
from esker.core.session.out_of_rule import DOSE_TIMES, out_of_rule
from esker.core.session.state import Actor, Session, Window

KINDS = {
    "open_session": "session.opened", "sign_order": "order.signed", "arrive": "patient.arrived",
    "answer_readiness": "readiness.answered", "record_interactions": "interactions.recorded",
    "weigh": "patient.weighed",
    "pair_monitor": "monitor.paired", "unpair_monitor": "monitor.unpaired",
    "claim_readings": "readings.claimed", "record_vitals": "vitals.recorded",
    "record_scale": "scale.recorded", "adverse_event": "adverse_event.recorded",
    "emergency": "emergency.called", "end_emergency": "emergency.ended",
    "put_name": "entry.named", "give_rescue": "rescue.given", "scan_vial": "vial.scanned",
    "draw_up": "dose.drawn",
    "clear": "gate.cleared", "start": "dose.started", "next_device": "device.allowed",
    "device_given": "device.given", "change_rate": "rate.changed", "pause": "infusion.paused",
    "resume": "infusion.resumed", "stop": "dose.stopped", "end_dose": "dose.ended",
    "waste": "vial.wasted", "acknowledge_alarm": "alarm.acknowledged",
    "pause_alarm": "alarm.paused", "request_override": "override.requested",
    "sign_override": "override.signed", "decline_override": "override.declined",
    "accept_time": "time.accepted",
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
    latest = max(at, state.heard_at or at) + FUTURE
    happened = c.when(command, at)
    if happened > latest and command.kind != "emergency":
        return Refused("future_time", "That time has not come yet; check the clock.")
    happened = min(happened, latest)  # a tablet's wrong clock never stops an emergency
    stopped = may(state, window, command.kind, actor, protocol, at)
    if stopped:
        return stopped
    case = Case(state, window, protocol, at, happened, actor)
    refused = CHECKS[command.kind](case, command) if command.kind in CHECKS else None
    if refused:
        return refused
    body = _body(case, command)
    drafts = [Draft(KINDS[command.kind], body, happened), *_claimed(case, command)]
    drafts += [
        Draft("deviation.noted", {"what": sentence, "about": command.kind}, happened)
        for sentence in out_of_rule(case, command, body)
    ]
    return drafts


def _claimed(case: Case, command: c.AnyCommand) -> list[Draft]:
    """Claimed readings are sealed at once into the session's trend, with who took them and why."""
    if not isinstance(command, c.ClaimReadings):
        return []
    taken = [case.window.claimable[id] for id in sorted(set(command.readings))]
    body = {"block": block(taken), "claimed_by": case.actor.id, "reason": command.reason}
    return [Draft("trend.claimed", body, case.happened, f"trend:{case.state.id}")]


# -- what the entry says besides the command's own words ------------------------------------------


def _body(case: Case, command: c.AnyCommand) -> dict[str, Any]:
    body = command.model_dump(mode="json", exclude={"kind", "occurred_at", "observed_at"})
    if isinstance(command, c.ScanVial):
        body = {"vial": body, "note": command.note}
    body |= _observed(case, command) | _amounts(case, command)
    if command.kind in GATES and command.kind != "draw_up":
        body |= _gate_record(case, command.kind)
    if command.kind in DOSE_TIMES:
        body |= {"told_at": instant(case.happened), "counted_at": instant(case.counted)}
    if command.kind in SIGNED:
        body["signature"] = _signature(case)
    if command.kind in OUTCOMES:
        body |= {"outcome": OUTCOMES[command.kind], "missed": _missed(case)}
    return body


def _missed(case: Case) -> list[dict[str, str]]:
    """The timed checks that nobody made: said once, where the record ends."""
    return [
        {"check": each.id, "title": each.title, "due_at": instant(each.due_at)}
        for each in due(case.state, case.protocol, case.at)
        if each.status in ("missed", "overdue")
    ]


def _observed(case: Case, command: c.AnyCommand) -> dict[str, Any]:
    match command:
        case c.RecordVitals() | c.RecordScale():
            return {"observed": instant(command.observed_at or case.happened)}
        case c.Weigh():
            return _weight(case, command)
        case c.RequestOverride() | c.SignOverride():
            found = found_now(case, command.rule)
            return {"finding": found.sentence if found else ""}
        case c.PairMonitor():
            free = case.window.monitor_free_since
            return {
                "readings_from": instant(begins(case.happened, case.state.arrived_at, free)),
                "named_from": instant(named_from(case.happened, free)),
            }
        case c.PauseAlarm():
            seconds = float(case.protocol.alarms.pause.value)
            return {"until": instant(case.at + timedelta(seconds=seconds))}
    return {}


def _amounts(case: Case, command: c.AnyCommand) -> dict[str, Any]:
    """What a command means in millilitres and milligrams, worked out and never typed."""
    match command:
        case c.SignOrder():
            return _order(case, command)
        case c.DrawUp():
            vial = vial_of(case, command.vial)
            return {"drawn_mg": dosing.drawn_mg(command, vial) if vial else None}
        case c.DeviceGiven():
            device = case.protocol.dose.device
            return {"amount_mg": command.amount_mg or (device.value if device else Decimal(0))}
        case c.Stop() | c.EndDose():
            return _volume(case, command)
        case c.Waste():
            vial = vial_of(case, command.vial)
            return waste_record(case.state, case.protocol, vial, command, case.heard)
    return {}


def _order(case: Case, command: c.SignOrder) -> dict[str, Any]:
    note = dosing.off_step(case.protocol, command.dose_mg, command.dose_mg_per_kg)
    return {
        "version": len(case.state.orders) + 1,
        "ordered_mg": dosing.ordered_mg(command.dose_mg, command.dose_mg_per_kg, command.weight_kg),
        **({"notes": [note]} if note else {}),
    }


def _gate_record(case: Case, kind: str) -> dict[str, Any]:
    """What the gate relied on, what it noted, and the overrides that it used up."""
    gate = case.gate(kind)
    found = findings(gate)
    return {
        "relied_on": relied_on(gate),
        "notes": [each.sentence for each in found],
        "overrides": sorted(each.rule for each in found if each.overridden),
    }


def _volume(case: Case, command: c.Stop | c.EndDose) -> dict[str, Any]:
    """The volume by the pump and by its rate. An end as planned tells that the syringe ran empty.

    It tells so only where the rate over the time agrees; otherwise the amount stays by the rate.
    """
    drawn, tolerance = case.state.drawn, case.protocol.dose.rate_tolerance
    told, per_ml = command.given_ml, dosing.strength(drawn)
    if drawn is None or per_ml is None:
        return {"volume_ml": told, "by_rate_ml": None}
    ran = (dosing.by_rate_mg(case.state, case.counted) / per_ml).quantize(Decimal("0.01"))
    close = tolerance and abs(drawn.final_ml - ran) <= drawn.final_ml * tolerance.value / 100
    if told is None and close and isinstance(command, c.EndDose):
        told = drawn.final_ml
    return {"volume_ml": told, "by_rate_ml": ran}


def _signature(case: Case) -> dict[str, Any]:
    signed = case.actor.signature
    assert signed is not None  # `_signed` refused otherwise
    return {"signer": signed.signer, "meaning": signed.meaning, "at": signed.at,
            "licence": case.actor.licence}  # fmt: skip


def _weight(case: Case, command: c.Weigh) -> dict[str, Any]:
    kg = command.kg()
    return {"weight_kg": kg, "doubt": _doubtful(case, kg)}


def _doubtful(case: Case, kg: Decimal) -> bool:
    """Far from the last weight, unless the weight just before says the same again."""
    limit = case.protocol.dose.weight_change.value
    if case.state.weights:
        last = case.state.weights[-1][0]
        return dosing.apart(kg, last) > (2 if case.state.weight_doubt else limit)
    earlier = case.window.last_weight
    return earlier is not None and dosing.apart(kg, earlier[0]) > limit
