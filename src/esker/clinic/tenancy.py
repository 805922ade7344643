"""Every access to a clinic's rows happens inside `scope`, which says whose rows they are.

On PostgreSQL row-level security holds the wall even where a query forgets its filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

_current: ContextVar[str | None] = ContextVar("esker_clinic", default=None)


@contextmanager
def scope(clinic_id: str | UUID) -> Iterator[None]:
    """A transaction in which only this clinic's rows exist.

    Raises RuntimeError inside another clinic's scope: one transaction belongs to one clinic.
    """
    with transaction.atomic(), _only(str(clinic_id)):
        yield


@contextmanager
def reading(clinic_id: str | UUID) -> Iterator[None]:
    """A scope that sees one instant of the database and writes nothing.

    Writers do not wait for it, nor it for them. Inside another scope it is a part of that one.
    """
    snapshot = nullcontext if connection.in_atomic_block else _snapshot
    with snapshot(), _only(str(clinic_id)):
        yield


@contextmanager
def _snapshot() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with transaction.atomic():
            _query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    _query("PRAGMA query_only = ON")
    mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        connection.transaction_mode = mode
        _query("PRAGMA query_only = OFF")


@contextmanager
def _only(clinic: str) -> Iterator[None]:
    if _current.get() not in (None, clinic):
        raise RuntimeError("a scope of one clinic was opened inside another's")
    if connection.vendor == "postgresql":
        _query("SELECT set_config('esker.clinic', %s, true)", clinic)
    token = _current.set(clinic)
    try:
        yield
    finally:
        _current.reset(token)


def _query(sql: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)


def current() -> str | None:
    """The clinic whose scope is open, if any."""
    return _current.get()
