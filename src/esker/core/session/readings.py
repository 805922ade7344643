"""The newest usable value of a channel, from the monitor or from a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import merge
from operator import attrgetter

from esker.core.monitoring.channels import Channel, Source
from esker.core.monitoring.plausibility import plausible
from esker.core.protocols.schema import Cited, Protocol
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
    by_hand: bool = True  # a person saw it; else a monitor said so, and may have fallen silent


def newest(
    state: Session, window: Window, channels: Collection[Channel], at: datetime
) -> dict[Channel, Latest]:
    """The newest value of each channel, plausible or not, in one walk back over the window."""
    found: dict[Channel, Latest] = {}
    for reading in reversed(window.readings):
        if reading.observed_at > at + AHEAD or reading.channel in found:
            continue
        if reading.channel in channels:
            by_hand = reading.source is Source.NURSE
            found[reading.channel] = Latest(reading.value, reading.observed_at, reading.id, by_hand)
            if len(found) == len(channels):
                break
    for each in state.observed:
        if each.what in channels and each.observed_at <= at + AHEAD:
            known = found.get(channel := Channel(each.what))
            if known is None or each.observed_at > known.observed_at:
                found[channel] = Latest(each.value, each.observed_at, each.reading or each.entry)
    return found


def usable(
    state: Session, window: Window, protocol: Protocol, at: datetime, channels: Collection[Channel]
) -> dict[Channel, Latest]:
    """The newest value of each of these channels, if it is plausible.

    An implausible newest one counts as missing: falling back to an older, calmer value would let
    an artefact hide what came before it.
    """
    found = newest(state, window, frozenset(channels), at)
    return {c: seen for c, seen in found.items() if plausible(protocol, c, seen.value)}


def believed(
    state: Session, window: Window, protocol: Protocol, channel: Channel, at: datetime
) -> Iterator[Latest]:
    """The plausible values of one channel, newest first, for who stops once enough was seen."""
    when = attrgetter("observed_at")
    said = sorted((each for each in state.observed if each.what == channel), key=when)
    told = (Latest(o.value, o.observed_at, o.entry) for o in reversed(said))
    mine = (each for each in reversed(window.readings) if each.channel == channel)
    heard = (Latest(r.value, r.observed_at, r.id) for r in mine)
    for each in merge(told, heard, key=when, reverse=True):
        if each.observed_at <= at + AHEAD and plausible(protocol, channel, each.value):
            yield each
