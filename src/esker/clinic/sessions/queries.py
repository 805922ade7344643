"""What pages and the API read about sessions: plain JSON values, made by the core's functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.people.models import User
from esker.clinic.people.signing import actor_for
from esker.clinic.sessions import bedside, folding, protocols
from esker.clinic.sessions.models import CurrentAlarm, SessionRow
from esker.clinic.sessions.surroundings import readings, window
from esker.core.ledger import Entry
from esker.core.monitoring import due as checks
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.latest import Vital, current
from esker.core.monitoring.series import charted
from esker.core.protocols.schema import Phase, Protocol
from esker.core.session import dosing
from esker.core.session.decide import KINDS
from esker.core.session.may import may
from esker.core.session.sentences import sentence
from esker.core.session.state import Actor, Role, Session, Window
from esker.core.units import Kg, MgPerKg, by_weight, plain

Json = dict[str, Any]
READER = Actor("reader", None, frozenset({Role.NURSE}))  # when no person asks, as a nurse would


class NoSuchSession(LookupError):
    """There is no session of this id in this clinic."""


def session(clinic_id: str, session_id: str, now: datetime, user: User | None = None) -> Json:
    """One session whole, as `user` may act on it. Raises NoSuchSession."""
    with tenancy.scope(clinic_id):
        state = _known(clinic_id, session_id)
        everything = readings(clinic_id, state, now)
        return {
            **_chair(clinic_id, state, now, user),
            "readings": [_reading(each) for each in charted(everything)],
        }


def chair(clinic_id: str, session_id: str, now: datetime, user: User | None = None) -> Json:
    """One session without its readings, which are a page of their own. Raises NoSuchSession."""
    with tenancy.scope(clinic_id):
        return _chair(clinic_id, _known(clinic_id, session_id), now, user)


def glance(clinic_id: str, session_id: str, now: datetime) -> Json:
    """Vitals, alarms, due checks and clocks of one session: what changes each second."""
    with tenancy.scope(clinic_id):
        return _card(clinic_id, _known(clinic_id, session_id), now)


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
        **_monitoring(clinic_id, state, surroundings, protocol, now),
        "elsewhere": bedside.elsewhere(clinic_id, state.id),
        "commands": commands(state, surroundings, actor, protocol, now),
        "readiness": _readiness(state, protocol),
        "criteria": _criteria(state, protocol),
        **_drug(state, protocol, now),
        "consent": surroundings.consent.value,
        "entries": [_entry(each) for each in entries],
        "rescue": _rescue(state, protocol),
    }


def floor(clinic_id: str, now: datetime) -> Json:
    """All sessions that are not closed, by planned time, each with vitals, due and alarms."""
    with tenancy.scope(clinic_id):
        rows = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None)
        sessions = [
            _card(clinic_id, folding.fold(clinic_id, row.session), now)
            for row in rows.order_by("planned_at", "session")
        ]
    return {"now": now.isoformat(), "simulation": settings.DEMO, "sessions": sessions}


def _card(clinic_id: str, state: Session, now: datetime) -> Json:
    protocol = _protocol(state)
    surroundings = window(clinic_id, state, now)
    return {
        **_head(state, protocol, now),
        **_monitoring(clinic_id, state, surroundings, protocol, now),
        "elsewhere": bedside.elsewhere(clinic_id, state.id),
        "given_mg": plain(dosing.given_mg(state, now)),
        "dosing": state.dosing.value,
    }


def commands(
    state: Session, surroundings: Window, actor: Actor, protocol: Protocol, now: datetime
) -> list[Json]:
    """Every kind of command, whether it would be accepted now, and why not."""
    found = []
    for kind in KINDS:
        refused = may(state, surroundings, kind, actor, protocol, now)
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
    person = state.patient
    assert person is not None  # an open session has one
    return {
        "id": state.id,
        "now": now.isoformat(),
        "simulation": settings.DEMO,
        "seq": state.seq,
        "phase": state.phase.value,
        "outcome": state.outcome,
        "planned_at": _time(state.planned_at),
        "phase_since": _time(bedside.phase_since(state)),
        "patient": {
            "id": person.id,
            "name": person.name,
            "born": person.born.isoformat(),
            "age": _age(person.born, now),
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
            "drug": protocol.drug.substance,
            "route": protocol.drug.route,
            "form": protocol.drug.form,
            "scales": list(protocol.scales),
        },
        "order": _order(state),
        **bedside.weight(state),
        "overrides": bedside.overrides(state),
        "emergency_at": _time(state.emergency_at),
    }


def _age(born: Any, now: datetime) -> int:
    return int(now.year - born.year - ((now.month, now.day) < (born.month, born.day)))


def _monitoring(
    clinic_id: str, state: Session, surroundings: Window, protocol: Protocol, now: datetime
) -> Json:
    phase = state.phase if state.phase is not Phase.ARRIVE else Phase.CLEAR
    tiles = current(surroundings.readings, protocol, now, phase)
    alarms = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=state.id)
    return {
        "vitals": {
            channel.value: _vital(vital) | {"trend": bedside.trend(surroundings.readings, channel)}
            for channel, vital in tiles.items()
        },
        "due": [_due(each) for each in checks.due(state, protocol, now)],
        "clocks": bedside.clocks(state, protocol, now),
        "alarms": [alarm_json(row) for row in alarms.exclude(status="raised").order_by("since")],
    }


def _vital(vital: Vital) -> Json:
    band = vital.band.value if vital.band else None
    return {
        "value": plain(vital.value),
        "unit": vital.unit,
        "observed_at": vital.observed_at.isoformat(),
        "age_s": int(vital.age.total_seconds()),
        "stale": vital.stale,
        "plausible": vital.plausible,
        "limits": {"low": _plain(vital.low), "high": _plain(vital.high)},
        "band": band,
        "sentence": vital.sentence,
        "reading": vital.reading,
    }


def _reading(each: Reading) -> Json:
    return {
        "id": each.id,
        "channel": each.channel.value,
        "value": str(each.value),
        "unit": each.unit,
        "observed_at": each.observed_at.isoformat(),
        "received_at": each.received_at.isoformat(),
        "source": each.source.value,
        "device": each.device,
        "late": each.late,
    }


def _due(each: checks.DueCheck) -> Json:
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


def alarm_json(row: CurrentAlarm) -> Json:
    return {
        "id": row.alarm,
        "condition": row.kind,
        "priority": row.priority,
        "sentence": row.sentence,
        "raised_at": row.raised_at.isoformat(),
        "status": row.status,
        "paused_until": _time(row.paused_until),
        "escalated": row.escalated,
    }


def _readiness(state: Session, protocol: Protocol) -> list[Json]:
    return [
        {
            "id": each.id,
            "text": each.text,
            "wanted": each.wanted,
            "answer": state.readiness[each.id][0].value if each.id in state.readiness else None,
        }
        for each in protocol.readiness
    ]


def _criteria(state: Session, protocol: Protocol) -> list[Json]:
    return [
        {
            "id": each.id,
            "title": each.title,
            "kind": each.kind,
            "scale": each.scale,
            "because": each.because,
            "answer": state.criteria[each.id][0].value if each.id in state.criteria else None,
        }
        for each in protocol.discharge
    ]


def _drug(state: Session, protocol: Protocol, now: datetime) -> Json:
    drawn, order = state.drawn, state.order
    infusion = drawn and {
        "rate_ml_per_h": _plain(state.rate_ml_per_h or drawn.rate_ml_per_h),
        "drawn_mg": plain(drawn.drawn_mg),
        "drawn_ml": plain(drawn.drawn_ml),
        "final_ml": plain(drawn.final_ml),
        "vial": drawn.vial,
    }
    draws = {v.vial: dosing.draw_for(order, v) for v in state.vials} if order else {}
    return {
        "given_mg": plain(dosing.given_mg(state, now)),
        "dosing": state.dosing.value,
        "devices": {
            "allowed": state.devices_allowed,
            "given": sum(1 for each in state.given if each.device),
            "ordered": dosing.devices_ordered(state, protocol),
        },
        "given": [
            {"at": each.at.isoformat(), "until": _time(each.until), "device": each.device,
             "vial": each.vial, "amount_mg": plain(each.amount_mg)}
            for each in state.given
        ],
        "infusion": infusion,
        "vials": [each.model_dump(mode="json") for each in state.vials],
        "draw": {
            vial: {
                "need_ml": plain(draw.need_ml),
                "diluent_ml": plain(draw.diluent_ml),
                "final_ml": plain(draw.final_ml),
                "rate_ml_per_h": plain(draw.rate_ml_per_h),
            }
            for vial, draw in draws.items()
            if draw is not None
        },
    }  # fmt: skip


def _order(state: Session) -> Json | None:
    order = state.order
    return order and {
        "version": order.version,
        "drug": order.drug,
        "route": order.route,
        "dose_mg": plain(order.dose_mg),
        "dose_mg_per_kg": _plain(order.dose_mg_per_kg),
        "weight_kg": _plain(order.weight_kg),
        "duration_min": _plain(order.duration_min),
        "prns": [prn.model_dump(mode="json") for prn in order.prns],
        "signed_by": order.signed_by,
        "signed_at": order.signed_at.isoformat(),
    }


def _rescue(state: Session, protocol: Protocol) -> list[Json]:
    """The cards, with doses only of what was ordered, worked out for the last weight."""
    ordered = {prn.name: prn for prn in state.order.prns} if state.order else {}
    weight = state.weights[-1][0] if state.weights else state.order and state.order.weight_kg
    return [
        {
            "id": card.id,
            "title": card.title,
            "steps": list(card.steps),
            "medicines": [
                _medicine(ordered[name], weight) for name in card.medicines if name in ordered
            ],
        }
        for card in protocol.rescue
    ]


def _medicine(prn: Any, weight: Decimal | None) -> Json:
    dose, unit = prn.dose, prn.unit
    if unit == "mg/kg":
        dose = by_weight(MgPerKg(prn.dose), Kg(weight)).value if weight else None
        unit = "mg"
    return {
        "name": prn.name,
        "dose": _plain(dose),
        "unit": unit,
        "route": prn.route,
        "for_what": prn.for_what,
        "max_doses": prn.max_doses,
    }


def _entry(entry: Entry) -> Json:
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


def entries_after(clinic_id: str, streams: Iterable[tuple[str, int]]) -> list[Json]:
    """What each stream holds after a seq, for a page that missed it. Inside the clinic's scope."""
    return [
        {**_entry(each), "stream": stream}
        for stream, after in streams
        for each in store.read(clinic_id, stream, after)
    ]


def heads(clinic_id: str) -> dict[str, int]:
    """The last seq of every session that is open or was planned lately. Inside the scope."""
    rows = SessionRow.objects.filter(clinic_id=clinic_id).order_by("-planned_at")[:200]
    return {folding.stream_of(row.session): row.seq for row in rows}


def shown(clinic_id: str, now: datetime) -> dict[str, Json]:
    """The newest vitals and the alarms of each open session, by event name. Inside the scope."""
    vitals, alarms = {}, {}
    for row in SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None):
        state = folding.fold(clinic_id, row.session)
        found = _monitoring(clinic_id, state, window(clinic_id, state, now), _protocol(state), now)
        for vital in found["vitals"].values():
            del vital["age_s"]  # the page counts it; else every second would be an event
        vitals[row.session] = found["vitals"]
        alarms[row.session] = found["alarms"]
    return {"readings": vitals, "alarms": alarms}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
