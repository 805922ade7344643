"""What has gone into whom: every dose of the open sessions, for models that follow a patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from esker.clinic import tenancy
from esker.clinic.sessions import folding, protocols
from esker.clinic.sessions.models import SessionRow, VialUse
from esker.core.monitoring import due
from esker.core.session import dosing, intake
from esker.core.session.state import Session

Json = dict[str, Any]


def sessions(clinic_id: str, now: datetime) -> list[Json]:
    """Every open session: its monitor, its person, its doses so far, and the checks that wait."""
    with tenancy.reading(clinic_id):
        states = _open(clinic_id)
        return [each for state in states for each in _session(state, now)]


def session(clinic_id: str, session_id: str, now: datetime) -> Json | None:
    """One of them; None when it is not open."""
    with tenancy.reading(clinic_id):
        state = folding.fold(clinic_id, session_id)
        return next(_session(state, now), None) if state.closed_at is None else None


def packs_used(clinic_id: str) -> frozenset[str]:
    """Every pack that was scanned into a session of this clinic."""
    with tenancy.reading(clinic_id):
        return frozenset(VialUse.objects.filter(clinic_id=clinic_id).values_list("vial", flat=True))


def next_due(clinic_id: str, now: datetime) -> Json | None:
    """What comes next at any chair: a timed check, the end of a rest or of an observation."""
    with tenancy.reading(clinic_id):
        found = [each for state in _open(clinic_id) for each in _ahead(state, now)]
    return min(found, key=lambda each: (each["at"], each["what"]), default=None)


def _open(clinic_id: str) -> list[Session]:
    rows = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None).order_by("session")
    return list(folding.fold_all(clinic_id, rows.values_list("session", flat=True)).values())


def _ahead(state: Session, now: datetime) -> Iterator[Json]:
    protocol = protocols.get(state.protocol_hash)
    if protocol is None:
        return
    waits = [(each.due_at, each.title) for each in due.due(state, protocol, now)]
    observed = dosing.anchor(state, protocol.observation.anchor)
    if observed is not None:
        minutes = float(protocol.observation.minimum.value)
        waits.append((observed + timedelta(minutes=minutes), "observation ends"))
    if protocol.dose.rest is not None and state.given:
        minutes = float(protocol.dose.rest.value)
        waits.append((state.given[-1].at + timedelta(minutes=minutes), "rest between devices ends"))
    for at, what in waits:
        if at > now:
            yield {"at": at, "chair": state.chair, "what": what}


def _session(state: Session, now: datetime) -> Iterator[Json]:
    protocol, person = protocols.get(state.protocol_hash), state.patient
    if protocol is None or person is None:
        return
    pump = intake.pumping(state, now) if dosing.running(state) else None
    empty_at = dosing.empty_at(state)
    yield {
        "session": state.id,
        "chair": state.chair,
        "monitor": state.monitor,
        "patient": person.id,
        "age": (now.date() - person.born).days / 365.25,
        "weight_kg": str(state.weights[-1][0]) if state.weights else None,
        "drug": protocol.drug.name,
        "route": protocol.drug.route,
        "doses": [
            {"at": each.at.isoformat(), "minutes": each.minutes, "mg": str(each.mg)}
            for each in intake.ended(state, now)
        ],
        "mg_per_min": str(pump.mg_per_min) if pump else "0",
        "running_since": pump.at.isoformat() if pump else None,
        "empty_at": empty_at.isoformat() if empty_at else None,
        "due": [
            {"id": each.id, "channels": list(each.channels), "scales": list(each.scales)}
            for each in due.due(state, protocol, now)
            if each.status == "open"
        ],
    }
