"""Where the drug of each pack is: given, wasted, or left; to 0.1 mg."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from esker.core.protocols.schema import Protocol
from esker.core.session.commands import ScanVial, Waste
from esker.core.session.dosing import HUNDREDTH, TENTH, by_rate_mg, reported_mg, strength
from esker.core.session.state import Session
from esker.core.units import plain


def content_mg(vial: ScanVial, protocol: Protocol) -> Decimal | None:
    """What a pack held when it was scanned; None when nobody knows."""
    if vial.form == "device":
        device = protocol.dose.device
        return vial.content_mg or (device.value if device else None)
    if vial.strength_mg_per_ml is None or vial.volume_ml is None:
        return None
    return vial.strength_mg_per_ml * vial.volume_ml


def _given_of(state: Session, vial: ScanVial, at: datetime) -> Decimal:
    """What this pack gave. The pump's own volume stands before its rate where it was told."""
    if vial.form == "device":
        return sum((g.amount_mg for g in state.given if g.vial == vial.vial), Decimal(0))
    if state.drawn is None or state.drawn.vial != vial.vial:
        return Decimal(0)
    told = reported_mg(state)
    return by_rate_mg(state, at) if told is None else told


def wasted_mg(state: Session, vial: str, of: str | None = None) -> Decimal:
    """What was destroyed of a pack; with `of`, only of that rest."""
    mine = (w for w in state.wasted if w.vial == vial and (of is None or w.of == of))
    return sum((each.amount_mg for each in mine), Decimal(0))


def left_mg(
    state: Session, protocol: Protocol, vial: ScanVial, at: datetime, of: str | None = None
) -> Decimal | None:
    """What should be left: content less given less wasted; or the rest in vial or syringe alone.

    Below zero when more was given or wasted than there was.
    """
    content = content_mg(vial, protocol)
    if content is None:
        return None
    mine = state.drawn is not None and state.drawn.vial == vial.vial
    drawn = state.drawn.drawn_mg if state.drawn and mine else Decimal(0)
    given, wasted = _given_of(state, vial, at), wasted_mg(state, vial.vial, of)
    whole = {"vial": content - drawn, "syringe": drawn - given}.get(of or "", content - given)
    return whole - wasted


def told_waste_mg(state: Session, vial: ScanVial | None, command: Waste) -> Decimal | None:
    """The milligrams of a waste: as told, or from millilitres at the strength of that rest."""
    if command.amount_mg is not None:
        return command.amount_mg
    per_ml = vial.strength_mg_per_ml if vial else None
    if command.of == "syringe":
        per_ml = strength(state.drawn)
    if command.amount_ml is None or per_ml is None:
        return None
    return (command.amount_ml * per_ml).quantize(HUNDREDTH, ROUND_HALF_UP)


def accounted(state: Session, protocol: Protocol, vial: ScanVial, at: datetime) -> bool:
    """Whether the sum of a pack fits to 0.1 mg, or a deviation already says that it does not."""
    left = left_mg(state, protocol, vial, at)
    return vial.vial in state.disputed or (left is not None and abs(left) <= TENTH)


def words(state: Session, protocol: Protocol, vial: ScanVial, at: datetime) -> str:
    """The pack, and how much of it nobody has accounted for."""
    left = left_mg(state, protocol, vial, at)
    if left is None:
        return vial.vial
    return f"{vial.vial}, {plain(abs(left))} mg{' too much' if left < 0 else ''}"


def never_held(
    state: Session, protocol: Protocol, vial: ScanVial | None, command: Waste
) -> str | None:
    """A sentence for a waste of what no such pack or syringe can have held; None when it can.

    Overfill is some of what the label says, never as much again; a slip of unit or point is more.
    """
    told = told_waste_mg(state, vial, command)
    held = content_mg(vial, protocol) if vial else None
    if command.of == "syringe":
        held = state.drawn.drawn_mg if state.drawn else None
    if told is None or held is None or told <= 2 * held:
        return None
    return (
        f"That is {plain(told)} mg, and this held {plain(held)} mg: look at the point and the unit."
    )


def waste_record(
    state: Session, protocol: Protocol, vial: ScanVial | None, command: Waste, at: datetime
) -> dict[str, Decimal | bool | None]:
    """What an entry says of a waste besides the command: told, expected, and whether they differ.

    A single device has one dose in it, so that its waste without an amount is all that is left.
    """
    expected = left_mg(state, protocol, vial, at, command.of) if vial else None
    wasted = told_waste_mg(state, vial, command)
    if wasted is None and vial and vial.form == "device" and command.amount_ml is None:
        wasted = expected
    fits = wasted is not None and expected is not None and abs(wasted - expected) <= TENTH
    return {"wasted_mg": wasted, "expected_mg": expected, "disputed": not fits}
