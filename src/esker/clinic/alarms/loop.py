"""The alarm loop: one owner, a look at every chair each second. Its loss must be seen.

The owner holds a lock on a file of the data folder and touches the file after each whole look, so
that any process of this machine can tell whether the loop is well.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import connection

from esker.clinic import clock
from esker.clinic.alarms.tick import tick
from esker.clinic.devices import sealing
from esker.clinic.live import hub

EVERY_S = 1.0
WELL_S = 4.0  # a loop that has not finished a look for so long is not well
log = logging.getLogger(__name__)


def lock_file() -> Path:
    return Path(settings.DATA) / "alarm-loop"


def well() -> bool:
    """Whether some process finished a look at all chairs within the last seconds."""
    try:
        return time.time() - lock_file().stat().st_mtime < WELL_S
    except OSError:
        return False


def own() -> TextIO | None:
    """The lock, held until it is closed; None when another process owns the loop."""
    file = lock_file().open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def run(clinic_id: str, stop: threading.Event) -> None:
    """Look every second until `stop`. A look that fails is logged, and no beat goes out for it."""
    owned, sealer = None, None
    try:
        while not stop.is_set():
            begun = time.monotonic()
            owned = owned or own()
            if owned is not None:
                sealer = sealer or _sealer(clinic_id, stop)
                _look(clinic_id)
            stop.wait(max(0.0, EVERY_S - (time.monotonic() - begun)))
    finally:
        if owned is not None:
            owned.close()
        connection.close()


def _sealer(clinic_id: str, stop: threading.Event) -> threading.Thread:
    """Seals beside the looks, in a thread of its own: no chair waits for a block."""
    thread = threading.Thread(target=sealing.run, args=(clinic_id, stop), name="sealing")
    thread.start()
    return thread


def _look(clinic_id: str) -> None:
    try:
        tick(clinic_id, clock.now())
    except Exception:
        log.exception("The alarm loop could not look at the chairs of this clinic.")
        connection.close()
        return
    os.utime(lock_file())
    hub.wake(clinic_id)
