"""Whether a number can come from a body at all, or speaks of the probe instead.

Kept apart from clinical limits: an implausible value is no value, and calls for the probe to be
looked at; it is never read as a calm one or as an extreme one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from esker.core.monitoring.channels import Channel, Reading
from esker.core.protocols.schema import Protocol, Signal
from esker.core.protocols.tables import signal

FLAT_AT_LEAST = 3  # readings: two equal cuff values an interval apart are no frozen probe


def plausible(protocol: Protocol, channel: Channel, value: Decimal) -> bool:
    """Whether the value is in the plausible range; False where the protocol declares none."""
    watched = signal(protocol, channel)
    return watched is not None and watched.plausible[0].value <= value <= watched.plausible[1].value


def by_sensor(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """The readings of each sensor, oldest first: two sensors differ without either jumping."""

    def sensor(each: Reading) -> tuple[str, str, str]:
        return each.source, each.device or "", each.method or ""

    ordered = sorted(readings, key=lambda each: (sensor(each), each.observed_at, each.id))
    for _, group in groupby(ordered, key=sensor):
        yield list(group)


def flat_since(readings: Sequence[Reading], watched: Signal) -> datetime | None:
    """When the newest run of one exact value became too long; None while it has not."""
    if watched.flat_after is None or not readings:
        return None
    run = [readings[-1]]
    for each in reversed(readings[:-1]):
        if each.value != run[0].value:
            break
        run.append(each)
    became = run[-1].observed_at + timedelta(seconds=float(watched.flat_after.value))
    long_enough = len(run) >= FLAT_AT_LEAST and run[0].observed_at >= became
    return became if long_enough else None


def jumped_at(readings: Sequence[Reading], watched: Signal) -> datetime | None:
    """When the value last changed faster than a body can; None when it never did."""
    if watched.jump is None or watched.jump_within is None:
        return None
    within = timedelta(seconds=float(watched.jump_within.value))
    jumps = [
        after.observed_at
        for before, after in pairwise(readings)
        if abs(after.value - before.value) >= watched.jump.value
        and after.observed_at - before.observed_at <= within
    ]
    return max(jumps, default=None)
