"""What pages and the API read about sessions: plain JSON values, made by the core's functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.people.models import User
from esker.clinic.people.signing import actor_for
from esker.clinic.sessions import bedside, drug_shapes, folding, protocols, shapes
from esker.clinic.sessions.models import CurrentAlarm, SessionRow
from esker.clinic.sessions.recent import Recent
from esker.clinic.sessions.shapes import Json
from esker.clinic.sessions.surroundings import BACK, readings, window
from esker.core.monitoring import due as checks
from esker.core.monitoring.channels import Reading, Readings
from esker.core.monitoring.latest import current
from esker.core.protocols.schema import Phase, Protocol
from esker.core.session import dosing
from esker.core.session.decide import KINDS
from esker.core.session.gates import look_once
from esker.core.session.may import may
from esker.core.session.state import Actor, Role, Session, Window
from esker.core.units import plain

DAY = timedelta(days=1)
READER = Actor("reader", "reader", frozenset({Role.NURSE}))  # when no person asks, as a nurse would


class NoSuchSession(LookupError):
    """There is no session of this id in this clinic."""


def session(clinic_id: str, session_id: str, now: datetime, user: User | None = None) -> Json:
    """One session whole, as `user` may act on it. Raises NoSuchSession."""
    with tenancy.reading(clinic_id):
        state = _known(clinic_id, session_id)
        return {
            **_chair(clinic_id, state, now, user),
            "readings": [shapes.reading(each) for each in _all_readings(clinic_id, state, now)],
        }


def chair(clinic_id: str, session_id: str, now: datetime, user: User | None = None) -> Json:
    """One session without its readings, which are a page of their own. Raises NoSuchSession."""
    with tenancy.reading(clinic_id):
        return _chair(clinic_id, _known(clinic_id, session_id), now, user)


def glance(clinic_id: str, session_id: str, now: datetime) -> Json:
    """Vitals, alarms, due checks and clocks of one session: what changes each second."""
    with tenancy.reading(clinic_id):
        return _card(clinic_id, _known(clinic_id, session_id), now)


def series(clinic_id: str, session_id: str, now: datetime, after: datetime | None = None) -> Json:
    """What the chart draws: (seconds since `start`, tenths of a value) by channel.

    Raises NoSuchSession. Whole numbers, so that 36.6 stays itself and nothing is a float.
    With `after`, only what was received later, late readings included; ask again with `received`.
    """
    with tenancy.reading(clinic_id):
        state = _known(clinic_id, session_id)
        found = _all_readings(clinic_id, state, now)
    start = state.paired_at or state.planned_at or now
    new = found if after is None else [each for each in found if each.received_at > after]
    seconds = {at: round((at - start).total_seconds()) for at in {r.observed_at for r in new}}
    tenths = {value: round(value * 10) for value in {r.value for r in new}}
    lines: dict[str, list[tuple[int, int]]] = {}
    for each in new:
        point = seconds[each.observed_at], tenths[each.value]
        lines.setdefault(each.channel, []).append(point)
    received = max((each.received_at for each in found), default=after)
    return {"start": start.isoformat(), "received": shapes.time(received), "lines": lines}


def _all_readings(clinic_id: str, state: Session, now: datetime) -> tuple[Reading, ...]:
    return tuple(readings(clinic_id, state, now))


def _known(clinic_id: str, session_id: str) -> Session:
    state = folding.fold(clinic_id, session_id)
    if not state.seq:
        raise NoSuchSession(session_id)
    return state


def _chair(clinic_id: str, state: Session, now: datetime, user: User | None) -> Json:
    protocol = _protocol(state)
    surroundings = window(clinic_id, state, now)
    entries = store.read(clinic_id, folding.stream_of(state.id))
    actor = actor_for(user) if user else READER
    return {
        **_head(state, protocol, now),
        **_monitoring(clinic_id, state, surroundings.readings, protocol, now),
        "elsewhere": bedside.elsewhere(clinic_id, state.id),
        "chairs_taken": sorted(surroundings.chairs_taken),
        "commands": commands(state, surroundings, actor, protocol, now),
        "readiness": shapes.readiness(state, protocol, now),
        "interactions": shapes.interactions(state),
        "criteria": shapes.criteria(state, protocol, now),
        **drug_shapes.drug(state, protocol, now),
        "consent": surroundings.consent.value,
        "entries": [shapes.entry(each) for each in entries],
        **bedside.unsettled(state, protocol, entries, now),
        "rescue": drug_shapes.rescue(state, protocol),
    }


def floor(clinic_id: str, now: datetime) -> Json:
    """All sessions that are not closed, by planned time, each with vitals, due and alarms."""
    with tenancy.reading(clinic_id):
        rows = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None)
        planned = rows.order_by("planned_at", "session").values_list("session", flat=True)
        states = folding.fold_all(clinic_id, planned).values()
        sessions = [_card(clinic_id, state, now) for state in states]
    return {"now": now.isoformat(), "simulation": settings.DEMO, "sessions": sessions}


def _card(clinic_id: str, state: Session, now: datetime) -> Json:
    protocol = _protocol(state)
    heard = readings(clinic_id, state, now, now - BACK)
    return {
        **_head(state, protocol, now),
        **_monitoring(clinic_id, state, heard, protocol, now),
        "elsewhere": bedside.elsewhere(clinic_id, state.id),
        "given_mg": plain(dosing.given_mg(state, now)),
        "dosing": state.dosing.value,
    }


def commands(
    state: Session, surroundings: Window, actor: Actor, protocol: Protocol, now: datetime
) -> list[Json]:
    """Every kind of command, whether it would be accepted now, and why not."""
    found, look = [], look_once()
    for kind in KINDS:
        refused = may(state, surroundings, kind, actor, protocol, now, look)
        found.append(
            {
                "kind": kind,
                "allowed": refused is None,
                "code": refused.code if refused else None,
                "sentence": refused.sentence if refused else None,
                "rule": refused.rule if refused else None,
                "strength": refused.strength if refused else None,
            }
        )
    return found


def _protocol(state: Session) -> Protocol:
    found = protocols.get(state.protocol_hash)
    if found is None:
        raise LookupError(f"the protocol {state.protocol_hash} of session {state.id} has gone")
    return found


def _head(state: Session, protocol: Protocol, now: datetime) -> Json:
    return {
        **shapes.head(state, protocol, now),
        "phase_since": shapes.time(bedside.phase_since(state)),
        "order": drug_shapes.ordered(state),
        **bedside.weight(state),
        "overrides": bedside.overrides(state),
    }


def _monitoring(
    clinic_id: str, state: Session, heard: Readings, protocol: Protocol, now: datetime
) -> Json:
    alarms = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=state.id)
    return {
        "vitals": _vitals(state, heard, protocol, now),
        "due": [shapes.due(each) for each in checks.due(state, protocol, now)],
        "clocks": bedside.clocks(state, protocol),
        "alarms": [shapes.alarm(row) for row in alarms.exclude(status="raised").order_by("since")],
    }


def _vitals(state: Session, heard: Readings, protocol: Protocol, now: datetime) -> Json:
    phase = state.phase if state.phase is not Phase.ARRIVE else Phase.CLEAR
    return {
        channel.value: shapes.vital(vital) | {"trend": bedside.trend(heard, channel)}
        for channel, vital in current(heard, protocol, now, phase).items()
    }


def entries_after(clinic_id: str, streams: Iterable[tuple[str, int]]) -> list[Json]:
    """What each stream holds after a seq, for a page that missed it. Inside the clinic's scope."""
    return [
        {**shapes.entry(each), "stream": stream}
        for stream, after in streams
        for each in store.read(clinic_id, stream, after)
    ]


