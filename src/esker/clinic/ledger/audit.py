"""Checks the whole ledger of a clinic: every chain, every checkpoint, and the projections."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from esker.clinic.ledger import guard, models, projections, store
from esker.core import ledger as core

SLOWEST = timedelta(minutes=2)  # an entry is committed no later than this after its recorded time


def checkpoint(clinic_id: str, at: datetime) -> str:
    """Tie the streams that grew to the last checkpoint; the digest goes on printed records.

    Each checkpoint chains to the one before, so that together they hold the heads of all streams.
    With nothing new the last one stands. Inside the clinic's scope.
    """
    store.lock(clinic_id, ["clinic:checkpoint"])
    past = models.Checkpoint.objects.filter(clinic_id=clinic_id).order_by("-seq").first()
    heads = _grown(clinic_id, past)
    if past and not heads:
        return str(past.digest)
    prev = past.digest if past else core.GENESIS
    made = models.Checkpoint.objects.create(
        clinic_id=clinic_id,
        seq=past.seq + 1 if past else 1,
        made_at=at,
        heads=core.canonical(heads),
        prev=prev,
        digest=core.checkpoint(heads, prev),
    )
    return made.digest


def _grown(clinic_id: str, past: models.Checkpoint | None) -> list[tuple[str, int, str]]:
    """Ends of the streams that grew since `past`, all of them when there was none.

    From the entries' own ends, not from the heads table, which anyone may rewrite. Ids sort by
    time, and so find the newest entries without a look at the others.
    """
    rows = models.Entry.objects.filter(clinic_id=clinic_id)
    tied: set[tuple[str, int]] = set()
    if past:
        rows = rows.filter(id__gte=store.first_id(past.made_at - SLOWEST))
        tied = {(stream, seq) for stream, seq, _ in json.loads(past.heads)}
    ends: dict[str, tuple[str, int, str]] = {}
    for stream, seq, digest in rows.order_by("seq").values_list("stream", "seq", "digest"):
        ends[stream] = (stream, seq, digest)
    return sorted(end for end in ends.values() if end[:2] not in tied)


def verify(
    clinic_id: str, wanted: str | None = None, beside: str | None = None
) -> Iterator[str]:  # fmt: skip
    """What is wrong, in sentences; nothing when all is whole.

    `wanted` is the digest of a checkpoint on paper, `beside` that of the newest one as it was kept
    beside the database; both must be among those stored. Without either, newest entries that went
    together with their checkpoint leave no trace: no database can prove that it is whole by itself.
    """
    streams = models.Head.objects.filter(clinic_id=clinic_id).values_list("stream", flat=True)
    with_entries = models.Entry.objects.filter(clinic_id=clinic_id).values_list("stream", flat=True)
    for stream in sorted(set(streams) | set(with_entries.distinct())):
        try:
            store.read(clinic_id, stream)
        except store.ChainBroken as broken:
            yield str(broken)
    yield from _checkpoint_faults(clinic_id, wanted, beside)
    for name in sorted(guard.missing()):
        yield f"The database lets the record be changed: its trigger {name} is gone."


def _checkpoint_faults(clinic_id: str, wanted: str | None, beside: str | None) -> Iterator[str]:
    prev, seen = core.GENESIS, set()
    rows = models.Entry.objects.filter(clinic_id=clinic_id)
    stored = {(s, n): d for s, n, d in rows.values_list("stream", "seq", "digest")}
    for place, row in enumerate(
        models.Checkpoint.objects.filter(clinic_id=clinic_id).order_by("seq"), start=1
    ):
        heads = [(stream, seq, digest) for stream, seq, digest in json.loads(row.heads)]
        whole = row.seq == place and row.prev == prev
        if not whole or row.digest != core.checkpoint(heads, prev):
            yield f"Checkpoint {row.seq} was changed, or one before it is missing."
        for stream, seq, digest in heads:
            if stored.get((stream, seq)) != digest:
                yield f"{stream} held entry {seq} at checkpoint {row.seq}, and no longer does."
        prev = row.digest
        seen.add(row.digest)
    if wanted is not None and wanted not in seen:
        yield f"The checkpoint {wanted} is not in this ledger: its tail was cut, or it is another."
    if beside is not None and beside not in seen:
        yield (
            f"The data folder knows a newer checkpoint ({beside}): the ledger's tail was cut, or "
            "an older copy of the database was put back. If that was meant, delete "
            "newest-checkpoint-* there."
        )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many entries were fed, and in sentences where the tables had not been level with them."""

    entries: int
    differences: list[str]


def rebuild(clinic_id: str) -> Rebuilt:
    """Empty the projections, feed them every entry again, and compare with what they held.

    The new rows stay, since the ledger is the record. Raises ChainBroken before anything is
    emptied: tables made from a record that is not whole would hide it.
    """
    entries = _in_order(clinic_id)
    before = projections.dump(clinic_id)
    projections.reset(clinic_id)
    projections.refill(clinic_id, entries)
    return Rebuilt(len(entries), list(_differences(before, projections.dump(clinic_id))))


def _in_order(clinic_id: str) -> list[core.Entry]:
    """Streams by time, each by its own numbers: ids of one millisecond are in no order."""
    rows = models.Entry.objects.filter(clinic_id=clinic_id).values_list("stream", flat=True)
    streams = [store.read(clinic_id, stream) for stream in sorted(rows.distinct())]
    return list(heapq.merge(*streams, key=lambda entry: (entry.recorded_at, entry.n)))


def _differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> Iterator[str]:
    for table, rows in before.items():
        had, has = Counter(rows), Counter(after[table])
        for row in (had - has).elements():
            yield f"{table} held {row}, which the ledger does not say."
        for row in (has - had).elements():
            yield f"{table} lacked {row}, which the ledger says."
