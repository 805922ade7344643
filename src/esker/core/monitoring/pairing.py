"""Whose readings a monitor's are: those inside a pairing's interval, and nobody's outside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BEFORE = timedelta(minutes=2)  # a nurse pairs what is already on the screen
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pairing:
    """One monitor on one session, from `begins` to `until` (None: still), both included."""

    monitor: str
    chair: str
    begins: datetime
    until: datetime | None = None

    def holds(self, observed_at: datetime, received_at: datetime, wrong_clock: bool) -> bool:
        """Whether a reading of this monitor is this session's.

        Its own time says so, and it was not received before: a clock that runs ahead must not carry
        the last patient's values over. A clock known to be wrong says nothing by itself; then the
        receipt must lie inside as well.
        """
        end = self.until
        if observed_at < self.begins or received_at < self.begins:
            return False
        if end is not None and observed_at > end:
            return False
        return not wrong_clock or end is None or received_at <= end


def begins(at: datetime, arrived_at: datetime | None, free_since: datetime | None) -> datetime:
    """From when readings count: a little before pairing, never before this patient came.

    `free_since` is when another session last let go of this monitor.
    """
    bounds = [at - BEFORE]
    if arrived_at is not None:
        bounds.append(arrived_at)
    if free_since is not None:
        bounds.append(free_since + TICK)
    return max(bounds)


def identifier(text: str) -> str:
    """A patient number as it is compared: case and spaces aside."""
    return "".join(text.split()).casefold()


def contradicts(heard: str, number: str) -> bool:
    """Whether the identifiers in a message (joined by ~) name somebody else; none name nobody."""
    named = {name for name in heard.split("~") if name}
    return bool(named) and identifier(number) not in named
