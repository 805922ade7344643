"""From a received message to the journal: committed first, acknowledged after."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from esker.clinic import tenancy
from esker.clinic.devices import hl7, models

OTHER = "another value is charted for this instant"


def receive(clinic_id: str, raw: bytes, received_at: datetime, zone: str = "UTC") -> bytes:
    """Keep the message and what it says; answer AA, or AR with the reason for a malformed one."""
    try:
        message = hl7.parse(raw, ZoneInfo(zone), received_at)
    except hl7.Malformed as fault:
        return hl7.acknowledge("AR", "UNKNOWN", received_at, str(fault))
    with tenancy.scope(clinic_id):
        if _new(clinic_id, message, raw, received_at):
            _keep_readings(clinic_id, message, received_at)
            for said in message.unread:
                _keep_unread(clinic_id, message.monitor, said, received_at)
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
    for each in message.readings:
        row, created = models.Reading.objects.get_or_create(
            clinic_id=clinic_id,
            monitor=message.monitor,
            channel=each.channel.value,
            method=each.method,
            observed_at=each.observed_at,
            defaults={"value": each.value, "received_at": at},
        )
        if not created and row.value != round(each.value, 2):
            said = f"{each.value} at {each.observed_at.isoformat()}; charted: {row.value}"
            _keep_unread(clinic_id, message.monitor, hl7.Unread(each.channel, OTHER, said), at)


def _keep_unread(clinic_id: str, sender: str, said: hl7.Unread, at: datetime) -> None:
    row, created = models.Unread.objects.get_or_create(
        clinic_id=clinic_id,
        sender=sender,
        code=said.code,
        reason=said.reason,
        defaults={"first_at": at, "last_at": at, "latest": said.raw},
    )
    if not created:
        models.Unread.objects.filter(pk=row.pk).update(
            count=F("count") + 1, last_at=at, latest=said.raw
        )
