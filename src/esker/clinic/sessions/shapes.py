"""The JSON shapes in which pages and the API hear of a session: plain values, no queries."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from esker.clinic.sessions.models import CurrentAlarm
from esker.core.discharge import criteria as door
from esker.core.ledger import Entry
from esker.core.monitoring import due as checks
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.latest import Vital
from esker.core.protocols.schema import Protocol
from esker.core.session.gate_rules import outdated
from esker.core.session.sentences import sentence
from esker.core.session.state import Session
from esker.core.units import plain

Json = dict[str, Any]


def head(state: Session, protocol: Protocol, now: datetime) -> Json:
    person = state.patient
    assert person is not None  # an open session has one
    return {
        "id": state.id,
        "now": now.isoformat(),
        "simulation": settings.DEMO,
        "seq": state.seq,
        "phase": state.phase.value,
        "outcome": state.outcome,
        "planned_at": time(state.planned_at),
        "patient": {
            "id": person.id,
            "name": person.name,
            "born": person.born.isoformat(),
            "age": person.age(now.date()),
            "mrn": person.mrn,
            "allergies": None if person.allergies is None else list(person.allergies),
        },
        "nurse": state.nurse,
        "chair": state.chair,
        "monitor": state.monitor,
        "protocol": {
            "id": protocol.id,
            "title": protocol.title,
            "version": protocol.version,
            "hash": state.protocol_hash,
            "name": protocol.drug.name,
            "drug": protocol.drug.substance,
            "route": protocol.drug.route,
            "form": protocol.drug.form,
            "scales": [
                {
                    "id": each.id,
                    "title": each.title,
                    "min": number(each.min),
                    "max": number(each.max),
                    "step": number(each.step),
                }
                for each in protocol.scales
            ],
        },
        "emergency_at": time(state.emergency_at),
    }


def vital(vital: Vital) -> Json:
    band = vital.band.value if vital.band else None
    return {
        "value": plain(vital.value),
        "unit": vital.unit,
        "observed_at": vital.observed_at.isoformat(),
        "age_s": int(vital.age.total_seconds()),
        "stale": vital.stale,
        "plausible": vital.plausible,
        "limits": {"low": number(vital.low), "high": number(vital.high)},
        "band": band,
        "sentence": vital.sentence,
        "reading": vital.reading,
    }


def reading(each: Reading) -> Json:
    return {
        "id": each.id,
        "channel": each.channel.value,
        "value": str(each.value),
        "unit": each.unit,
        "observed_at": each.observed_at.isoformat(),
        "received_at": each.received_at.isoformat(),
        "source": each.source.value,
        "device": each.device,
        "method": each.method,
        "confirmed_by": each.confirmed_by,
        "late": each.late,
    }


def due(each: checks.DueCheck) -> Json:
    return {
        "id": each.id,
        "check": each.check,
        "title": each.title,
        "due_at": each.due_at.isoformat(),
        "opens_at": each.opens_at.isoformat(),
        "closes_at": each.closes_at.isoformat(),
        "status": each.status,
        "channels": list(each.channels),
        "scales": list(each.scales),
    }


def alarm(row: CurrentAlarm) -> Json:
    return {
        "id": row.alarm,
        "condition": row.kind,
        "priority": row.priority,
        "sentence": row.sentence,
        "raised_at": row.raised_at.isoformat(),
        "received_at": time(row.received_at),
        "status": row.status,
        "paused_until": time(row.paused_until),
        "escalated": row.escalated,
    }


def readiness(state: Session, protocol: Protocol, now: datetime) -> list[Json]:
    """Each question with its last answer; an `outdated` one is to be asked again."""
    return [
        {
            "id": each.id,
            "text": each.text,
            "wanted": each.wanted,
            "answer": said[0].value if said else None,
            "outdated": said is not None and outdated(each, said[1], now),
        }
        for each in protocol.readiness
        for said in (state.readiness.get(each.id),)
    ]


def interactions(state: Session) -> Json | None:
    """The last answer; None when nobody was asked, which is not none."""
    said = state.interactions
    return {"answer": said.answer.value, "named": list(said.named)} if said else None


def criteria(state: Session, protocol: Protocol, now: datetime) -> list[Json]:
    """Each criterion with its last answer; an `outdated` one is to be assessed again."""
    return [
        {
            "id": each.id,
            "title": each.title,
            "kind": each.kind,
            "scale": each.scale,
            "because": each.because,
            "answer": state.criteria[each.id][0].value if each.id in state.criteria else None,
            "outdated": door.outdated(state, each, now),
        }
        for each in protocol.discharge
    ]


def entry(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "seq": entry.seq,
        "kind": entry.kind,
        "occurred_at": entry.occurred_at.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "actor": entry.actor,
        "sentence": sentence(entry),
        "body": entry.data(),
    }


def time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def number(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
