"""Whose readings a monitor's are: those inside a pairing's interval, and nobody's outside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BEFORE = timedelta(minutes=2)  # a nurse pairs what is already on the screen
NAMED_BEFORE = timedelta(hours=12)  # a message that names the patient is the patient's all the day
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pairing:
    """One monitor on one session, from `begins` to `until` (None: still), both included.

    A reading whose message names the patient counts from `named_from` (None: from `begins`).
    """

    monitor: str
    chair: str
    begins: datetime
    until: datetime | None = None
    named_from: datetime | None = None

    def since(self, named: bool) -> datetime:
        """From when a reading counts, by whether its message names the patient."""
        return (self.named_from or self.begins) if named else self.begins

    def holds(
        self, observed_at: datetime, received_at: datetime, wrong_clock: bool, named: bool = False
    ) -> bool:
        """Whether a reading of this monitor is this session's.

        Its own time says so, and it was not received before: a clock that runs ahead must not carry
        the last patient's values over. A clock known to be wrong says nothing by itself; then the
        receipt must lie inside as well.
        """
        begin, end = self.since(named), self.until
        if observed_at < begin or received_at < begin:
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


def named_from(at: datetime, free_since: datetime | None) -> datetime:
    """From when readings count whose message names this patient: identity is then the monitor's.

    Also before the arrival was recorded, never into another session's time with this monitor.
    """
    early = at - NAMED_BEFORE
    return max(early, free_since + TICK) if free_since is not None else early


def identifier(text: str) -> str:
    """A patient number as it is compared: case and spaces aside."""
    return "".join(text.split()).casefold()


def contradicts(heard: str, number: str) -> bool:
    """Whether the identifiers in a message (joined by ~) name somebody else; none name nobody."""
    named = {name for name in heard.split("~") if name}
    return bool(named) and identifier(number) not in named