def heads(clinic_id: str, now: datetime) -> dict[str, int]:
    """The last seq of each session of today, give or take a day. Inside the scope."""
    rows = SessionRow.objects.filter(clinic_id=clinic_id)
    around = rows.filter(planned_at__gte=now - DAY, planned_at__lte=now + DAY)
    still = rows.filter(closed_at=None, planned_at__lte=now)
    return {
        folding.stream_of(session): seq
        for session, seq in around.union(still).values_list("session", "seq")
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """What live pages draw, by session: its state, alarms, the chair and its nurse."""

    states: dict[str, Session]
    alarms: dict[str, list[Json]]
    nurses: dict[str, str | None]
    chairs: dict[str, str | None]


def shown(clinic_id: str) -> Shown:
    """For every open session that has a monitor or an alarm. Inside the scope."""
    rows = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None)
    seated = rows.exclude(chair=None).values_list("session", flat=True)
    alarms: dict[str, list[Json]] = {session: [] for session in seated}
    living = CurrentAlarm.objects.filter(clinic_id=clinic_id).exclude(status="raised")
    for row in living.order_by("since"):
        alarms.setdefault(row.session, []).append(shapes.alarm(row))
    states = folding.fold_all(clinic_id, alarms)
    nurses = {session: state.nurse for session, state in states.items()}
    chairs = {session: state.chair for session, state in states.items()}
    return Shown(states, alarms, nurses, chairs)


def vitals(state: Session, now: datetime, recent: Recent) -> Json:
    """The newest of each channel, for who looks again and again. Inside the scope."""
    protocol = _protocol(state)
    found = _vitals(state, recent.readings(state, protocol, now), protocol, now)
    for vital in found.values():
        del vital["age_s"]  # the page counts it; else every second would be an event
    return found


def takers(clinic_id: str, now: datetime) -> list[Json]:
    """Sessions that unclaimed readings may belong to: open, or closed within a day."""
    with tenancy.reading(clinic_id):
        recent = Q(closed_at=None) | Q(closed_at__gte=now - DAY)
        rows = SessionRow.objects.filter(recent, clinic_id=clinic_id).exclude(phase="arrive")
        states = folding.fold_all(clinic_id, rows.values_list("session", flat=True))
    found = [
        {"session": state.id, "name": state.patient.name, "mrn": state.patient.mrn,
         "chair": state.chair, "closed": state.closed_at is not None}
        for state in states.values()
        if state.patient
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each["closed"], each["chair"] or "", each["name"]))
