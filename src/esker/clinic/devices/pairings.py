"""Which session held which monitor when: a table fed by the ledger, asked in both directions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max

from esker.clinic.devices import models
from esker.clinic.ledger import projections
from esker.clinic.sessions import folding
from esker.core.ledger import Entry
from esker.core.monitoring.pairing import Pairing, identifier
from esker.core.session.state import Session

KINDS = ("monitor.paired", "monitor.unpaired", "session.closed")


def register() -> None:
    projections.register("", apply, reset, [models.Pairing], refill)


def apply(entry: Entry) -> None:
    """Write the session's last pairing, and the end of the one before it."""
    if entry.kind not in KINDS:
        return
    state = folding.follow(entry)
    for place, each in list(enumerate(state.pairings))[-2:]:
        models.Pairing.objects.update_or_create(
            clinic_id=entry.clinic, session=state.id, place=place, defaults=_columns(state, each)
        )


def refill(clinic_id: str, replay: projections.Replay) -> None:
    """The rows that `apply` would leave, each written once."""
    models.Pairing.objects.bulk_create(
        models.Pairing(clinic_id=clinic_id, session=state.id, place=place, **_columns(state, each))
        for state in replay.once(folding.fold_streams)
        for place, each in enumerate(state.pairings)
    )


def _columns(state: Session, each: Pairing) -> dict[str, Any]:
    assert state.patient is not None  # the first entry of a session is its opening
    return {
        "monitor": each.monitor,
        "chair": each.chair,
        "begins": each.begins,
        "until": each.until,
        "number": identifier(state.patient.mrn),
        "named_from": each.since(named=True),
    }


def reset(clinic_id: str) -> None:
    models.Pairing.objects.filter(clinic_id=clinic_id).delete()


def free_since(clinic_id: str, monitor: str, session: str) -> datetime | None:
    """When another session last let go of this monitor. Inside the clinic's scope."""
    others = models.Pairing.objects.filter(clinic_id=clinic_id, monitor=monitor)
    found: datetime | None = others.exclude(session=session).aggregate(last=Max("until"))["last"]
    return found
