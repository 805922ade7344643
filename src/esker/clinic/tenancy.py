"""Every access to a clinic's rows happens inside `scope`, which says whose rows they are.

On PostgreSQL row-level security holds the wall even where a query forgets its filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

_current: ContextVar[str | None] = ContextVar("esker_clinic", default=None)


@contextmanager
def scope(clinic_id: str | UUID) -> Iterator[None]:
    """A transaction in which only this clinic's rows exist.

    Raises RuntimeError inside another clinic's scope: one transaction belongs to one clinic.
    """
    clinic = str(clinic_id)
    if _current.get() not in (None, clinic):
        raise RuntimeError("a scope of one clinic was opened inside another's")
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('esker.clinic', %s, true)", [clinic])
        token = _current.set(clinic)
        try:
            yield
        finally:
            _current.reset(token)


def current() -> str | None:
    """The clinic whose scope is open, if any."""
    return _current.get()
