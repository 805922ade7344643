"""From single readings to stretches of time in which something was wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from esker.core.protocols.schema import Priority, Strength

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reading shows: whether it is bad, how urgent, how strongly it acts, and why."""

    at: datetime
    bad: bool
    priority: Priority
    strength: Strength
    value: Decimal
    because: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch that began at `since`; `worse_since` is when it became as urgent as it is now.

    `last` is its newest bad reading; `until` the first good one after it, or None.
    """

    since: datetime
    worse_since: datetime
    last: Sight
    until: datetime | None = None

    def lasted(self, at: datetime) -> timedelta:
        return (self.until or at) - self.since


def newest(
    readings: Iterable[R], judge: Callable[[R], Sight], clear_after: timedelta, at: datetime
) -> Episode | None:
    """The episode that holds at `at`, or ended less than `clear_after` ago.

    `readings` are newest first. A good stretch shorter than `clear_after` ends nothing. The walk
    goes back only to the good stretch before the episode, so a calm hour costs a few readings.
    """
    now: Episode | None = None
    for sight in reversed(_since_calm(readings, judge, clear_after, at)):
        now = _after(now, sight)
    return now if now is None or now.until is None or at - now.until < clear_after else None


def _since_calm(
    readings: Iterable[R], judge: Callable[[R], Sight], clear_after: timedelta, at: datetime
) -> list[Sight]:
    """What the readings since the last long enough good stretch show, newest first."""
    found: list[Sight] = []
    next_bad = at
    for reading in readings:
        sight = judge(reading)
        found.append(sight)
        if not found[1:]:
            next_bad = max(at, sight.at)
        if sight.bad:
            next_bad = sight.at
        elif next_bad - sight.at >= clear_after:
            break
    return found


def _after(now: Episode | None, sight: Sight) -> Episode | None:
    if now is None:
        return Episode(sight.at, sight.at, sight) if sight.bad else None
    if not sight.bad:
        return replace(now, until=now.until or sight.at)
    worse = sight.priority.rank > now.last.priority.rank
    return Episode(now.since, sight.at if worse else now.worse_since, sight)
