"""Checks the whole ledger of a clinic: every chain, every checkpoint, and the projections."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from esker.clinic.ledger import models, projections, store
from esker.core import ledger as core


def checkpoint(clinic_id: str, at: datetime) -> str:
    """Tie the heads of all streams to the last checkpoint; its digest goes on printed records."""
    store.lock(clinic_id, ["clinic:checkpoint"])
    past = models.Checkpoint.objects.filter(clinic_id=clinic_id).order_by("-seq").first()
    heads = _heads(clinic_id)
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


def _heads(clinic_id: str) -> list[tuple[str, int, str]]:
    """From the entries' own ends, not from the heads table, which anyone may rewrite."""
    ends: dict[str, tuple[str, int, str]] = {}
    rows = models.Entry.objects.filter(clinic_id=clinic_id).order_by("stream", "seq")
    for stream, seq, digest in rows.values_list("stream", "seq", "digest"):
        ends[stream] = (stream, seq, digest)
    return list(ends.values())


def verify(clinic_id: str, wanted: str | None = None) -> Iterator[str]:
    """What is wrong, in sentences; nothing when all is whole.

    `wanted` is the digest of a checkpoint on paper, which must be among those stored.
    """
    streams = models.Head.objects.filter(clinic_id=clinic_id).values_list("stream", flat=True)
    with_entries = models.Entry.objects.filter(clinic_id=clinic_id).values_list("stream", flat=True)
    for stream in sorted(set(streams) | set(with_entries.distinct())):
        try:
            store.read(clinic_id, stream)
        except store.ChainBroken as broken:
            yield str(broken)
    yield from _checkpoint_faults(clinic_id, wanted)


def _checkpoint_faults(clinic_id: str, wanted: str | None) -> Iterator[str]:
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
    if wanted and wanted not in seen:
        yield f"The checkpoint {wanted} is not in this ledger: its tail was cut, or it is another."


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
    for entry in entries:
        projections.apply(entry)
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
