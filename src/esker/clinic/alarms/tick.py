"""One look at one clinic: what alarms hold at each chair, written down where they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime

from esker.clinic import tenancy
from esker.clinic.devices import presence
from esker.clinic.ledger import store
from esker.clinic.live import screens
from esker.clinic.sessions import folding, protocols
from esker.clinic.sessions.models import CurrentAlarm, SessionRow
from esker.clinic.sessions.recent import Recent
from esker.core.ledger import Draft, instant
from esker.core.monitoring.alarms import conditions
from esker.core.monitoring.channels import Readings
from esker.core.monitoring.lifecycle import Alarm, advance
from esker.core.protocols.schema import Phase, Priority, Protocol
from esker.core.session.state import Session, Window

ACTOR = "alarm-loop"
BY_READINGS = ("limit", "relative", "implausible", "jump", "flat")
QUIET = ("raised", "cleared")  # not heard: before its delay passed, or gone
AT_ONCE = 8  # sessions that are written down in one transaction: a commit costs as much as three
MOST = 16  # sessions that are written down before the next look at all of them
Alarms = dict[str, Alarm]


class Watch:
    """Looks at one clinic's chairs again and again.

    It keeps copies of the journal's last minutes, and when each alarm was last seen to hold; a new
    one finds all that matters in the record. `left` are sessions that changed and that the next
    look writes down: fifty chairs that all change at once hold up nobody's desaturation.
    """

    def __init__(self, clinic_id: str) -> None:
        self.clinic_id = clinic_id
        self.recent = Recent(clinic_id)
        self.left: frozenset[str] = frozenset()
        self._seen: dict[tuple[str, str], datetime] = {}
        self._no_gateway: datetime | None = None  # since when
        self._full = False  # it is there, and lets nobody else in

    def look(self, at: datetime, *, everywhere: bool = True) -> int:
        """Bring alarms to `at`; how many sessions changed. Else only where a monitor spoke.

        The most urgent changes are written first.
        """
        with tenancy.reading(self.clinic_id):
            spoke = self.recent.follow()
            before = stored(self.clinic_id)
            states = folding.fold_all(self.clinic_id, _watched(self.clinic_id, before))
            audible = screens.audible(self.clinic_id)
            if everywhere:
                lost = presence.lost_since(self.clinic_id, at)
                self._no_gateway = lost and (self._no_gateway or lost)
                self._full = lost is not None and presence.is_full(self.clinic_id)
            changed = {}
            for state in states.values():
                if everywhere or state.monitor in spoke or state.id in self.left:
                    window = self._window(state, audible, at)
                    urgency = self._change(state, window, before.get(state.id, {}), at)
                    if urgency is not None:
                        changed[state.id] = urgency, window
        order = sorted(changed, key=lambda session: -changed[session][0])
        first, self.left = order[:MOST], frozenset(order[MOST:])
        for start in range(0, len(first), AT_ONCE):
            part = first[start : start + AT_ONCE]
            with tenancy.scope(self.clinic_id):
                store.lock(self.clinic_id, map(folding.stream_of, part))
                for session in part:
                    self._write(session, changed[session][1], at)
        return len(order)

    def _window(self, state: Session, audible: Mapping[str, int], at: datetime) -> Window:
        readings = self.recent.readings(state, protocol_of(state), at)
        return Window(
            readings=readings, screens_watching=audible.get(state.chair or "", 0),
            gateway_lost_since=self._no_gateway, gateway_full=self._full,
        )  # fmt: skip

    def _change(self, state: Session, window: Window, before: Alarms, at: datetime) -> int | None:
        """How urgent the most urgent alarm is that changed; None when none did."""
        now = self._advanced(state, window, before, at)
        for name, alarm in now.items():
            self._seen[state.id, name] = alarm.seen_at
        lasting, was = _lasting(now), _lasting(before)
        names = [name for name in lasting.keys() | was.keys() if lasting.get(name) != was.get(name)]
        return max(((lasting.get(n) or was[n]).priority.rank for n in names), default=None)

    def _advanced(self, state: Session, window: Window, before: Alarms, at: datetime) -> Alarms:
        remembered = {name: self._held(state.id, alarm) for name, alarm in before.items()}
        protocol = protocol_of(state)
        found = conditions(state, window, protocol, at)
        return advance(remembered, found, state.acknowledged, state.paused_alarms, protocol, at)

    def _held(self, session: str, alarm: Alarm) -> Alarm:
        """Not written down each second, so what was stored may be older than what was seen."""
        seen = self._seen.get((session, alarm.id), alarm.seen_at)
        return replace(alarm, seen_at=max(alarm.seen_at, seen))

    def _write(self, session: str, window: Window, at: datetime) -> None:
        """Once more, now that the stream is locked: a nurse may just have answered."""
        state = folding.fold(self.clinic_id, session)
        before = stored(self.clinic_id, session).get(session, {})
        now = self._advanced(state, window, before, at)
        _store(self.clinic_id, session, before, now, window.readings, protocol_of(state))
        drafts = [*_drafts(before, now, at)]
        if drafts:
            store.append(
                self.clinic_id,
                command=store.new_id(at),
                actor=ACTOR,
                drafts=drafts,
                stream=folding.stream_of(session),
                recorded_at=at,
                protocol_hash=state.protocol_hash,
            )


def protocol_of(state: Session) -> Protocol:
    found = protocols.get(state.protocol_hash)
    if found is None:
        raise LookupError(f"the protocol {state.protocol_hash} of session {state.id} has gone")
    return found


def _watched(clinic_id: str, alarmed: Iterable[str]) -> list[str]:
    """Sessions that someone came to and that are not closed, and those with an alarm left over.

    An emergency calls before the arrival and after the end as well.
    """
    rows = SessionRow.objects.filter(clinic_id=clinic_id)
    sat = rows.filter(closed_at=None).exclude(phase=Phase.ARRIVE.value, chair=None)
    called = rows.filter(emergency_at__isnull=False)  # in words that find its index
    found = (some.values_list("session", flat=True) for some in (sat, called))
    return sorted({*alarmed, *(session for some in found for session in some)})


def _lasting(alarms: Alarms) -> dict[str, Alarm]:
    """What is worth writing down: not that it was seen again, nor that it has gone."""
    return {
        name: replace(alarm, seen_at=alarm.since)
        for name, alarm in alarms.items()
        if alarm.status != "cleared"
    }


def _drafts(before: Alarms, now: Alarms, at: datetime) -> Iterable[Draft]:
    for alarm in now.values():
        sounded = not _anew(before.get(alarm.id), alarm)
        if alarm.status not in QUIET and not sounded:
            yield Draft("alarm.raised", _body(alarm), at)
        if alarm.status == "cleared" and sounded:
            yield Draft("alarm.cleared", {"alarm": alarm.id}, at)


def _anew(was: Alarm | None, alarm: Alarm) -> bool:
    """Whether it is heard for the first time, or became worse: that is recorded anew."""
    if was is None or was.status in QUIET:
        return True
    return alarm.status not in QUIET and alarm.priority.rank > was.priority.rank


def _body(alarm: Alarm) -> dict[str, str]:
    return {
        "alarm": alarm.id,
        "condition": alarm.kind,
        "priority": alarm.priority.value,
        "sentence": alarm.sentence,
        "since": instant(alarm.since),
    }


def stored(clinic_id: str, session: str | None = None) -> dict[str, Alarms]:
    """The alarms of each session as they were last written down. Inside the scope."""
    rows = CurrentAlarm.objects.filter(clinic_id=clinic_id)
    found: dict[str, Alarms] = defaultdict(dict)
    for row in rows.filter(session=session) if session else rows:
        found[row.session][row.alarm] = Alarm(
            row.alarm, row.kind, Priority(row.priority), row.sentence, row.since, row.raised_at,
            row.worse_since, row.status, row.seen_at, row.paused_until, row.escalated,
        )  # fmt: skip
    return found


def _store(
    clinic_id: str, session: str, before: Alarms, now: Alarms, readings: Readings,
    protocol: Protocol,
) -> None:  # fmt: skip
    living, was = _lasting(now), _lasting(before)
    rows = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=session)
    if gone := was.keys() - living.keys():
        rows.filter(alarm__in=gone).delete()
    for name in [name for name, alarm in living.items() if was.get(name) != alarm]:
        columns = asdict(now[name]) | {"priority": now[name].priority.value}
        del columns["id"]
        if _anew(before.get(name), now[name]):
            columns["received_at"] = received_at(now[name], readings, protocol)
        CurrentAlarm.objects.update_or_create(
            clinic_id=clinic_id, session=session, alarm=name, defaults=columns
        )


def received_at(alarm: Alarm, readings: Readings, protocol: Protocol) -> datetime | None:
    """When the reading that raised this alarm was received; None when no reading did."""
    if alarm.kind not in BY_READINGS:
        return None
    detail = alarm.id.partition(":")[2]
    channel = next((rule.channel for rule in protocol.relative if rule.id == detail), detail)
    mine = [each for each in readings if each.channel == channel and not each.late]
    later = [each for each in mine if each.observed_at >= alarm.worse_since]
    found = later[:1] or mine[-1:]
    return found[0].received_at if found else None
