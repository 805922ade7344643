"""The newest usable value of a channel, from the monitor or from a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Cited, Protocol
from esker.core.protocols.tables import signal
from esker.core.session.state import Session, Window

AHEAD = timedelta(minutes=1)  # a device clock may run ahead so far and still be read as now


def within(at: datetime, then: datetime, minutes: Cited) -> bool:
    """Whether `then` is at most so long ago. What lies ahead is not: the clock stepped back."""
    return -AHEAD <= at - then <= timedelta(minutes=float(minutes.value))


@dataclass(frozen=True, slots=True)
class Latest:
    value: Decimal
    observed_at: datetime
    reading: str | None


def plausible(protocol: Protocol, channel: Channel, value: Decimal) -> bool:
    """Whether a body can have this value at all; kept apart from clinical limits."""
    watched = signal(protocol, channel)
    return watched is not None and watched.plausible[0].value <= value <= watched.plausible[1].value


def latest(
    state: Session, window: Window, protocol: Protocol, channel: Channel, at: datetime
) -> Latest | None:
    """The newest value, if it is plausible. An implausible newest one counts as missing:
    falling back to an older, calmer value would let an artefact hide what came before it.
    """
    seen = [each for each in _all(state, window, channel) if each.observed_at <= at + AHEAD]
    newest = max(seen, key=lambda each: each.observed_at, default=None)
    return newest if newest and plausible(protocol, channel, newest.value) else None


def _all(state: Session, window: Window, channel: Channel) -> Iterator[Latest]:
    for reading in window.readings:
        if reading.channel == channel:
            yield Latest(reading.value, reading.observed_at, reading.id)
    for each in state.observed:
        if each.what == channel:
            yield Latest(each.value, each.observed_at, each.reading or each.entry)
