"""Wakes the live pages of this process when something was recorded or when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from esker.clinic.ledger import store
from esker.core.ledger import Entry

_waiting: dict[asyncio.Event, tuple[asyncio.AbstractEventLoop, str]] = {}
_closing = False


def listen() -> None:
    """Let every append wake the pages of its clinic."""
    store.on_append(_appended)


def _appended(entries: list[Entry]) -> None:
    if entries:
        wake(entries[0].clinic)


def wake(clinic_id: str | None = None) -> None:
    """Wake one clinic's pages, or all. From any thread."""
    for event, (loop, clinic) in list(_waiting.items()):
        if clinic_id in (None, clinic) and not loop.is_closed():
            loop.call_soon_threadsafe(event.set)


def close() -> None:
    """End all streams: the server is stopping."""
    global _closing
    _closing = True
    wake()


def closing() -> bool:
    return _closing


@contextmanager
def waiter(clinic_id: str) -> Iterator[asyncio.Event]:
    """An event that is set whenever this clinic's pages have something to read."""
    event = asyncio.Event()
    _waiting[event] = (asyncio.get_running_loop(), clinic_id)
    try:
        yield event
    finally:
        del _waiting[event]
