"""The arithmetic of the drug: what was drawn, what went in, what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from esker.core.protocols.schema import Anchor, Protocol
from esker.core.session.commands import DrawUp, PrnOrder, ScanVial
from esker.core.session.state import Dosing, Drawn, Given, Order, Session, Window
from esker.core.units import Kg, Mg, MgPerKg, MgPerMl, Ml, by_weight, mass, plain, volume

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")
POUNDS = Decimal("2.2046")


def apart(one: Decimal, other: Decimal) -> Decimal:
    """How far `one` is from `other`, in percent of `other`."""
    return abs(one - other) / other * 100


def slip(got_mg: Decimal, wanted_mg: Decimal) -> str:
    """A sentence for a drawn amount that is not the ordered one, naming the slip it looks like."""
    ratio = got_mg / wanted_mg
    said = f"{plain(got_mg)} mg drawn up, {plain(wanted_mg)} mg ordered."
    for factor, words in (
        (Decimal(10), "This is ten times the order: check the vial's strength."),
        (TENTH, "This is a tenth of the order: check the vial's strength."),
        (POUNDS, "This is 2.2 times the order: a weight in pounds taken for kilograms?"),
        (1 / POUNDS, "This is 1/2.2 of the order: a weight in kilograms taken for pounds?"),
    ):
        if apart(ratio, factor) <= 5:
            return f"{said} {words}"
    return said


def ordered_mg(
    dose_mg: Decimal | None, per_kg: Decimal | None, weight_kg: Decimal | None
) -> Decimal | None:
    """The milligrams that an order means, or None when it cannot be worked out."""
    if dose_mg is not None:
        return dose_mg
    if per_kg is None or weight_kg is None:
        return None
    return by_weight(MgPerKg(per_kg), Kg(weight_kg)).value


def off_step(protocol: Protocol, dose_mg: Decimal | None, per_kg: Decimal | None) -> str | None:
    """A sentence for an ordered dose that is none of the protocol's steps; None when it is one."""
    steps = protocol.dose.steps
    ordered = dose_mg if protocol.drug.form == "device" else per_kg
    if ordered is None or ordered in {each.value for each in steps}:
        return None
    known, unit = ", ".join(plain(each.value) for each in steps), steps[0].unit
    return f"{plain(ordered)} {unit} is no dose step of this protocol: {known} {unit}."


