"""From received messages to the journal: many in one transaction, acknowledged after its commit.

One bad message harms nobody else's: when a batch cannot be written, each is tried by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from esker.clinic import tenancy
from esker.clinic.devices import ack, hl7, models, skew, unread, zones
from esker.core.monitoring.channels import Source
from esker.core.monitoring.pairing import identifier
from esker.core.monitoring.series import identity

OTHER = "another value is charted for this instant"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Arrived:
    """One message of a batch: as it came, what it says or why it is no message, and its row."""

    raw: bytes
    at: datetime
    said: hl7.Message | hl7.Malformed
    row: models.Message | None = None


def receive(clinic_id: str, raw: bytes, received_at: datetime) -> bytes:
    """Keep one message and what it says; the acknowledgement. Raises what the database raises."""
    return _keep(clinic_id, [(raw, received_at)])[0]


def receive_all(clinic_id: str, batch: Sequence[tuple[bytes, datetime]]) -> list[bytes | Exception]:
    """Keep a batch in one transaction; for each its acknowledgement, or why it was not kept."""
    try:
        return list(_keep(clinic_id, batch))
    except Exception:
        if len(batch) > 1:
            log.warning("A batch of messages could not be kept whole; trying each.", exc_info=True)
        return [_singly(clinic_id, raw, at) for raw, at in batch]


def _singly(clinic_id: str, raw: bytes, at: datetime) -> bytes | Exception:
    try:
        return receive(clinic_id, raw, at)
    except Exception as fault:
        return fault


def _keep(clinic_id: str, batch: Sequence[tuple[bytes, datetime]]) -> list[bytes]:
    with tenancy.scope(clinic_id):
        zone = zones.of(clinic_id)
        arrived = [Arrived(raw, at, _read(raw, at, zone)) for raw, at in batch]
        new = _keep_messages(clinic_id, arrived)
        clocks = skew.note(clinic_id, ((each.said, each.at) for each in new))
        notes = [*_keep_readings(clinic_id, new, clocks), *_notes(arrived, new)]
        unread.keep(clinic_id, notes)
    return [_acknowledge(each) for each in arrived]


def _read(raw: bytes, at: datetime, zone: hl7.Zones) -> hl7.Message | hl7.Malformed:
    try:
        return hl7.parse(raw, zone, at)
    except hl7.Malformed as fault:
        return fault


def _acknowledge(each: Arrived) -> bytes:
    if isinstance(each.said, hl7.Malformed):
        return ack.negative(each.said.header, each.at, str(each.said))
    return ack.positive(each.said.header, each.at)


def _keep_messages(clinic_id: str, arrived: Iterable[Arrived]) -> list[Arrived]:
    """Those that are new. A duplicate is the same sender, control id and the same bytes."""
    keyed: dict[str, Arrived] = {}
    for each in arrived:
        if isinstance(each.said, hl7.Message):
            keyed.setdefault(_key(each.said, each.raw), each)
    if not keyed:
        return []
    rows = models.Message.objects.filter(clinic_id=clinic_id, key__in=keyed)
    for known in rows.values_list("key", flat=True):
        del keyed[known]
    for key, each in keyed.items():
        each.row = models.Message(
            clinic_id=clinic_id, key=key, sender=each.said.monitor,
            control_id=each.said.header.control_id, received_at=each.at, raw=each.raw,
        )  # fmt: skip
    models.Message.objects.bulk_create([each.row for each in keyed.values()])
    return list(keyed.values())


def _key(said: hl7.Message, raw: bytes) -> str:
    parts = (said.monitor.encode(), said.header.control_id.encode(), raw)
    return sha256(b"\0".join(parts)).hexdigest()[:32]


def _keep_readings(
    clinic_id: str, new: Iterable[Arrived], clocks: dict[str, bool]
) -> list[unread.Note]:
    """The readings that were not there; a note for each that says another value."""
    rows = [row for each in new for row in _rows(clinic_id, each, clocks)]
    known = dict(
        models.Reading.objects.filter(clinic_id=clinic_id, uid__in=[row.uid for row in rows])
        .values_list("uid", "value")
    )  # fmt: skip
    fresh, notes = [], []
    for row in rows:
        value = known.setdefault(row.uid, row.value)
        if value is row.value:
            fresh.append(row)
        elif value != row.value:
            said = f"{row.value} at {row.observed_at.isoformat()}; charted: {value}"
            notes.append(unread.Note(row.monitor, row.channel, OTHER, said, row.received_at,
                                     row.message))  # fmt: skip
    models.Reading.objects.bulk_create(fresh)
    return notes


def _rows(clinic_id: str, each: Arrived, clocks: dict[str, bool]) -> list[models.Reading]:
    said = each.said
    named = "".join(f"{identifier(name)}~" for name in said.patient_ids)
    patient = f"~{named}"[:500] if named else ""
    return [
        models.Reading(
            clinic_id=clinic_id,
            uid=identity(
                (said.monitor, one.channel.value, Source.MONITOR.value, one.method), one.observed_at
            ),
            monitor=said.monitor,
            channel=one.channel.value,
            method=one.method,
            value=_text(one.value),
            observed_at=one.observed_at,
            received_at=each.at,
            patient=patient,
            wrong_clock=clocks[said.monitor],
            message=each.row.pk,
        )
        for one in said.readings
    ]


def _text(value: Decimal) -> str:
    """Decimal text without idle zeros: 97.0 and 97 are one value."""
    return format(value.normalize(), "f")


def _notes(arrived: Iterable[Arrived], new: Iterable[Arrived]) -> list[unread.Note]:
    """What could not be used, of each new message and of what was no message."""
    notes = [
        unread.Note(each.said.monitor, one.code, one.reason, one.raw, each.at, each.row.pk)
        for each in new
        for one in each.said.unread
    ]
    return notes + [
        unread.malformed(each.said, each.raw, each.at)
        for each in arrived
        if isinstance(each.said, hl7.Malformed)
    ]
