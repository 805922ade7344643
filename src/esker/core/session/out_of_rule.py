"""What makes a tell a deviation: sentences for what happened outside the rules.

It happened all the same, so it is recorded; a prescriber reviews the deviation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from esker.core.session import commands as c
from esker.core.session import custody, dosing
from esker.core.session.case import BELIEVED, Case
from esker.core.session.dosing import TENTH
from esker.core.session.state import Dosing
from esker.core.units import plain

DOSE_TIMES = frozenset({
    "start", "resume", "change_rate", "device_given", "pause", "stop", "end_dose",
})  # fmt: skip
CLOSING = frozenset({"discharge", "leave_against_advice", "transfer_out", "cancel", "withhold"})


def out_of_rule(case: Case, command: c.AnyCommand, body: dict[str, Any]) -> Iterator[str]:
    """One sentence for each thing that `command`, recorded as `body`, tells out of rule."""
    if command.kind in DOSE_TIMES:
        yield from _told_when(case)
    if command.kind in CLOSING:
        yield from _left_open(case)
    match command:
        case c.DeviceGiven():
            yield from _device(case, command)
        case c.ChangeRate():
            yield from _rate(case, command)
        case c.GiveRescue():
            yield from _rescue(case, command)
        case c.Pause():
            yield from _not_running(case)
        case c.EndDose() | c.Stop():
            yield from _ended(case, command, body)
        case c.Waste():
            yield from _waste(case, command, body)
        case c.LeaveAgainstAdvice():
            yield "The patient left against advice."


def _told_when(case: Case) -> Iterator[str]:
    if case.state.closed_at is not None:
        yield "Told after the session was closed."
    if case.stepped_back:
        minutes = -(-case.stepped_back // timedelta(minutes=1))
        yield f"The clock stepped back by {minutes} min; this counts from the latest entry."
    elif case.at - case.happened > BELIEVED:
        yield "The time told is more than five minutes ago; it counts from now until accepted."


def _left_open(case: Case) -> Iterator[str]:
    """What a closing session leaves behind; it closes all the same."""
    if case.state.closed_at is not None:
        yield f"The session had been closed already: {case.state.outcome}."
        return
    if case.state.dosing in (Dosing.READY, Dosing.RUNNING, Dosing.PAUSED):
        yield "The session was closed while dosing had not been ended."
    if case.state.nameless:
        yield "An emergency entry was left without the name of who acted."
    for vial in case.state.vials:
        if not custody.accounted(case.state, case.protocol, vial, case.at):
            yield f"Not accounted for: {custody.words(case.state, case.protocol, vial, case.at)}."


def _not_running(case: Case) -> Iterator[str]:
    if case.state.dosing is Dosing.NOT_STARTED:
        yield "Dosing was never started here."
    elif case.state.dosing is Dosing.DONE and case.state.closed_at is None:
        yield "Dosing had been ended already."


def _device(case: Case, command: c.DeviceGiven) -> Iterator[str]:
    state, given = case.state, case.state.given
    used = {each.vial for each in given} | case.window.vials_used_elsewhere
    whole, rest = case.protocol.dose.device, case.protocol.dose.rest
    if state.dosing in (Dosing.PAUSED, Dosing.DONE):
        yield "The device was given while dosing was paused or over."
    if command.device > state.devices_allowed:
        yield f"Device {command.device} was given before it was allowed."
    if command.device in {each.device for each in given}:
        yield f"Device {command.device} had been given already."
    if command.vial not in {each.vial for each in state.vials}:
        yield "The device was not scanned."
    if command.vial in used:
        yield "This device had been used already."
    if dosing.is_wasted(state, command.vial):
        yield "This device had been wasted."
    if any(v.vial == command.vial and v.expires < case.happened.date() for v in state.vials):
        yield "This device had expired."
    if state.order is None or command.order_version != state.order.version:
        yield "The order that was followed is not the current one."
    if rest and any(
        abs(case.happened - each.told_at) < timedelta(minutes=float(rest.value)) for each in given
    ):
        yield f"Less than {rest.value} min after the device before."
    if command.device > dosing.devices_ordered(state, case.protocol):
        yield "More devices than ordered."
    if whole and command.amount_mg and command.amount_mg < whole.value:
        yield f"Only {plain(command.amount_mg)} of {whole.value} mg of the device went in."


def _rate(case: Case, command: c.ChangeRate) -> Iterator[str]:
    if case.state.dosing is Dosing.NOT_STARTED:
        yield "The pump was running without a start that was accepted here."
    elif case.state.dosing is Dosing.DONE and case.state.closed_at is None:
        yield "Dosing had been ended already."
    order, drawn = case.state.order, case.state.drawn
    tolerance = case.protocol.dose.rate_tolerance
    if order is None or drawn is None or order.duration_min is None or tolerance is None:
        yield "A pump rate was changed without an infusion that was drawn up here."
        return
    wanted = dosing.rate_for(drawn.final_ml, order.duration_min)
    if command.pump_rate_ml_per_h > wanted * (1 + tolerance.value / 100):
        yield f"The pump was set to {command.pump_rate_ml_per_h} mL/h; the order means {wanted}."


def _ended(case: Case, command: c.Stop | c.EndDose, body: dict[str, Any]) -> Iterator[str]:
    """The pump's own volume against its rate over the time: neither is believed over the other."""
    told, drawn = body["volume_ml"], case.state.drawn
    if case.state.dosing is Dosing.NOT_STARTED or case.state.reported_ml is not None or not told:
        yield from _not_running(case)
    if case.protocol.drug.form != "infusion":
        return
    if drawn is None:
        if told:
            yield "An amount was given that was not drawn up here."
        return
    if told is not None and told > drawn.final_ml:
        yield f"The pump says {plain(told)} mL, and only {plain(drawn.final_ml)} mL were made up."
    tolerance = case.protocol.dose.rate_tolerance
    ran = body["by_rate_ml"]
    said = told if told is not None else drawn.final_ml
    planned = isinstance(command, c.EndDose) and told is None
    apart = tolerance and abs(said - ran) > drawn.final_ml * tolerance.value / 100
    if apart and planned:
        yield f"Ended as planned, and its rate means {plain(ran)} of {plain(said)} mL."
    elif apart and told is not None:
        yield f"The pump says {plain(told)} mL were given, and its rate means {plain(ran)} mL."