def rate_for(final_ml: Decimal, duration_min: Decimal) -> Decimal:
    """The pump rate that empties `final_ml` in `duration_min`, in mL/h to 0.1."""
    return (final_ml * 60 / duration_min).quantize(TENTH, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw from one vial for this order."""

    need_ml: Decimal
    diluent_ml: Decimal
    final_ml: Decimal
    rate_ml_per_h: Decimal


def draw_for(order: Order, vial: ScanVial, final_ml: Decimal = Decimal(50)) -> Draw | None:
    """Millilitres from *that* vial's strength, made up to `final_ml`. None without a strength."""
    if vial.strength_mg_per_ml is None or order.duration_min is None:
        return None
    need = volume(Mg(order.dose_mg), MgPerMl(vial.strength_mg_per_ml)).value
    return Draw(need, final_ml - need, final_ml, rate_for(final_ml, order.duration_min))


def drawn_mg(command: DrawUp, vial: ScanVial) -> Decimal | None:
    """The milligrams in what was drawn, by the scanned vial's own strength."""
    if vial.strength_mg_per_ml is None:
        return None
    return mass(Ml(command.drawn_ml), MgPerMl(vial.strength_mg_per_ml)).value


def strength(drawn: Drawn | None) -> Decimal | None:
    """mg/mL in the syringe, after dilution; None when nothing was drawn up here."""
    return drawn.drawn_mg / drawn.final_ml if drawn else None


def segment_mg(state: Session, given: Given, until: datetime) -> Decimal:
    """What one dose or stretch of infusion put in up to `until`, in mg to 0.01.

    A stretch counts from the earlier and to the later of the times told and believed: what went in
    is never counted too low.
    """
    per_ml = strength(state.drawn)
    if per_ml is None or given.rate_ml_per_h is None:
        return given.amount_mg
    began = min(given.at, given.told_at)
    hours = Decimal(str(max((until - began).total_seconds(), 0))) / 3600
    return (given.rate_ml_per_h * hours * per_ml).quantize(HUNDREDTH, ROUND_HALF_UP)


def by_rate_mg(state: Session, at: datetime) -> Decimal:
    """What went in up to `at` by devices or by the pump's rate; at most what was drawn up."""
    total = sum((segment_mg(state, each, each.until or at) for each in state.given), Decimal(0))
    return min(total, state.drawn.drawn_mg) if state.drawn else total


def reported_mg(state: Session) -> Decimal | None:
    """What went in by the pump's own volume, where somebody told it."""
    per_ml = strength(state.drawn)
    if state.reported_ml is None or per_ml is None:
        return None
    return (state.reported_ml * per_ml).quantize(HUNDREDTH, ROUND_HALF_UP)


def given_mg(state: Session, at: datetime) -> Decimal:
    """All that went in up to `at`: of rate and report the larger, so neither hides the other."""
    return max(by_rate_mg(state, at), reported_mg(state) or Decimal(0))


def running(state: Session) -> Given | None:
    """The stretch of infusion that runs now, if one does."""
    last = state.given[-1] if state.given and state.dosing is Dosing.RUNNING else None
    pumping = last and state.drawn and last.until is None and last.rate_ml_per_h
    return last if pumping else None


def empty_at(state: Session) -> datetime | None:
    """When the syringe is, or was, empty at the rate that runs; None while no pump runs."""
    stretch, per_ml = running(state), strength(state.drawn)
    if stretch is None or state.drawn is None or per_ml is None or not stretch.rate_ml_per_h:
        return None
    left = max(state.drawn.drawn_mg - given_mg(state, stretch.at), Decimal(0))
    return stretch.at + timedelta(hours=float(left / (stretch.rate_ml_per_h * per_ml)))


def planned_mg(state: Session, protocol: Protocol, at: datetime) -> Decimal:
    """What will have gone in after the next step: the whole order, or all drawn, or one device."""
    ordered = state.order.dose_mg if state.order else Decimal(0)
    if protocol.dose.device is None:
        return max(ordered, state.drawn.drawn_mg if state.drawn else Decimal(0))
    if state.dosing is Dosing.NOT_STARTED:
        return max(ordered, given_mg(state, at))
    return given_mg(state, at) + protocol.dose.device.value


def prn_dose(state: Session, prn: PrnOrder) -> tuple[Decimal, str] | None:
    """One dose of an as-needed order and its unit, for the last weight; None until one is known."""
    if prn.unit != "mg/kg":
        return prn.dose, prn.unit
    ordered = state.order.weight_kg if state.order else None
    kg = state.weights[-1][0] if state.weights else ordered
    return (by_weight(MgPerKg(prn.dose), Kg(kg)).value, "mg") if kg else None


def devices_ordered(state: Session, protocol: Protocol) -> int:
    """How many devices the order means; 0 without an order or for an infusion."""
    if state.order is None or protocol.dose.device is None:
        return 0
    return int(state.order.dose_mg / protocol.dose.device.value)


def next_device(state: Session, window: Window, at: datetime) -> str | None:
    """A scanned device that was used neither here nor elsewhere, and has not expired since."""
    used = {each.vial for each in state.given} | window.vials_used_elsewhere
    used |= {each.vial for each in state.wasted}
    devices = (v for v in state.vials if v.form == "device" and v.expires >= at.date())
    return next((v.vial for v in devices if v.vial not in used), None)


def is_wasted(state: Session, vial: str) -> bool:
    """Whether a pack was destroyed, or what was left in it."""
    return any(each.vial == vial and each.of in (None, "vial") for each in state.wasted)


# -- the instants that timed rules run from -------------------------------------------------------


def anchor(state: Session, what: Anchor) -> datetime | None:
    """The instant that a timed rule counts from, or None while it has not come."""
    if what is Anchor.ARRIVAL:
        return state.arrived_at
    if not state.given:
        return None
    if what is Anchor.FIRST_DOSE:
        return min(each.at for each in state.given)
    if state.dosing is not Dosing.DONE:
        return None
    return max(each.until or each.at for each in state.given)


def last_drug_at(state: Session) -> datetime | None:
    """When drug last went in, for other sessions of the patient; one in the hand counts as in."""
    if not state.given and state.dosing in (Dosing.READY, Dosing.PAUSED):
        return state.allowed_at
    return max((each.until or each.at for each in state.given), default=None)


def last_given_at(state: Session) -> datetime | None:
    """When drug last went in, for the rest between devices."""
    return max((each.at for each in state.given), default=None)
