"""Proves a protocol's tables complete, disjoint and monotone, and says what is wrong otherwise.

z3 looks over all real values at once; a table that a few test values pass may still have a hole
between them. Each fault is one sentence with a value that shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import z3

from esker.core.protocols.numbers import number_faults
from esker.core.protocols.rules import (
    alarm_faults,
    alarm_less_holds,
    check_faults,
    criterion_faults,
    dose_faults,
    relative_faults,
    rule_faults,
    twins,
)
from esker.core.protocols.schema import Band, Phase, Priority, Protocol, Strength, Table
from esker.core.protocols.tables import signal, table

PHASES = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)


def check(protocol: Protocol) -> list[str]:
    """Every fault of the protocol as a sentence; an empty list is a proof that there is none."""
    return [
        *_missing_tables(protocol),
        *(fault for each in protocol.tables for fault in table_faults(protocol, each)),
        *number_faults(protocol),
        *rule_faults(protocol),
        *dose_faults(protocol),
        *check_faults(protocol),
        *relative_faults(protocol),
        *alarm_less_holds(protocol),
        *criterion_faults(protocol),
        *alarm_faults(protocol),
        *twins(protocol),
    ]


def table_faults(protocol: Protocol, each: Table) -> Iterator[str]:
    """Holes, overlaps and steps the wrong way in one table."""
    watched = signal(protocol, each.channel)
    if watched is None:
        yield f"Table {each.id}: nothing says which values of {each.channel} are plausible."
        return
    low, high = (bound.value for bound in watched.plausible)
    yield from _empty(each)
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


def _empty(each: Table) -> Iterator[str]:
    for band in each.bands:
        if band.low >= band.high:
            yield f"Table {each.id}: band {band.low} to {band.high} holds no value."
        if band.strength is not Strength.GO and not band.because:
            yield f"Table {each.id}: band {band.low} to {band.high} has no sentence for the nurse."


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
        for nearer, farther in pairwise(side):
            if _rank(farther) < _rank(nearer) or farther.alarm.rank < nearer.alarm.rank:
                yield (
                    f"Table {each.id}: {each.channel} {farther.low} to {farther.high} is worse "
                    f"than {nearer.low} to {nearer.high}, and yet its rule is weaker."
                )


def _rank(band: Band) -> int:
    return band.strength.rank


def _missing_tables(protocol: Protocol) -> Iterator[str]:
    watched = dict.fromkeys((*protocol.required, *(each.channel for each in protocol.monitoring)))
    for channel in watched:
        for phase in PHASES:
            if table(protocol, channel, phase) is None:
                yield f"No table says what {channel} means in phase {phase}."
