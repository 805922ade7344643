"""Rows of the journal as readings, and which of them are a session's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django.db.models import Q

from esker.clinic.devices.models import MONITOR
from esker.clinic.devices.models import Sample as Row
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.pairing import Pairing, contradicts
from esker.core.monitoring.series import first_id, identity

FIELDS = (
    "uid", "monitor", "shown", "observed_at", "received_at", "patient", "wrong_clock", "message",
    "pk",
)  # fmt: skip
Values = tuple  # one row of FIELDS


@lru_cache(maxsize=4096)
def text(value: Decimal) -> str:
    """Decimal text without idle zeros: 97.0 and 97 are one value."""
    return format(value.normalize(), "f")


@lru_cache(maxsize=4096)
def _one(channel: str, method: str, value: Decimal) -> str:
    return json.dumps([channel, method, text(value)])


def shown(readings: Iterable[tuple[str, str, Decimal]]) -> str:
    """What a row says of its readings: channel, method and value of each."""
    return f"[{', '.join([_one(*each) for each in readings])}]"


@lru_cache(maxsize=4096)
def said(shown: str) -> tuple[tuple[Channel, str, Decimal], ...]:
    """The other way round."""
    return tuple((Channel(c), method, Decimal(value)) for c, method, value in json.loads(shown))


def values(clinic_id: str, wanted: Q) -> Iterator[Values]:
    """Rows as plain tuples: a second of fifty chairs has no time for model instances."""
    rows = Row.objects.filter(wanted, clinic_id=clinic_id)
    return rows.values_list(*FIELDS).iterator(chunk_size=2000)


def readings(row: Values) -> Iterator[Reading]:
    """The readings of one row."""
    _, monitor, what, observed, received, *_ = row
    for channel, method, value in said(what):
        uid = identity((monitor, channel, MONITOR, method), observed)
        yield Reading(
            uid, channel, value, UNIT[channel], observed, received, Source.MONITOR, monitor, method
        )


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
        observed, received, patient, wrong = row[3:7]
        if patient and contradicts(patient, number):
            continue
        if any(
            each.monitor == row[1] and each.holds(observed, received, wrong, named=bool(patient))
            for each in pairings
        ):
            yield row
