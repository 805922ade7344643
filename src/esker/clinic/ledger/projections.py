"""Tables that pages query: each is fed by entries as they are appended, and can be made anew."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.apps import apps
from django.db.models import AutoField, Model

from esker.core import ledger as core

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Replay:
    """The entries that emptied projections are filled from, each stream in its own order."""

    entries: Sequence[core.Entry]
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict)

    def once(self, make: Callable[[Sequence[core.Entry]], T]) -> T:
        """What `make` makes of the entries: projections that need the same share it."""
        if make not in self._made:
            self._made[make] = make(self.entries)
        made: T = self._made[make]
        return made


@dataclass(frozen=True, slots=True)
class Projection:
    prefix: str
    apply: Callable[[core.Entry], None]
    reset: Callable[[str], None]
    tables: Sequence[type[Model]] | None
    refill: Callable[[str, Replay], None] | None


_registered: list[Projection] = []


def register(
    kind_prefix: str,
    apply_fn: Callable[[core.Entry], None],
    reset_fn: Callable[[str], None],
    tables: Sequence[type[Model]] | None = None,
    refill_fn: Callable[[str, Replay], None] | None = None,
) -> None:
    """Feed `apply_fn` every entry whose kind starts so; `reset_fn(clinic_id)` empties it.

    A rebuild compares `tables`; None means every table of its app that has a clinic. It fills an
    emptied table by `refill_fn(clinic_id, replay)` where there is one: the same rows, all at once.
    """
    _registered.append(Projection(kind_prefix, apply_fn, reset_fn, tables, refill_fn))


def apply(entry: core.Entry) -> None:
    for projection in _registered:
        if entry.kind.startswith(projection.prefix):
            projection.apply(entry)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows and states hold no cycles, and stay: to search all of them for some costs a quarter."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def refill(clinic_id: str, entries: Sequence[core.Entry]) -> None:
    """Feed emptied projections every entry there is, each stream in its own order."""
    prefixes = {projection.prefix for projection in _registered}
    replays = {
        prefix: Replay([e for e in entries if e.kind.startswith(prefix)]) for prefix in prefixes
    }
    for projection in _registered:
        mine = replays[projection.prefix]
        if projection.refill is not None:
            projection.refill(clinic_id, mine)
            continue
        for entry in mine.entries:
            projection.apply(entry)


def reset(clinic_id: str) -> None:
    for projection in _registered:
        projection.reset(clinic_id)


def dump(clinic_id: str) -> dict[str, list[str]]:
    """The clinic's rows of every projected table, sorted, without numbers the database gave."""
    return {
        table._meta.db_table: _rows(table, clinic_id)
        for projection in _registered
        for table in _tables(projection)
    }


def _tables(projection: Projection) -> Sequence[type[Model]]:
    if projection.tables is not None:
        return projection.tables
    app = apps.get_containing_app_config(projection.apply.__module__)
    found = app.get_models() if app else []
    return [m for m in found if any(f.name == "clinic" for f in m._meta.get_fields())]


def _rows(table: type[Model], clinic_id: str) -> list[str]:
    names = [f.attname for f in table._meta.concrete_fields if not isinstance(f, AutoField)]
    rows = table._default_manager.filter(clinic_id=clinic_id).values(*names)
    return sorted(repr(row) for row in rows)
