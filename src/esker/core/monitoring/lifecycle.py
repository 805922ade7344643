"""The life of an alarm: raised, sounding, acknowledged or paused, cleared.

`advance` is a fold over ticks, and from an empty start it gives the same sounding alarms, since
times come from the conditions and answers from the ledger. `previous` carries only what no reading
can tell: that a condition without readings (nobody watching) has been so for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from esker.core.monitoring.alarms import Condition, behaviour
from esker.core.protocols.schema import Priority, Protocol

Status = Literal["raised", "sounding", "acknowledged", "paused", "cleared"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """`escalated`: 0 the chair's nurse, 1 all screens of the clinic, 2 the prescriber's too."""

    id: str
    kind: str
    priority: Priority
    sentence: str
    since: datetime
    raised_at: datetime  # when it began to sound, or will
    worse_since: datetime  # answers from before this do not count
    status: Status
    seen_at: datetime
    paused_until: datetime | None = None
    escalated: int = 0


def advance(
    previous: Mapping[str, Alarm],
    conditions: Iterable[Condition],
    acknowledged: Mapping[str, datetime],
    paused: Mapping[str, datetime],
    protocol: Protocol,
    at: datetime,
) -> dict[str, Alarm]:
    """The alarms at `at`. `paused` holds ends. A cleared alarm is given once, then forgotten."""
    now = {}
    for each in conditions:
        alarm = _alarm(each, previous.get(each.id), protocol, at)
        if alarm is not None:
            now[each.id] = _answered(alarm, acknowledged, paused, protocol, at)
    for old in previous.values():
        if old.id not in now and old.status != "cleared":
            now[old.id] = _going(old, acknowledged, paused, protocol, at)
    return now


def _alarm(
    condition: Condition, old: Alarm | None, protocol: Protocol, at: datetime
) -> Alarm | None:
    """None for a stretch that ended before its delay passed: it was too short to ring."""
    living = old if old is not None and old.status != "cleared" else None
    since = min(condition.since, living.since) if living else condition.since
    raised_at = since + behaviour(protocol, condition.kind).delay
    worse = condition.worse_since
    if living is not None and condition.priority.rank <= living.priority.rank:
        worse = min(worse, living.worse_since)
    if condition.until is not None and condition.until < raised_at:
        return None
    return Alarm(
        condition.id, condition.kind, condition.priority, condition.sentence, since, raised_at,
        worse, "raised" if at < raised_at else "sounding", at,
    )  # fmt: skip


def _going(
    old: Alarm,
    acknowledged: Mapping[str, datetime],
    paused: Mapping[str, datetime],
    protocol: Protocol,
    at: datetime,
) -> Alarm:
    """An alarm whose condition is gone: it stays until it has been gone for long enough."""
    gone = at - old.seen_at >= behaviour(protocol, old.kind).clear_after
    if gone or old.status == "raised":
        return replace(old, status="cleared", paused_until=None, escalated=0)
    return _answered(replace(old, status="sounding"), acknowledged, paused, protocol, at)


def _answered(
    alarm: Alarm,
    acknowledged: Mapping[str, datetime],
    paused: Mapping[str, datetime],
    protocol: Protocol,
    at: datetime,
) -> Alarm:
    """What the nurse's answer makes of a sounding alarm. It never reaches a worse or a new one.

    A high one that still holds sounds again when a pause would have ended: 89 % that was
    acknowledged may be 60 % by then, and a pump that should be paused still runs.
    """
    if alarm.status != "sounding":
        return alarm
    pause = timedelta(seconds=float(protocol.alarms.pause.value))
    said, until = acknowledged.get(alarm.id), paused.get(alarm.id)
    # A clock that stepped back has put the answer into the future: it is not given yet.
    said = said if said is not None and said <= at else None
    until = until if until is not None and until - pause <= at else None
    lapses = said + pause if said and _rings_again(alarm) else None
    if said is not None and said >= alarm.worse_since and (lapses is None or at < lapses):
        return replace(alarm, status="acknowledged", paused_until=None, escalated=0)
    if until and until - pause >= alarm.worse_since and at < until:
        return replace(alarm, status="paused", paused_until=until, escalated=0)
    over = [each for each in (until, lapses) if each and each <= at]
    unanswered = max(alarm.raised_at, alarm.worse_since, *over)
    level = _level(alarm.priority, at - unanswered, protocol)
    return replace(alarm, paused_until=None, escalated=level)


def _rings_again(alarm: Alarm) -> bool:
    """Nobody turns a high alarm off while it holds: its answer ends as a pause does (hazard 19).

    An emergency was called by people and is ended by them; it need not remind those who came.
    """
    return alarm.priority is Priority.HIGH and alarm.kind != "emergency"


def _level(priority: Priority, unanswered: timedelta, protocol: Protocol) -> int:
    limits = {
        Priority.HIGH: protocol.alarms.escalate_high,
        Priority.MEDIUM: protocol.alarms.escalate_medium,
    }
    limit = limits.get(priority)
    if limit is None:
        return 0
    return min(int(unanswered / timedelta(seconds=float(limit.value))), 2)
