"""What the unclaimed readings page and the API list: plain JSON values."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from django.db.models import Func, IntegerField, Max, Min, Sum

from esker.clinic import tenancy
from esker.clinic.devices import journal, quarantine
from esker.clinic.devices import models as m
from esker.clinic.setup import queries as setup
from esker.core.monitoring.channels import Reading

Json = dict[str, Any]
SHOWN = 50  # instants of one monitor that are listed one by one, newest first
RAW = 20_000  # characters of a message that are shown


class Readings(Func):
    """How many readings a row of the journal holds."""

    function, output_field = "JSON_ARRAY_LENGTH", IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        template = "JSON_ARRAY_LENGTH((%(expressions)s)::json)"
        return self.as_sql(compiler, connection, template=template)


def unclaimed(clinic_id: str) -> list[Json]:
    """Quarantined readings by monitor, the one heard last first."""
    with tenancy.reading(clinic_id):
        known = {each.identity: each for each in setup.monitors(clinic_id)}
        groups = quarantine.loose(clinic_id).values("monitor").annotate(
            count=Sum(Readings("shown")), first=Min("observed_at"), last=Max("observed_at"),
            received=Max("received_at"),
        )  # fmt: skip
        return [_monitor(clinic_id, group, known) for group in groups.order_by("-received")]


def waiting(clinic_id: str) -> int:
    """How many readings wait for a person."""
    with tenancy.reading(clinic_id):
        rows = quarantine.loose(clinic_id)
        return rows.aggregate(count=Sum(Readings("shown"), default=0))["count"]


def _monitor(clinic_id: str, group: Json, known: dict[str, setup.Monitor]) -> Json:
    identity, clock = group["monitor"], _clock(clinic_id, group["monitor"])
    rows = quarantine.loose(clinic_id).filter(monitor=identity)
    newest = list(rows.order_by("-observed_at", "uid")[:SHOWN])
    named = known.get(identity)
    pairings = quarantine.of_monitor(clinic_id, identity)
    moments = [_moment(row, pairings, named) for row in newest]
    return {
        "monitor": identity,
        "name": named.name if named else identity,
        "chair": named.chair if named else None,
        "roving": bool(named and named.roving),
        "count": group["count"],
        "first": group["first"].isoformat(),
        "last": group["last"].isoformat(),
        "received": group["received"].isoformat(),
        "patients": list(quarantine.patients(row.patient for row in newest)),
        "why": list(dict.fromkeys(each["why"] for each in moments)),
        "newest": _newest(moments),
        "moments": moments,
        "clock_off_s": clock,
    }


def _moment(row: m.Sample, pairings: list[m.Pairing], named: setup.Monitor | None) -> Json:
    """What one message says of one instant: what a nurse claims with one tick."""
    what = row.uid, row.monitor, row.shown, row.observed_at, row.received_at
    return {
        "observed_at": row.observed_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "patients": list(quarantine.patients([row.patient])),
        "why": quarantine.why(row, pairings, bool(named and named.roving), named is not None),
        "readings": sorted(
            map(_reading, journal.readings(what)), key=itemgetter("channel", "method")
        ),
    }


def _reading(one: Reading) -> Json:
    return {
        "id": one.id, "channel": one.channel.value, "method": one.method,
        "value": journal.text(one.value), "unit": one.unit,
        "observed_at": one.observed_at.isoformat(),
    }  # fmt: skip


def _newest(moments: list[Json]) -> list[Json]:
    """The newest value of each channel."""
    found: dict[str, Json] = {}
    for moment in moments:
        for one in moment["readings"]:
            found.setdefault(one["channel"], one)
    return list(found.values())


def _clock(clinic_id: str, monitor: str) -> float | None:
    """Receipt minus the sender's time, in seconds; None where no message said its time."""
    row = m.DeviceClock.objects.filter(clinic_id=clinic_id, monitor=monitor).first()
    return round(row.median_s, 1) if row else None


def unread(clinic_id: str) -> list[Json]:
    """What could not be used, the line heard last first, each with its latest raw text."""
    with tenancy.reading(clinic_id):
        known = {each.identity: each.name for each in setup.monitors(clinic_id)}
        rows = list(m.Unread.objects.filter(clinic_id=clinic_id).order_by("-last_at", "pk"))
        keys = [row.message for row in rows if row.message]
        stored = m.Message.objects.filter(clinic_id=clinic_id, key__in=keys)
        raw = {each.key: bytes(each.raw) for each in stored}
        return [_line(row, known, raw) for row in rows]


def _line(row: m.Unread, known: dict[str, str], raw: dict[str, bytes]) -> Json:
    whole = raw.get(row.message or "", b"").decode("utf-8", "backslashreplace")
    return {
        "id": row.pk,
        "sender": row.sender,
        "name": known.get(row.sender, row.sender),
        "code": row.code,
        "reason": row.reason,
        "first": row.first_at.isoformat(),
        "last": row.last_at.isoformat(),
        "count": row.count,
        "latest": row.latest,
        "message": whole.replace("\r", "\n")[:RAW],
    }
