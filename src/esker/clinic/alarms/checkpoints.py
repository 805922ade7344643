"""Checkpoints on a schedule: every ten minutes, and soon after a session closed."""

from __future__ import annotations

import logging
import threading

from django.db import connection

from esker.clinic import clock, tenancy
from esker.clinic.ledger import audit, newest, store
from esker.core.ledger import Entry

EVERY_S = 600.0
log = logging.getLogger(__name__)
_closed = threading.Event()


def listen() -> None:
    """Let the closing of a session in this process call for a checkpoint."""
    store.on_append(_appended)


def _appended(entries: list[Entry]) -> None:
    if any(entry.kind == "session.closed" for entry in entries):
        _closed.set()


def run(clinic_id: str, stop: threading.Event) -> None:
    """Tie the heads together until `stop`. One that fails is logged; the next one ties as much."""
    try:
        left_s = 0.0  # the first at once: it ties what the last process left
        while not stop.is_set():
            if left_s <= 0 or _closed.is_set():
                _closed.clear()
                left_s = EVERY_S
                _checkpoint(clinic_id)
            stop.wait(1.0)
            left_s -= 1.0
    finally:
        connection.close()


def _checkpoint(clinic_id: str) -> None:
    try:
        with tenancy.scope(clinic_id):
            made = audit.checkpoint(clinic_id, clock.now())
        newest.note(clinic_id, made)
    except Exception:
        log.exception("The heads of clinic %s could not be tied together.", clinic_id)
        connection.close()
