"""The charted series: the same whatever order the messages came in, and however often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from esker.core.ledger import canonical
from esker.core.monitoring.channels import Reading

Key = tuple[str, str, str, str, datetime]


def key(reading: Reading) -> Key:
    """What makes a reading itself: monitor, channel, source, sensor, and its own instant."""
    return (
        reading.device or "", str(reading.channel), str(reading.source), reading.method or "",
        reading.observed_at,
    )  # fmt: skip


def reading_id(reading: Reading) -> str:
    """An id that follows from the key, so that a repeat has the same one and blocks omit it."""
    return sha256(canonical(key(reading)).encode()).hexdigest()[:20]


def charted(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Each reading once, by its own time; late where a newer one had already been received.

    Of two with one key the first received stands: a repeat refreshes nothing.
    """
    first: dict[Key, Reading] = {}
    for each in sorted(readings, key=lambda one: (one.received_at, one.id, one.value)):
        first.setdefault(key(each), each)
    newest: dict[tuple[str, ...], datetime] = {}
    marked = []
    for each in sorted(first.values(), key=lambda one: (one.received_at, key(one)[-1], one.id)):
        sensor = key(each)[:4]
        seen = newest.get(sensor)
        late = each.late or (seen is not None and each.observed_at < seen)
        newest[sensor] = max(seen or each.observed_at, each.observed_at)
        marked.append(replace(each, late=late))
    return in_order(marked)


def in_order(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """By observed time, then by what they are: an order that nothing else depends on."""
    return tuple(sorted(readings, key=lambda one: (one.observed_at, key(one)[:4], one.id)))
