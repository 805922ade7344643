"""The numbers on the tiles: newest value of each channel, its age, and what the protocol says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from esker.core.monitoring.channels import Channel, Reading
from esker.core.monitoring.plausibility import plausible
from esker.core.monitoring.staleness import age, allowed_silence, by_channel, last_heard
from esker.core.protocols.schema import Phase, Protocol, Signal, Strength
from esker.core.protocols.tables import band, table


@dataclass(frozen=True, slots=True)
class Vital:
    """One tile. `low` and `high` are the normal interval of the phase; None without a table."""

    channel: Channel
    value: Decimal
    unit: str
    observed_at: datetime
    age: timedelta
    stale: bool
    plausible: bool
    band: Strength | None  # None when the value is implausible or no table holds it
    sentence: str
    low: Decimal | None
    high: Decimal | None
    reading: str


def current(
    readings: Iterable[Reading], protocol: Protocol, at: datetime, phase: Phase = Phase.DOSE
) -> dict[Channel, Vital]:
    """The newest usable value of each watched channel; `readings` are oldest first.

    A channel never heard has no key.
    """
    heard = by_channel(readings, at)
    return {
        watched.channel: _vital(heard[watched.channel], watched, protocol, at, phase)
        for watched in protocol.monitoring
        if watched.channel in heard
    }


def _vital(
    readings: list[Reading], watched: Signal, protocol: Protocol, at: datetime, phase: Phase
) -> Vital:
    newest = last_heard(readings)
    assert newest is not None  # a channel that was never heard has no list
    believed = plausible(protocol, newest.channel, newest.value)
    limits = table(protocol, newest.channel, phase)
    found = band(protocol, newest.channel, phase, newest.value) if believed else None
    old = age(newest, at)
    stale = old > allowed_silence(protocol, watched, readings)
    return Vital(
        newest.channel,
        newest.value,
        newest.unit,
        newest.observed_at,
        old,
        stale,
        believed,
        found.strength if found else None,
        _sentence(believed, stale, found.because if found else ""),
        limits.normal[0] if limits else None,
        limits.normal[1] if limits else None,
        newest.id,
    )


def _sentence(believed: bool, stale: bool, because: str) -> str:
    if not believed:
        return "This value is implausible: check the probe."
    old = "This value is old: check the monitor." if stale else ""
    return " ".join(part for part in (old, because) if part)
