"""Keeps the rows of sessions and vials level with the ledger, in the same transaction."""

from __future__ import annotations

from typing import Any

from esker.clinic.ledger import projections
from esker.clinic.sessions import folding
from esker.clinic.sessions.models import SessionRow, VialUse
from esker.core.ledger import Entry
from esker.core.monitoring.pairing import identifier
from esker.core.session import dosing
from esker.core.session.state import Session

SCANNED, GIVEN = "vial.scanned", "device.given"


def register() -> None:
    projections.register("", apply, reset, [SessionRow, VialUse], refill)


def apply(entry: Entry) -> None:
    if not entry.stream.startswith("session:"):
        return
    state = folding.follow(entry)
    SessionRow.objects.update_or_create(
        clinic_id=entry.clinic, session=state.id, defaults=_columns(state)
    )
    if entry.kind == SCANNED:
        VialUse.objects.update_or_create(
            clinic_id=entry.clinic,
            vial=entry.data()["vial"]["vial"],
            defaults={"session": state.id},
        )
    if entry.kind == GIVEN:  # also one that nobody scanned: it is empty now, and nobody else's
        VialUse.objects.get_or_create(
            clinic_id=entry.clinic, vial=entry.data()["vial"], defaults={"session": state.id}
        )


def refill(clinic_id: str, replay: projections.Replay) -> None:
    """The rows that `apply` would leave, each written once."""
    SessionRow.objects.bulk_create(
        SessionRow(clinic_id=clinic_id, session=state.id, **_columns(state))
        for state in replay.once(folding.fold_streams)
    )
    mine = [each for each in replay.entries if each.stream.startswith("session:")]
    used = {
        each.data()["vial"]["vial"]: each.stream.partition(":")[2]
        for each in mine
        if each.kind == SCANNED
    }
    given = (each for each in mine if each.kind == GIVEN)
    for each in sorted(given, key=lambda entry: entry.recorded_at):
        used.setdefault(each.data()["vial"], each.stream.partition(":")[2])
    VialUse.objects.bulk_create(
        VialUse(clinic_id=clinic_id, vial=vial, session=session) for vial, session in used.items()
    )


def reset(clinic_id: str) -> None:
    SessionRow.objects.filter(clinic_id=clinic_id).delete()
    VialUse.objects.filter(clinic_id=clinic_id).delete()


def _columns(state: Session) -> dict[str, Any]:
    assert state.patient is not None  # the first entry of a session is its opening
    weight, weighed_at = state.weights[-1] if state.weights else (None, None)
    return {
        "seq": state.seq,
        "patient": state.patient.id,
        "name": state.patient.name,
        "number": identifier(state.patient.mrn),
        "protocol_hash": state.protocol_hash,
        "planned_at": state.planned_at,
        "phase": state.phase.value,
        "nurse": state.nurse,
        "chair": state.chair,
        "monitor": state.monitor,
        "paired_at": state.paired_at,
        "dosed_at": dosing.last_drug_at(state),
        "weight_kg": weight,
        "weighed_at": weighed_at,
        "closed_at": state.closed_at,
        "emergency_at": state.emergency_at,
        "outcome": state.outcome,
    }
