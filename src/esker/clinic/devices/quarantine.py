"""Readings that cannot be tied to a session: kept, listed, claimed or dismissed by a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Left, StrIndex

from esker.clinic.devices import journal
from esker.clinic.devices import models as m
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.pairing import Pairing, contradicts
from esker.core.monitoring.series import first_id

AT_A_TIME = 400  # instants in one statement
INSTANT = len(first_id(datetime.now(UTC)))  # characters with which an id begins


def loose(clinic_id: str) -> QuerySet[m.Sample]:
    """The journal's rows that no session holds: what `journal.held` says, said to the database.

    Inside the clinic's scope.
    """
    latest = Case(
        When(wrong_clock=True, received_at__gt=F("observed_at"), then=F("received_at")),
        default=F("observed_at"),
    )
    holders = m.Pairing.objects.filter(
        Q(until=None) | Q(until__gte=OuterRef("latest")),
        clinic_id=clinic_id,
        monitor=OuterRef("monitor"),
        named_from__lte=OuterRef("observed_at"),
    ).filter(named_from__lte=OuterRef("received_at"))
    nameless = holders.filter(begins__lte=OuterRef("observed_at")).filter(
        begins__lte=OuterRef("received_at")
    )
    number = Concat(Value("~"), F("number"), Value("~"))
    named = holders.annotate(found=StrIndex(OuterRef("patient"), number)).filter(found__gt=0)
    rows = m.Sample.objects.filter(clinic_id=clinic_id).annotate(latest=latest)
    return rows.filter(~(Q(patient="") & Exists(nameless)), ~Exists(named))


def claimable(clinic_id: str, ids: Sequence[str]) -> Mapping[str, Reading]:
    """Those of these readings that wait for a person, locked until the transaction ends."""
    wanted, found = set(ids), {}
    for part in _in_parts(ids):
        # Two nurses claim the same: the second finds them gone.
        list(_of(part, m.Sample.objects.filter(clinic_id=clinic_id)).select_for_update())
        for row in _of(part, loose(clinic_id)).values_list(*journal.FIELDS):
            found |= {each.id: each for each in journal.readings(row) if each.id in wanted}
    return found


def release(clinic_id: str, ids: Sequence[str]) -> None:
    """Take readings out of the journal, in the transaction that wrote them into the ledger."""
    gone, mine = set(ids), m.Sample.objects.filter(clinic_id=clinic_id)
    for part in _in_parts(ids):
        done = []
        for row in _of(part, mine).values_list(*journal.FIELDS):
            left = [each for each in journal.readings(row) if each.id not in gone]
            if left:
                shown = journal.shown((r.channel, r.method, r.value) for r in left)
                mine.filter(pk=row[-1]).update(shown=shown)
            else:
                done.append(row[-1])
        mine.filter(pk__in=done).delete()


def _in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """The instants of these readings, as their ids begin, some at a time."""
    instants = sorted({each[:INSTANT] for each in ids})
    for start in range(0, len(instants), AT_A_TIME):
        yield instants[start : start + AT_A_TIME]


def _of(instants: Sequence[str], rows: QuerySet[m.Sample]) -> QuerySet[m.Sample]:
    """The rows of these instants; the span is there for the index."""
    span = rows.filter(uid__gte=instants[0], uid__lt=instants[-1] + "g")
    return span.annotate(instant=Left("uid", INSTANT)).filter(instant__in=instants)


def why(row: m.Sample, pairings: Iterable[m.Pairing], roving: bool, named: bool) -> str:
    """Why the readings of this row wait, in a sentence."""
    for each in pairings:
        held = Pairing(each.monitor, each.chair, each.begins, each.until, each.named_from)
        named_here = bool(row.patient)
        if not held.holds(row.observed_at, row.received_at, False, named_here):
            continue
        if row.patient and contradicts(row.patient, each.number):
            return f"The message names another patient than the one of {each.chair}."
        return "The monitor's clock was wrong, and this came after its pairing had ended."
    if roving:
        return "A roving monitor: each reading is claimed."
    if not named:
        return "This monitor is not among the clinic's monitors, and no session held it then."
    return "No session held this monitor at that time."


def of_monitor(clinic_id: str, monitor: str) -> list[m.Pairing]:
    """The latest pairings of a monitor, for saying why."""
    rows = m.Pairing.objects.filter(clinic_id=clinic_id, monitor=monitor)
    return list(rows.order_by("-begins")[:20])


def patients(said: Iterable[str]) -> Iterator[str]:
    """The numbers that messages named, each once."""
    yield from dict.fromkeys(name for each in said for name in each.split("~") if name)
