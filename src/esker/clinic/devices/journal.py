"""Rows of the journal as readings, and which of them are a session's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from esker.clinic.devices.models import Reading as Row
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.pairing import Pairing, contradicts
from esker.core.monitoring.series import first_id

FIELDS = (
    "uid", "monitor", "channel", "method", "value", "observed_at", "received_at", "patient",
    "wrong_clock", "message", "pk",
)  # fmt: skip
Values = tuple  # one row of FIELDS


def values(clinic_id: str, wanted: Q) -> Iterator[Values]:
    """Rows as plain tuples: a second of fifty chairs has no time for model instances."""
    rows = Row.objects.filter(wanted, clinic_id=clinic_id)
    return rows.values_list(*FIELDS).iterator(chunk_size=2000)


def reading(row: Values) -> Reading:
    channel = Channel(row[2])
    return Reading(
        row[0], channel, Decimal(row[4]), UNIT[channel], row[5], row[6], Source.MONITOR, row[1],
        row[3],
    )  # fmt: skip


def within(pairings: Sequence[Pairing], since: datetime | None, at: datetime | None) -> Q:
    """Rows that these pairings may hold; what `holds` then says decides."""
    wanted, begins = Q(pk__in=[]), []
    for each in pairings:
        first = each.since(named=True)
        begin = max(first, since) if since else first
        one = Q(monitor=each.monitor, observed_at__gte=begin, received_at__gte=first)
        if each.until is not None:
            one &= Q(observed_at__lte=each.until)
        wanted |= one
        begins.append(begin)
    if begins:
        wanted &= Q(uid__gte=first_id(min(begins)))  # so that an index finds them
    return wanted & Q(received_at__lte=at) if at else wanted


def held(rows: Iterable[Values], pairings: Sequence[Pairing], number: str) -> Iterator[Values]:
    """The rows that are this session's: inside a pairing, and naming nobody else."""
    for row in rows:
        observed, received, patient, wrong = row[5], row[6], row[7], row[8]
        if patient and contradicts(patient, number):
            continue
        if any(
            each.monitor == row[1] and each.holds(observed, received, wrong, named=bool(patient))
            for each in pairings
        ):
            yield row
