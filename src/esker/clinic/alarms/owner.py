"""Which process runs a clinic's alarm loop, and whether that loop is well.

On SQLite the owner holds a lock on a file of the data folder and touches it after each whole look.
On PostgreSQL it holds an advisory lock, and the database carries its beat to the other processes.
Either lock goes with the process that held it, however that process ended.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from esker.clinic.live import hub

WELL_S = 4.0  # a loop that has not finished a look for so long is not well
BEAT = "beat"  # as the database carries it
Release = Callable[[], None]
_beats: dict[str, float] = {}  # clinic -> when a whole look was last heard of, monotonic


def claim(clinic_id: str) -> Release | None:
    """Own the loop until the given function is called; None while another process owns it."""
    return _advisory(clinic_id) if connection.vendor == "postgresql" else _file(clinic_id)


def beat(clinic_id: str) -> None:
    """The owner has finished a look at all chairs."""
    beaten(clinic_id)
    if connection.vendor == "postgresql":
        hub.tell(clinic_id, BEAT)
    else:
        os.utime(lock_file(clinic_id))


def beaten(clinic_id: str) -> None:
    _beats[clinic_id] = time.monotonic()


def well(clinic_id: str) -> bool:
    """Whether some process finished a look at all chairs within the last seconds."""
    if time.monotonic() - _beats.get(clinic_id, -WELL_S) < WELL_S:
        return True
    return connection.vendor != "postgresql" and _touched(clinic_id)


def lock_file(clinic_id: str) -> Path:
    return Path(settings.DATA) / f"alarm-loop-{clinic_id}"


def _touched(clinic_id: str) -> bool:
    try:
        return time.time() - lock_file(clinic_id).stat().st_mtime < WELL_S
    except OSError:
        return False


def _file(clinic_id: str) -> Release | None:
    file = lock_file(clinic_id).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file.close


def _advisory(clinic_id: str) -> Release | None:
    """On a connection of its own: the lock is that connection's."""
    number = int.from_bytes(sha256(clinic_id.encode()).digest()[:8], signed=True)
    held = psycopg.connect(**hub.address(), autocommit=True)
    row = held.execute("SELECT pg_try_advisory_lock(%s)", [number]).fetchone()
    if row and row[0]:
        return held.close
    held.close()
    return None
