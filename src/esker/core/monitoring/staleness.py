"""How old a reading is, and when a channel counts as silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from esker.core.monitoring.channels import Channel, Reading
from esker.core.monitoring.series import Growing
from esker.core.protocols.schema import Protocol, Signal

AHEAD = timedelta(minutes=5)  # a device clock further ahead than this is wrong, not early


K = TypeVar("K")


def by_channel(readings: Iterable[Reading], at: datetime) -> dict[Channel, list[Reading]]:
    """The readings that may speak for the present, by channel and in their order, in one pass.

    Not those that came late, nor those of a clock that is far ahead.
    """
    if isinstance(readings, Growing):
        return up_to(readings.channels, at + AHEAD)
    found: dict[Channel, list[Reading]] = {}
    limit = at + AHEAD
    for each in readings:
        if not each.late and each.observed_at <= limit:
            found.setdefault(each.channel, []).append(each)
    return found


def up_to(shelves: Mapping[K, list[Reading]], limit: datetime) -> dict[K, list[Reading]]:
    """What was observed by then; a shelf that holds nothing else is given as it is."""
    found = {}
    for key, mine in shelves.items():
        if mine[-1].observed_at > limit:
            mine = [each for each in mine if each.observed_at <= limit]
        if mine:
            found[key] = mine
    return found


def effective_at(reading: Reading) -> datetime:
    """The instant its age counts from.

    Not `observed_at` alone: a device clock four minutes ahead would hide four minutes of silence.
    """
    return min(reading.observed_at, reading.received_at)


def age(reading: Reading, at: datetime) -> timedelta:
    return max(at - effective_at(reading), timedelta())


def planned_interval(protocol: Protocol, channel: Channel) -> timedelta:
    """The longest interval between measurements that the protocol's checks ask of a channel."""
    minutes = [
        float(check.every.value if check.every else check.at[0].value)
        for check in protocol.checks
        if channel in check.channels and (check.every or check.at)
    ]
    return timedelta(minutes=max(minutes, default=0))


def allowed_silence(
    protocol: Protocol, watched: Signal, readings: Sequence[Reading] = ()
) -> timedelta:
    """How long the channel may be silent. A cuff gets its own measuring interval besides.

    `readings` are oldest first.
    The interval is the gap between its last two measurements, and never longer than the checks
    plan, so that one long gap does not excuse the next.
    """
    silence = timedelta(seconds=float(watched.lost_after.value))
    if not watched.on_interval:
        return silence
    planned = planned_interval(protocol, watched.channel)
    gap = _last_gap(readings)
    return silence + (planned if gap is None else min(gap, planned))


def _last_gap(readings: Sequence[Reading]) -> timedelta | None:
    """Between the last two instants of measurement; None while there are not two."""
    for each in reversed(readings):
        if each.observed_at != readings[-1].observed_at:
            return readings[-1].observed_at - each.observed_at
    return None


def last_heard(readings: Sequence[Reading]) -> Reading | None:
    """The one whose age is the least; they are oldest first, so that few are looked at."""
    last: Reading | None = None
    for each in reversed(readings):
        if last is not None and each.observed_at < effective_at(last):
            break
        if last is None or _rank(each) > _rank(last):
            last = each
    return last


def _rank(reading: Reading) -> tuple[datetime, datetime, str]:
    return effective_at(reading), reading.observed_at, reading.id
