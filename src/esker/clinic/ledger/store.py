"""Reads and appends, inside `tenancy.scope`. What it returns has had its chain checked."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from esker.clinic.ledger import models, projections
from esker.core import ledger as core

FIELDS = tuple(core.Entry.__dataclass_fields__)


class ChainBroken(Exception):
    """The stored ledger is not what was written; the message says where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered the first time."""

    body_digest: str
    answer: Any


def lock(clinic_id: str, streams: Iterable[str]) -> None:
    """Hold these streams until the transaction ends; sorted, so that two cannot deadlock."""
    names = sorted(set(streams))
    models.Head.objects.bulk_create(
        [models.Head(clinic_id=clinic_id, stream=s, digest=core.GENESIS) for s in names],
        ignore_conflicts=True,
    )
    heads = models.Head.objects.filter(clinic_id=clinic_id, stream__in=names).order_by("stream")
    list(heads.select_for_update())  # SQLite ignores it: its transaction is already the only writer


def read(clinic_id: str, stream: str, after: int = 0) -> list[core.Entry]:
    """The stream's entries with seq above `after`, checked link by link up to its head.

    Raises ChainBroken when one was changed, removed or forged.
    """
    rows = models.Entry.objects.filter(clinic_id=clinic_id, stream=stream, seq__gte=max(after, 1))
    entries = [entry_of(row) for row in rows.order_by("seq")]
    for fault in _faults(entries, max(after, 1)):
        raise ChainBroken(fault)
    head = models.Head.objects.filter(clinic_id=clinic_id, stream=stream).first()
    end = (head.seq, head.digest) if head else (0, core.GENESIS)
    last = (entries[-1].seq, entries[-1].digest) if entries else (0, core.GENESIS)
    if end != last:
        raise ChainBroken(f"{stream} ends at entry {last[0]}, and its head says {end[0]}.")
    return [entry for entry in entries if entry.seq > after]


def _faults(entries: Sequence[core.Entry], first: int) -> Iterable[str]:
    if first == 1:
        return core.faults(entries)
    return _tail_faults(entries, first)


def _tail_faults(entries: Sequence[core.Entry], first: int) -> Iterable[str]:
    for place, entry in enumerate(entries, start=first):
        name = f"{entry.stream} entry {entry.seq}"
        if entry.seq != place or core.digest(entry) != entry.digest:
            yield f"{name} was changed, or one before it is missing."
        elif place > first and entry.prev != entries[place - first - 1].digest:
            yield f"{name} does not follow the entry before it."


def append(
    clinic_id: str,
    *,
    command: str,
    actor: str,
    drafts: Sequence[core.Draft],
    stream: str,
    recorded_at: datetime,
    on_behalf_of: str | None = None,
    protocol_hash: str | None = None,
) -> list[core.Entry]:
    """Append the drafts of one command, feed the projections, and wake listeners on commit.

    Raises IntegrityError when the command already appended: look its answer up first.
    """
    clinic = str(clinic_id)
    lock(clinic, {draft.stream or stream for draft in drafts})
    found = models.Head.objects.filter(clinic_id=clinic)
    heads = {h.stream: h for h in found.filter(stream__in=[d.stream or stream for d in drafts])}
    entries = []
    for n, draft in enumerate(drafts, start=1):
        head = heads[draft.stream or stream]
        entry = core.seal(
            core.Entry(
                clinic=clinic,
                id=new_id(recorded_at),
                command=command,
                n=n,
                stream=head.stream,
                seq=head.seq + 1,
                kind=draft.kind,
                occurred_at=draft.occurred_at,
                recorded_at=recorded_at,
                actor=actor,
                on_behalf_of=on_behalf_of,
                protocol_hash=protocol_hash,
                body=core.canonical(draft.body),
                prev=head.digest,
                digest="",
            )
        )
        head.seq, head.digest = entry.seq, entry.digest
        entries.append(entry)
    models.Entry.objects.bulk_create([_row(entry) for entry in entries])
    models.Head.objects.bulk_update(heads.values(), ["seq", "digest"])
    for entry in entries:
        projections.apply(entry)
    _tell(entries)
    return entries


_listeners: list[Callable[[list[core.Entry]], None]] = []


def on_append(listener: Callable[[list[core.Entry]], None]) -> None:
    """Call `listener(entries)` in this process after each commit that appended."""
    _listeners.append(listener)


def _tell(entries: list[core.Entry]) -> None:
    if connection.vendor == "postgresql" and entries:
        with connection.cursor() as cursor:  # delivered by the database at commit
            cursor.execute("SELECT pg_notify('esker', %s)", [entries[0].clinic])
    for listener in _listeners:
        transaction.on_commit(lambda listener=listener: listener(entries), robust=True)


def answered(clinic_id: str, command: str, body_digest: str) -> Answer | core.Refused | None:
    """The first answer to this command id; Refused when it now carries another body."""
    row = models.CommandAnswer.objects.filter(clinic_id=clinic_id, command=command).first()
    if row is None:
        return None
    if row.body_digest != body_digest:
        said = "This command id was already used for something else. Reload the page and try again."
        return core.Refused("command_reused", said)
    return Answer(row.body_digest, json.loads(row.answer))


def remember(clinic_id: str, command: str, body_digest: str, answer_json: Any) -> None:
    """Keep the answer to an accepted command. Refusals are not kept: a retry asks again."""
    models.CommandAnswer.objects.create(
        clinic_id=clinic_id,
        command=command,
        body_digest=body_digest,
        answer=json.dumps(answer_json, default=str),
    )


def new_id(at: datetime) -> str:
    """A UUIDv7: sorts by `at` to the millisecond."""
    stamp = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    value = stamp << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


def first_id(at: datetime) -> str:
    """The lowest id that an entry recorded at `at` can have."""
    return str(UUID(int=(int(at.timestamp() * 1000) & ((1 << 48) - 1)) << 80))


def entry_of(row: models.Entry) -> core.Entry:
    values = {name: getattr(row, name) for name in FIELDS if name != "clinic"}
    return core.Entry(clinic=str(row.clinic_id), **values)


def _row(entry: core.Entry) -> models.Entry:
    values = asdict(entry)
    return models.Entry(clinic_id=values.pop("clinic"), **values)
