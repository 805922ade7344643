"""Feeding the tables beside the ledger, one entry at a time; `rebuild` feeds them all again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from esker.clinic.ledger import projections
from esker.clinic.sessions.models import Consent, SessionRow, UsedVial
from esker.core.ledger import Entry, moment


def apply(entry: Entry) -> None:
    """Keep what this entry changes for the floor, the gates' surroundings and the pairing."""
    stream, _, name = entry.stream.partition(":")
    body = entry.data()
    if entry.kind == "consent.recorded":
        Consent.objects.update_or_create(
            clinic_id=entry.clinic, patient=name, defaults={"on_file": body["on_file"]}
        )
    if stream != "session":
        return
    rows = SessionRow.objects.filter(clinic_id=entry.clinic, id=name)
    match entry.kind:
        case "session.opened":
            SessionRow.objects.create(
                id=name,
                clinic_id=entry.clinic,
                patient=body["patient"]["id"],
                planned_at=datetime.fromisoformat(body["planned_at"]),
            )
        case "monitor.paired":
            rows.update(chair=body["chair"], monitor=body["monitor"], paired_at=entry.occurred_at)
        case "monitor.unpaired":
            rows.update(monitor="", paired_at=None)
        case "patient.weighed":
            rows.update(weight_kg=Decimal(body["weight_kg"]), weighed_at=entry.occurred_at)
        case "device.given":
            rows.update(last_dose_at=moment(body["counted_at"]))
        case "dose.started" | "infusion.resumed":
            rows.update(last_dose_at=entry.occurred_at)
        case "vial.scanned":
            UsedVial.objects.create(clinic_id=entry.clinic, vial=body["vial"]["vial"], session=name)
        case "session.closed":
            rows.update(closed_at=entry.occurred_at)


def reset(clinic_id: str) -> None:
    for model in (SessionRow, UsedVial, Consent):
        model.objects.filter(clinic_id=clinic_id).delete()


def register() -> None:
    projections.register("", apply, reset)
