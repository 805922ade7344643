"""One look at one clinic: what alarms hold at each chair, written down where they changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.sessions import folding, protocols
from esker.clinic.sessions.models import CurrentAlarm, SessionRow
from esker.clinic.sessions.surroundings import window
from esker.core.ledger import Draft, instant
from esker.core.monitoring.alarms import conditions
from esker.core.monitoring.lifecycle import Alarm, advance
from esker.core.protocols.schema import Priority

ACTOR = "alarm-loop"
QUIET = ("raised", "cleared")  # not heard: before its delay passed, or gone


def tick(clinic_id: str, at: datetime) -> None:
    """Bring the alarms of every session of this clinic to `at`."""
    with tenancy.scope(clinic_id):
        rows = SessionRow.objects.filter(clinic_id=clinic_id)
        alarmed = CurrentAlarm.objects.filter(clinic_id=clinic_id).values_list("session")
        open_ones = set(rows.filter(closed_at=None).values_list("session", flat=True))
        sessions = sorted(open_ones | {session for (session,) in alarmed})
    for session in sessions:
        with tenancy.scope(clinic_id):
            _session(clinic_id, session, at)


def _session(clinic_id: str, session: str, at: datetime) -> None:
    stream = folding.stream_of(session)
    store.lock(clinic_id, [stream])
    state = folding.fold(clinic_id, session)
    protocol = protocols.get(state.protocol_hash)
    if protocol is None:
        raise LookupError(f"the protocol {state.protocol_hash} of session {session} has gone")
    before = stored(clinic_id, session)
    found = conditions(state, window(clinic_id, state, at), protocol, at)
    now = advance(before, found, state.acknowledged, state.paused_alarms, protocol, at)
    drafts = [*_drafts(before, now, at)]
    _store(clinic_id, session, now)
    if drafts:
        store.append(
            clinic_id,
            command=store.new_id(at),
            actor=ACTOR,
            drafts=drafts,
            stream=stream,
            recorded_at=at,
            protocol_hash=state.protocol_hash,
        )


def _drafts(before: dict[str, Alarm], now: dict[str, Alarm], at: datetime) -> list[Draft]:
    drafts = []
    for alarm in now.values():
        was = before.get(alarm.id)
        sounded = was is not None and was.status not in QUIET
        sounds = alarm.status not in QUIET
        if was and sounded and sounds and alarm.priority.rank > was.priority.rank:
            sounded = False  # it became worse: that is heard and recorded anew
        if sounds and not sounded:
            drafts.append(Draft("alarm.raised", _body(alarm), at))
        if sounded and alarm.status == "cleared":
            drafts.append(Draft("alarm.cleared", {"alarm": alarm.id}, at))
    return drafts


def _body(alarm: Alarm) -> dict[str, str]:
    return {
        "alarm": alarm.id,
        "condition": alarm.kind,
        "priority": alarm.priority.value,
        "sentence": alarm.sentence,
        "since": instant(alarm.since),
    }


def stored(clinic_id: str, session: str) -> dict[str, Alarm]:
    """The alarms of a session as the last tick left them. Inside the scope."""
    rows = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=session)
    return {
        row.alarm: Alarm(
            row.alarm, row.kind, Priority(row.priority), row.sentence, row.since, row.raised_at,
            row.worse_since, row.status, row.seen_at, row.paused_until, row.escalated,
        )
        for row in rows
    }  # fmt: skip


def _store(clinic_id: str, session: str, now: dict[str, Alarm]) -> None:
    living = {name: alarm for name, alarm in now.items() if alarm.status != "cleared"}
    rows = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=session)
    rows.exclude(alarm__in=living).delete()
    for name, alarm in living.items():
        columns = asdict(alarm) | {"priority": alarm.priority.value}
        del columns["id"]
        CurrentAlarm.objects.update_or_create(
            clinic_id=clinic_id, session=session, alarm=name, defaults=columns
        )
