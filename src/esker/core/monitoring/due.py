"""Which timed checks are due, worked out anew each time from the session's own record.

No timer is kept, so a restart forgets none. Only what a nurse recorded or confirmed inside the
window satisfies a check: a monitor that talks to an empty room has checked nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from esker.core.protocols.schema import Anchor, Check, Cited, Phase, Protocol
from esker.core.session.dosing import anchor
from esker.core.session.state import Dosing, Session

Status = Literal["upcoming", "open", "done", "overdue", "missed"]
SERIES_AT_MOST = 500  # checks of one series: a wrong anchor must not fill the memory


@dataclass(frozen=True, slots=True)
class DueCheck:
    """One check at one time. `id` is stable: check and minutes after the anchor."""

    id: str
    check: str
    title: str
    due_at: datetime
    opens_at: datetime
    closes_at: datetime
    status: Status
    channels: tuple[str, ...]
    scales: tuple[str, ...]


def due(state: Session, protocol: Protocol, at: datetime) -> tuple[DueCheck, ...]:
    """All checks that have an anchor, soonest first; of an open series, up to the next one."""
    found = (each for check in protocol.checks for each in _of(check, state, protocol, at))
    return tuple(sorted(found, key=lambda each: (each.due_at, each.check)))


def _of(check: Check, state: Session, protocol: Protocol, at: datetime) -> Iterator[DueCheck]:
    start = anchor(state, check.anchor)
    if start is None:
        return
    window = _minutes(protocol.check_window)
    moments = list(_moments(check, start, _until(check, state, at), at))
    for place, moment in enumerate(moments):
        opens, closes = moment - window, moment + window
        # Superseded when the next one closes, not when it opens: with windows that touch, a check
        # would else turn from open to missed and never ring.
        after = moments[place + 1] + window if place + 1 < len(moments) else None
        status = _status(check, state, (opens, closes), after, at)
        offset = int((moment - start).total_seconds() // 60)
        yield DueCheck(
            f"{check.id}@{offset}", check.id, check.title, moment, opens, closes, status,
            tuple(str(each) for each in check.channels), check.scales,
        )  # fmt: skip


def _moments(
    check: Check, start: datetime, end: datetime | None, at: datetime
) -> Iterator[datetime]:
    if check.every is None:
        yield from (start + _minutes(each) for each in check.at)
        return
    step = _minutes(check.every)
    moment = start + _minutes(check.first or check.every)
    for _ in range(SERIES_AT_MOST):
        if end is not None and moment > end:
            return
        yield moment
        if moment > at:
            return
        moment += step


def _until(check: Check, state: Session, at: datetime) -> datetime | None:
    """The end of a series: its own, or that of the last of its phases."""
    ends = []
    start = anchor(state, check.anchor)
    if check.until is not None and start is not None:
        ends.append(start + _minutes(check.until))
    if state.closed_at is not None:
        ends.append(state.closed_at)
    if Phase.RECOVER not in check.phase and state.dosing is Dosing.DONE:
        dosed = anchor(state, Anchor.LAST_DOSE)
        ends += [dosed] if dosed else []
    return min(ends, default=None)


def _status(
    check: Check,
    state: Session,
    window: tuple[datetime, datetime],
    superseded_at: datetime | None,
    at: datetime,
) -> Status:
    opens, closes = window
    if _recorded(check, state, opens, min(closes, at)):
        return "done"
    if at < opens:
        return "upcoming"
    if at <= closes:
        return "open"
    replaced = superseded_at is not None and at > superseded_at
    late = _recorded(check, state, closes, min(at, superseded_at or at))
    over = replaced or late or state.closed_at is not None or state.phase not in check.phase
    return "missed" if over else "overdue"


def _recorded(check: Check, state: Session, since: datetime, until: datetime) -> bool:
    seen = {each.what for each in state.observed if since <= each.observed_at <= until}
    wanted = {str(each) for each in check.channels} | set(check.scales)
    return wanted <= seen


def _minutes(cited: Cited) -> timedelta:
    return timedelta(minutes=float(cited.value))
