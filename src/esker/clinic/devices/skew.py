"""How far each monitor's clock is from ours: receipt minus MSH-7, in seconds.

One delayed message says nothing about a clock; the median of the last few does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from esker.clinic.devices.hl7 import Message
from esker.clinic.devices.models import DeviceClock
from esker.core.monitoring.pairing import BEFORE

LAST = 15  # messages
EVERY = timedelta(seconds=10)  # the table is for people; each message need not write it
WRONG_S = BEFORE.total_seconds()  # what a pairing allows for anyway does no harm


class Clock:
    """What is known of one monitor's clock in this process."""

    def __init__(self, recent: Iterable[float] = ()) -> None:
        self.recent: deque[float] = deque(recent, LAST)
        self.kept_at: datetime | None = None

    @property
    def median_s(self) -> float:
        """The lower one of two in the middle: nothing here is as fine as their mean."""
        return sorted(self.recent)[(len(self.recent) - 1) // 2]

    @property
    def wrong(self) -> bool:
        if -WRONG_S <= min(self.recent, default=0.0) <= max(self.recent, default=0.0) <= WRONG_S:
            return False  # mostly; a median takes longer
        return abs(self.median_s) > WRONG_S

    def due(self, at: datetime) -> bool:
        return self.kept_at is None or not self.kept_at <= at < self.kept_at + EVERY


_clocks: dict[tuple[str, str], Clock] = {}


def note(clinic_id: str, heard: Iterable[tuple[Message, datetime]]) -> dict[str, bool]:
    """Measure each new message; which of these monitors have a wrong clock. Inside the scope."""
    pairs = list(heard)
    mine = _known(clinic_id, {said.monitor for said, _ in pairs})
    due = {}
    for said, at in pairs:
        if said.sent_at is not None:
            clock = mine[said.monitor]
            clock.recent.append((at - said.sent_at).total_seconds())
            if clock.due(at):
                due[said.monitor] = clock, at
    _keep(clinic_id, due)
    return {monitor: clock.wrong for monitor, clock in mine.items()}


def _known(clinic_id: str, monitors: set[str]) -> dict[str, Clock]:
    new = {each for each in monitors if (clinic_id, each) not in _clocks}
    if new:
        rows = DeviceClock.objects.filter(clinic_id=clinic_id, monitor__in=new)
        stored = dict(rows.values_list("monitor", "recent"))
        for each in new:
            _clocks[clinic_id, each] = Clock(stored.get(each, ()))
    return {each: _clocks[clinic_id, each] for each in monitors}


def _keep(clinic_id: str, due: dict[str, tuple[Clock, datetime]]) -> None:
    rows = []
    for monitor, (clock, at) in due.items():
        recent, clock.kept_at = list(clock.recent), at
        rows.append(
            DeviceClock(
                clinic_id=clinic_id, monitor=monitor, latest_s=recent[-1],
                median_s=median(recent), recent=recent, at=at,
            )
        )  # fmt: skip
    if rows:
        DeviceClock.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["clinic", "monitor"],
            update_fields=["latest_s", "median_s", "recent", "at"],
        )  # fmt: skip
