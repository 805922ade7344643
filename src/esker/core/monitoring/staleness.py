"""How old a reading is, and when a channel counts as silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from esker.core.monitoring.channels import Channel, Reading
from esker.core.protocols.schema import Protocol, Signal

AHEAD = timedelta(minutes=5)  # a device clock further ahead than this is wrong, not early


def usable(reading: Reading, at: datetime) -> bool:
    """Whether it may speak for the present: it is neither late nor from a clock far ahead."""
    return not reading.late and reading.observed_at <= at + AHEAD


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
    protocol: Protocol, watched: Signal, readings: Iterable[Reading] = ()
) -> timedelta:
    """How long the channel may be silent. A cuff gets its own measuring interval besides.

    The interval is the gap between its last two measurements, and never longer than the checks
    plan, so that one long gap does not excuse the next.
    """
    silence = timedelta(seconds=float(watched.lost_after.value))
    if not watched.on_interval:
        return silence
    planned = planned_interval(protocol, watched.channel)
    times = sorted({each.observed_at for each in readings})[-2:]
    return silence + (min(times[1] - times[0], planned) if len(times) == 2 else planned)
