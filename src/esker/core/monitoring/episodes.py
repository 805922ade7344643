"""From single readings to stretches of time in which something was wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from esker.core.protocols.schema import Priority, Strength


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reading shows: when, how urgent (none is well), and why."""

    at: datetime
    priority: Priority
    strength: Strength
    sentence: str


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch that began at `since`; `worse_since` is when it became as urgent as it is now.

    `until` is the first good reading after it, or None while the newest reading is bad.
    """

    since: datetime
    worse_since: datetime
    priority: Priority
    strength: Strength
    sentence: str
    until: datetime | None = None

    def lasted(self, at: datetime) -> timedelta:
        return (self.until or at) - self.since


def newest(sights: Iterable[Sight], clear_after: timedelta, at: datetime) -> Episode | None:
    """The episode that holds at `at`, or ended less than `clear_after` ago.

    `sights` are oldest first. A good stretch shorter than `clear_after` ends nothing.
    """
    now: Episode | None = None
    for sight in sights:
        if now and now.until and sight.at - now.until >= clear_after:
            now = None
        now = _after(now, sight)
    return now if now is None or now.until is None or at - now.until < clear_after else None


def _after(now: Episode | None, sight: Sight) -> Episode | None:
    bad = sight.priority is not Priority.NONE
    if now is None:
        return _begun(sight) if bad else None
    if not bad:
        return replace(now, until=now.until or sight.at)
    worse = sight.priority.rank > now.priority.rank
    return replace(
        _begun(sight), since=now.since, worse_since=sight.at if worse else now.worse_since
    )


def _begun(sight: Sight) -> Episode:
    return Episode(sight.at, sight.at, sight.priority, sight.strength, sight.sentence)
