"""The charted series: the same whatever order the messages came in, and however often."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from esker.core.monitoring.channels import Channel, Reading

Sensor = tuple[str, str, str, str]  # monitor, channel, source, method
Key = tuple[Sensor, datetime]


class Growing(Sequence[Reading]):
    """A charted series that is led on in order, and its shelves: who looks each second reads ends.

    `channels` and `sensors` (of monitors: channel, device, method) leave out what came late.
    """

    def __init__(self, readings: Iterable[Reading] = ()) -> None:
        self._all: list[Reading] = []
        self.channels: dict[Channel, list[Reading]] = {}
        self.sensors: dict[tuple[Channel, str | None, str | None], list[Reading]] = {}
        self.extend(readings)

    def extend(self, more: Iterable[Reading]) -> None:
        """Readings that stand after all those here."""
        for each in more:
            self._all.append(each)
            if each.late:
                continue
            self.channels.setdefault(each.channel, []).append(each)
            if each.device is not None:
                of = each.channel, each.device, each.method
                self.sensors.setdefault(of, []).append(each)

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, place: Any) -> Any:
        return self._all[place]

    def __iter__(self) -> Iterator[Reading]:
        return iter(self._all)

    def __reversed__(self) -> Iterator[Reading]:
        return reversed(self._all)


def sensor(reading: Reading) -> Sensor:
    """Which counter of which device: one monitor has several pulses, and they stay apart."""
    # The members themselves, which are text: `.value` costs ten times as much, and this is hot.
    return reading.device or "", reading.channel, reading.source, reading.method or ""


def key(reading: Reading) -> Key:
    """What makes a reading itself: its sensor, and its own instant."""
    return sensor(reading), reading.observed_at


def reading_id(reading: Reading) -> str:
    """An id that follows from the key, so that a repeat has the same one and blocks omit it."""
    return identity(sensor(reading), reading.observed_at)


def identity(of: Sensor, observed_at: datetime) -> str:
    """The id of what this sensor showed at this instant: the instant in hex, then the sensor.

    Ids of one time lie together, so that a journal's index grows at its end only.
    """
    return first_id(observed_at) + _hashed(of)


@lru_cache(maxsize=4096)  # a message has several values of one instant
def first_id(at: datetime) -> str:
    """What sorts before every id of this instant and later, and after those of earlier ones."""
    return f"{int(at.timestamp()):08x}{at.microsecond:05x}"


@lru_cache(maxsize=4096)  # few sensors show many values
def _hashed(of: Sensor) -> str:
    return sha256("\n".join(of).encode()).hexdigest()[:16]


def charted(
    readings: Iterable[Reading], newest: Mapping[Sensor, datetime] | None = None
) -> tuple[Reading, ...]:
    """Each reading once, by its own time; late where a newer one had already been received.

    Of two with one key the first received stands: a repeat refreshes nothing. `newest` is what
    each sensor had shown before these were received.
    """
    first: dict[Key, Reading] = {}
    for each in sorted(readings, key=lambda one: (one.received_at, one.id, one.value)):
        first.setdefault(key(each), each)
    seen: dict[Sensor, datetime] = dict(newest or {})
    marked = []
    for each in sorted(first.values(), key=lambda one: (one.received_at, one.observed_at, one.id)):
        last = seen.get(of := sensor(each))
        if last is None or each.observed_at >= last:
            seen[of] = each.observed_at
        elif not each.late:
            each = replace(each, late=True)
        marked.append(each)
    return in_order(marked)


def in_order(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """By observed time, then by what they are: an order that nothing else depends on."""
    return tuple(sorted(readings, key=_place))


def with_few(ordered: Sequence[Reading], few: Iterable[Reading]) -> tuple[Reading, ...]:
    """A series in order with a few more in their places, without sorting it all again."""
    found = list(ordered)
    for each in few:
        insort(found, each, key=_place)
    return tuple(found)


def since(ordered: Sequence[Reading], at: datetime) -> int:
    """The place of the first reading of a series that was not observed before `at`."""
    return bisect_left(ordered, at, key=lambda one: one.observed_at)


def _place(one: Reading) -> tuple[datetime, Sensor, str]:
    return one.observed_at, sensor(one), one.id
