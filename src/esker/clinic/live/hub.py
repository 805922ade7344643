"""Wakes whoever waits for news of a clinic: its live pages and its alarm loop.

News within this process is told at once. On PostgreSQL the database carries it to the others; on
SQLite they look twice a second.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from esker.clinic.ledger import store
from esker.core.ledger import Entry

_waiting: dict[object, tuple[Callable[[], None], str]] = {}
_closing = threading.Event()
CHANNEL = "esker"  # what the ledger notifies at each commit, too


def listen() -> None:
    """Let every append wake those who wait for its clinic."""
    store.on_append(_appended)


def _appended(entries: list[Entry]) -> None:
    if entries:
        wake(entries[0].clinic)


def wake(clinic_id: str | None = None) -> None:
    """Wake those who wait for one clinic, or all. From any thread."""
    for call, clinic in list(_waiting.values()):
        if clinic_id in (None, clinic):
            call()


def tell(clinic_id: str, said: str = "") -> None:
    """Wake this process and, on PostgreSQL, the others. Outside a transaction."""
    carry(clinic_id, said)
    wake(clinic_id)


def carry(clinic_id: str, said: str = "") -> None:
    """Wake, on PostgreSQL, the other processes; inside a transaction, with its commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{clinic_id} {said}".strip()])


def address() -> dict[str, Any]:
    """Where this process finds its PostgreSQL, for a connection beside Django's."""
    found = connection.get_connection_params()
    return {n: found[n] for n in ("dbname", "user", "password", "host", "port") if found.get(n)}


def close() -> None:
    """End all streams: the server is stopping."""
    _closing.set()
    wake()


def closing() -> bool:
    return _closing.is_set()


@contextmanager
def waiter(clinic_id: str) -> Iterator[asyncio.Event]:
    """An event of the running loop, set whenever there is news of this clinic."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def call() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    with _registered(call, clinic_id):
        yield event


@contextmanager
def thread_waiter(clinic_id: str) -> Iterator[threading.Event]:
    """The same for a thread."""
    event = threading.Event()
    with _registered(event.set, clinic_id):
        yield event


@contextmanager
def _registered(call: Callable[[], None], clinic_id: str) -> Iterator[None]:
    key = object()
    _waiting[key] = (call, clinic_id)
    try:
        yield
    finally:
        del _waiting[key]
