"""Proves a protocol's tables complete, disjoint and monotone, and says what is wrong otherwise.

z3 looks over all real values at once; a table that a few test values pass may still have a hole
between them. Each fault is one sentence with a value that shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

import z3

from esker.core.protocols.numbers import number_faults
from esker.core.protocols.rules import (
    alarm_faults,
    alarm_less_holds,
    check_faults,
    criterion_faults,
    dose_faults,
    name_faults,
    question_faults,
    relative_faults,
    rule_faults,
    scale_faults,
    twins,
)
from esker.core.protocols.schema import Band, Phase, Priority, Protocol, Strength, Table
from esker.core.protocols.tables import signal, table
from esker.core.units import plain

PHASES = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)


def check(protocol: Protocol) -> list[str]:
    """Every fault of the protocol as a sentence; an empty list is a proof that there is none."""
    return [
        *name_faults(protocol),
        *_missing_tables(protocol),
        *(fault for each in protocol.tables for fault in table_faults(protocol, each)),
        *number_faults(protocol),
        *rule_faults(protocol),
        *question_faults(protocol),
        *dose_faults(protocol),
        *check_faults(protocol),
        *scale_faults(protocol),
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
    if low >= high:  # of an empty range everything would be proved
        span = f"{plain(low)} to {plain(high)}"
        yield f"monitoring.{each.channel}.plausible from {span} holds no value."
        return
    if not low <= each.normal[0] < each.normal[1] <= high:
        span = f"{plain(each.normal[0])} to {plain(each.normal[1])}"
        yield f"Table {each.id}: the normal interval from {span} is no stretch of plausible values."
        return
    yield from _empty(each)
    yield from _hole(each, low, high)
    yield from _overlap(each)
    yield from _backwards(each)


def _real(number: Decimal) -> z3.ArithRef:
    return z3.RealVal(format(number, "f"))


def _inside(band: Band, x: z3.ArithRef) -> z3.BoolRef:
    low, high = _real(band.low), _real(band.high)
    lower = x > low if band.from_ is None else x >= low
    upper = x < high if band.to is None else x <= high
    return z3.And(lower, upper)


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
    covered = z3.Or(*(_inside(band, x) for band in each.bands))
    value = _example(x >= _real(low), x <= _real(high), z3.Not(covered))
    if value is not None:
        yield f"Table {each.id}: no band covers {each.channel} {value}."


def _empty(each: Table) -> Iterator[str]:
    x = z3.Real("x")
    for band in each.bands:
        if _example(_inside(band, x)) is None:
            yield f"Table {each.id}: the band {band.edges} holds no value."
        if band.strength is not Strength.GO and not band.because:
            yield f"Table {each.id}: the band {band.edges} has no sentence for the nurse."


def _overlap(each: Table) -> Iterator[str]:
    x = z3.Real("x")
    for place, band in enumerate(each.bands):
        for other in each.bands[place + 1 :]:
            value = _example(_inside(band, x), _inside(other, x))
            if value is not None:
                yield f"Table {each.id}: two bands cover {each.channel} {value}."


def _backwards(each: Table) -> Iterator[str]:
    """Outward from the normal interval, neither strength nor alarm may grow weaker."""
    low, high = (_real(edge) for edge in each.normal)
    near, far = z3.Real("x"), z3.Real("far")
    for band in each.bands:
        calm = band.strength is Strength.GO and band.alarm is Priority.NONE
        if not calm and _example(_inside(band, near), near >= low, near <= high) is not None:
            normal = f"from {plain(each.normal[0])} to {plain(each.normal[1])}"
            yield f"Table {each.id}: the normal interval {normal} is not go without alarm."
    outward = z3.Or(z3.And(far < near, near <= low), z3.And(far > near, near >= high))
    for nearer, farther in permutations(each.bands, 2):
        weaker = _rank(farther) < _rank(nearer) or farther.alarm.rank < nearer.alarm.rank
        if weaker and _example(_inside(nearer, near), _inside(farther, far), outward) is not None:
            yield (
                f"Table {each.id}: {each.channel} {farther.edges} is worse than {nearer.edges}, "
                f"and yet its rule is weaker."
            )


def _rank(band: Band) -> int:
    return band.strength.rank


def _missing_tables(protocol: Protocol) -> Iterator[str]:
    watched = dict.fromkeys((*protocol.required, *(each.channel for each in protocol.monitoring)))
    for channel in watched:
        for phase in PHASES:
            if table(protocol, channel, phase) is None:
                yield f"No table says what {channel} means in phase {phase}."
