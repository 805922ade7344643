"""Proves a protocol's tables complete, disjoint and monotone, and says what is wrong otherwise.

z3 looks over all real values at once; a table that a few test values pass may still have a hole
between them. Each fault is one sentence with a value that shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import z3

from esker.core.protocols.schema import Band, Phase, Priority, Protocol, Strength, Table
from esker.core.protocols.tables import signal, table

PHASES = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)
FIXED_NEVER = ("identity", "order", "order_version", "ceiling", "vial", "clearance")


def check(protocol: Protocol) -> list[str]:
    """Every fault of the protocol as a sentence; an empty list is a proof that there is none."""
    return [
        *_missing_tables(protocol),
        *(fault for each in protocol.tables for fault in table_faults(protocol, each)),
        *_weak_rules(protocol),
        *_idle_checks(protocol),
    ]


def table_faults(protocol: Protocol, each: Table) -> Iterator[str]:
    """Holes, overlaps and steps the wrong way in one table."""
    watched = signal(protocol, each.channel)
    if watched is None:
        yield f"Table {each.id}: nothing says which values of {each.channel} are plausible."
        return
    low, high = (bound.value for bound in watched.plausible)
    yield from _hole(each, low, high)
    yield from _overlap(each)
    yield from _backwards(each)


def _real(number: Decimal) -> z3.ArithRef:
    return z3.RealVal(format(number, "f"))


def _inside(each: Table, band: Band, x: z3.ArithRef) -> z3.BoolRef:
    top = max(other.high for other in each.bands)
    upper = x <= _real(band.high) if band.high == top else x < _real(band.high)
    return z3.And(x >= _real(band.low), upper)


def _example(*claims: z3.BoolRef) -> str | None:
    """A value of x for which all claims hold, or None when there is none."""
    solver = z3.Solver()
    solver.add(*claims)
    if solver.check() != z3.sat:
        return None
    value = solver.model().eval(z3.Real("x"), model_completion=True)
    return str(value.as_decimal(4)).rstrip("?")


def _hole(each: Table, low: Decimal, high: Decimal) -> Iterator[str]:
    x = z3.Real("x")
    covered = z3.Or(*(_inside(each, band, x) for band in each.bands))
    value = _example(x >= _real(low), x <= _real(high), z3.Not(covered))
    if value is not None:
        yield f"Table {each.id}: no band covers {each.channel} {value}."


def _overlap(each: Table) -> Iterator[str]:
    x = z3.Real("x")
    for place, band in enumerate(each.bands):
        for other in each.bands[place + 1 :]:
            value = _example(_inside(each, band, x), _inside(each, other, x))
            if value is not None:
                yield f"Table {each.id}: two bands cover {each.channel} {value}."


def _backwards(each: Table) -> Iterator[str]:
    """Outward from the normal interval, neither strength nor alarm may grow weaker."""
    low, high = each.normal
    below = sorted((b for b in each.bands if b.low < low), key=lambda b: b.high, reverse=True)
    above = sorted((b for b in each.bands if b.high > high), key=lambda b: b.low)
    inner = [b for b in each.bands if b.low < high and b.high > low]
    if any(b.strength is not Strength.GO or b.alarm is not Priority.NONE for b in inner):
        yield f"Table {each.id}: the normal interval {low} to {high} is not go without alarm."
    for side in (below, above):
        for nearer, farther in zip(side, side[1:], strict=False):
            if _rank(farther) < _rank(nearer) or farther.alarm.rank < nearer.alarm.rank:
                yield (
                    f"Table {each.id}: {each.channel} {farther.low} to {farther.high} is worse than "
                    f"{nearer.low} to {nearer.high}, and yet its rule is weaker."
                )


def _rank(band: Band) -> int:
    return band.strength.rank


def _missing_tables(protocol: Protocol) -> Iterator[str]:
    for channel in protocol.required:
        for phase in PHASES:
            if table(protocol, channel, phase) is None:
                yield f"No table says what {channel} means in phase {phase}."


def _weak_rules(protocol: Protocol) -> Iterator[str]:
    strengths = {rule.id: rule.strength for rule in protocol.rules}
    for name in FIXED_NEVER:
        if strengths.get(name) is not Strength.NEVER:
            yield f"Rule {name} must stand with strength never: nobody may override it."


def _idle_checks(protocol: Protocol) -> Iterator[str]:
    for each in protocol.checks:
        if not (each.channels or each.scales):
            yield f"Check {each.id} asks for nothing."
        if bool(each.at) == bool(each.every):
            yield f"Check {each.id} needs either fixed minutes or an interval, and not both."
