"""What an entry of the ledger is, how it is digested, and how a chain is checked.

Streams are named `kind:id` (patient, session, trend, vial, staff, chair). Within a
stream, `seq` counts 1, 2, 3 ... and each entry holds the digest of the one before it, so a
changed, missing or swapped entry shows. The digest is SHA-256 over the canonical JSON of the
envelope without `digest`, with `body` as the very text that is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64  # `prev` of the first entry of each stream


@dataclass(frozen=True, slots=True)
class Draft:
    """What a decision wants recorded: everything that the shell cannot know better.

    `stream` None means the stream that the command was sent to.
    """

    kind: str
    body: Mapping[str, Any]
    occurred_at: datetime
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was not carried out: a stable code, and a sentence that someone can act on.

    `strength` is 'hold' where a prescriber may override `rule`, 'never' where nobody may.
    """

    code: str
    sentence: str
    strength: str = "never"
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. Times are UTC; `body` is canonical JSON text, kept verbatim."""

    clinic: str
    id: str
    command: str
    n: int
    stream: str
    seq: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    on_behalf_of: str | None
    protocol_hash: str | None
    body: str
    prev: str
    digest: str

    def data(self) -> Any:
        """The body as values; decimals stay strings, as they were digested."""
        return json.loads(self.body)


def canonical(value: Any) -> str:
    """Canonical JSON text: sorted keys, no spaces, decimals as strings, UTC with microseconds.

    Raises TypeError on a float: two machines may print one differently.
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return str(value) if isinstance(value, str) else value
        case Decimal():
            return format(value, "f")
        case datetime():
            return instant(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted(_plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def instant(moment: datetime) -> str:
    """A moment as the ledger writes it: 2026-11-23T15:15:40.000000Z."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot enter the ledger")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The inverse of `instant`."""
    if len(text) != len("2026-11-23T15:15:40.000000Z") or text[-1] != "Z":
        raise ValueError(f"{text!r} is not an instant of the ledger")
    return datetime.fromisoformat(text)


NAMES = tuple(Entry.__dataclass_fields__)


def envelope(entry: Entry) -> dict[str, Any]:
    """An entry as exported: a flat mapping of JSON values, `digest` included."""
    fields = {name: getattr(entry, name) for name in NAMES}
    fields["occurred_at"] = instant(entry.occurred_at)
    fields["recorded_at"] = instant(entry.recorded_at)
    return fields


def digest(entry: Entry) -> str:
    """SHA-256 in hex over the canonical envelope without its own digest."""
    fields = envelope(entry)
    del fields["digest"]
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def seal(entry: Entry) -> Entry:
    """The entry with its digest filled in."""
    return replace(entry, digest=digest(entry))


def faults(stream: Sequence[Entry]) -> Iterator[str]:
    """What is wrong with one stream, in sentences; nothing when it is whole."""
    prev = GENESIS
    for place, entry in enumerate(stream, start=1):
        name = f"{entry.stream} entry {entry.seq}"
        if entry.seq != place:
            yield f"{name} stands where entry {place} should: one is missing or out of order."
            return
        if entry.prev != prev:
            yield f"{name} does not follow the entry before it."
        if digest(entry) != entry.digest:
            yield f"{name} was changed after it was written."
        prev = entry.digest


def checkpoint(heads: Iterable[tuple[str, int, str]], prev: str) -> str:
    """The digest that ties the heads (stream, seq, digest) of all streams to the last checkpoint.

    A cut tail or a vanished stream cannot be seen from inside a chain; it can from here.
    """
    return hashlib.sha256(canonical([prev, sorted(heads)]).encode()).hexdigest()