def _waste(case: Case, command: c.Waste, body: dict[str, Any]) -> Iterator[str]:
    wasted, expected = body["wasted_mg"], body["expected_mg"]
    if expected is None:
        yield f"{command.vial} was not scanned here, or nobody knows what it held."
    elif wasted is None:
        yield f"No amount was told for the waste of {command.vial}: {plain(expected)} mg were left."
    elif abs(wasted - expected) > TENTH:
        more = "more" if wasted > expected else "less"
        yield (
            f"{plain(wasted)} mg of {command.vial} were wasted and {plain(expected)} mg should be "
            f"left: {plain(abs(wasted - expected))} mg {more}."
        )


def _rescue(case: Case, command: c.GiveRescue) -> Iterator[str]:
    prns = {prn.name: prn for prn in case.state.order.prns} if case.state.order else {}
    prn = prns.get(command.prn or "")
    if prn is None:
        yield f"{command.medicine} was given on a verbal order, without a signed one."
        return
    yield from _as_ordered(case, command, prn)
    before = sum(1 for name, _ in case.state.rescues if name == command.medicine)
    if before >= prn.max_doses:
        yield f"{command.medicine} was given more often than ordered."


def _as_ordered(case: Case, command: c.GiveRescue, prn: c.PrnOrder) -> Iterator[str]:
    """What was given against what the as-needed order means for this weight."""
    if command.medicine.casefold() != prn.name.casefold():
        yield f"{command.medicine} was given on the order for {prn.name}."
        return
    if command.route.casefold() != prn.route.casefold():
        yield f"{command.medicine} was given {command.route}; the order says {prn.route}."
    meant = dosing.prn_dose(case.state, prn)
    said = f"{plain(command.dose)} {command.unit}"
    if meant is None:
        yield f"{said} of {command.medicine} was given by weight, and no weight is known."
        return
    given, wanted = _mg(command.dose, command.unit), _mg(*meant)
    if dosing.apart(given, wanted) > case.protocol.dose.drawn_tolerance.value:
        yield (
            f"{said} of {command.medicine} was given; the order means {plain(meant[0])} {meant[1]}."
        )


def _mg(amount: Decimal, unit: str) -> Decimal:
    return amount / 1000 if unit == "microgram" else amount
