"""Whether a number can come from a body at all, or speaks of the probe instead.

Kept apart from clinical limits: an implausible value is no value, and calls for the probe to be
looked at; it is never read as a calm one or as an extreme one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from esker.core.monitoring.channels import Channel, Reading, Readings
from esker.core.monitoring.series import Growing
from esker.core.monitoring.staleness import AHEAD, up_to
from esker.core.protocols.schema import Protocol, Signal
from esker.core.protocols.tables import signal

Sensor = tuple[Channel, str | None, str | None]  # channel, device, method
FLAT_AT_LEAST = 3  # readings: two equal cuff values an interval apart are no frozen probe


def plausible(protocol: Protocol, channel: Channel, value: Decimal) -> bool:
    """Whether the value is in the plausible range; False where the protocol declares none."""
    watched = signal(protocol, channel)
    return watched is not None and watched.plausible[0].value <= value <= watched.plausible[1].value


def by_sensor(readings: Readings, at: datetime) -> dict[Sensor, list[Reading]]:
    """What monitors showed, of each sensor in its order: two differ without either jumping.

    Of the readings that may speak for the present only, as `by_channel`.
    """
    whole = readings if isinstance(readings, Growing) else Growing(readings)
    return up_to(whole.sensors, at + AHEAD)


def flat_since(readings: Sequence[Reading], watched: Signal) -> datetime | None:
    """When the newest run of one exact value became too long; None while it has not."""
    if watched.flat_after is None or not readings:
        return None
    value, first, count = readings[-1].value, readings[-1].observed_at, 0
    for each in reversed(readings):
        if each.value != value:
            break
        first, count = each.observed_at, count + 1
    became = first + timedelta(seconds=float(watched.flat_after.value))
    long_enough = count >= FLAT_AT_LEAST and readings[-1].observed_at >= became
    return became if long_enough else None


def jumped_at(readings: Sequence[Reading], watched: Signal, since: datetime) -> datetime | None:
    """When the value last changed faster than a body can, after `since`; None when it did not."""
    if watched.jump is None or watched.jump_within is None:
        return None
    within = timedelta(seconds=float(watched.jump_within.value))
    for after, before in pairwise(reversed(readings)):
        if after.observed_at <= since:
            return None
        far = abs(after.value - before.value) >= watched.jump.value
        if far and after.observed_at - before.observed_at <= within:
            return after.observed_at
    return None


def companions(
    sensors: Mapping[Sensor, Sequence[Reading]], of: Sensor, watched: Signal
) -> list[Sequence[Reading]]:
    """The pulse of the same sensor, which a real finger moves even when saturation stands still.

    Without one of the same sensor, those of the same device; with none, the channel stands alone.
    """
    beside = {
        s: r for s, r in sensors.items() if s[0] == watched.flat_with and s[1] == of[1]
    }  # fmt: skip
    same = [each for sensor, each in beside.items() if sensor[2] == of[2]]
    return same or list(beside.values())
