"""From a received message to the journal: committed first, acknowledged after."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from esker.clinic import tenancy
from esker.clinic.devices import hl7, models


def receive(clinic_id: str, raw: bytes, received_at: datetime, zone: str = "UTC") -> bytes:
    """Keep the message and what it says; answer AA, or AR with the reason for a malformed one."""
    try:
        message = hl7.parse(raw, ZoneInfo(zone), received_at)
    except hl7.Malformed as fault:
        return hl7.acknowledge("AR", "UNKNOWN", received_at, str(fault))
    with tenancy.scope(clinic_id):
        if _new(clinic_id, message, raw, received_at):
            _keep_readings(clinic_id, message, received_at)
            _keep_unread(clinic_id, message, received_at)
    return hl7.acknowledge("AA", message.control_id, received_at)


def _new(clinic_id: str, message: hl7.Message, raw: bytes, at: datetime) -> bool:
    """False for a duplicate: same sender, same control id and the same bytes."""
    _, created = models.Message.objects.get_or_create(
        clinic_id=clinic_id,
        sender=message.monitor,
        control_id=message.control_id,
        digest=hashlib.sha256(raw).hexdigest(),
        defaults={"received_at": at, "raw": raw},
    )
    return created


def _keep_readings(clinic_id: str, message: hl7.Message, at: datetime) -> None:
    rows = [
        models.Reading(
            clinic_id=clinic_id, monitor=message.monitor, channel=each.channel.value,
            method=each.method, value=each.value, observed_at=each.observed_at, received_at=at,
        )
        for each in message.readings
    ]  # fmt: skip
    models.Reading.objects.bulk_create(rows, ignore_conflicts=True)


def _keep_unread(clinic_id: str, message: hl7.Message, at: datetime) -> None:
    for each in message.unread:
        row, created = models.Unread.objects.get_or_create(
            clinic_id=clinic_id,
            sender=message.monitor,
            code=each.code,
            reason=each.reason,
            defaults={"first_at": at, "last_at": at, "latest": each.raw},
        )
        if not created:
            models.Unread.objects.filter(pk=row.pk).update(
                count=F("count") + 1, last_at=at, latest=each.raw
            )
