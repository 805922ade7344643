"""The alarm loop: every chair each second, and a chair that spoke at once. Its loss must be seen.

One process owns it (see `owner`); the others wait to take over. It also seals and checkpoints, in
a thread of their own, since the two may take longer than an alarm can wait.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import connection

from esker.clinic import clock, tenancy
from esker.clinic.alarms import checkpoints, owner
from esker.clinic.alarms.tick import Watch
from esker.clinic.devices import sealing
from esker.clinic.live import hub, screens

PROBE = "alarm-loop"  # a screen that nobody sees and nobody hears
EVERY_S = 1.0  # every chair, also where nothing is heard
PAUSE_S = 0.2  # between looks: fifty chairs would wake it fifty times a second
CLAIM_S = 1.0  # how often a process that waits tries to take over
log = logging.getLogger(__name__)


def run(clinic_id: str, stop: threading.Event) -> None:
    """Own the loop as soon as nobody else does, and look until `stop`."""
    while not stop.is_set():
        release = _claimed(clinic_id)
        if release is None:
            stop.wait(CLAIM_S)
            continue
        log.info("This process runs the alarm loop of clinic %s.", clinic_id)
        over = threading.Event()
        others = [_beside(work, clinic_id, over) for work in (sealing.run, checkpoints.run)]
        try:
            _watch(clinic_id, stop)
        finally:
            over.set()
            for thread in others:
                thread.join()
            release()
            connection.close()


def _claimed(clinic_id: str) -> owner.Release | None:
    try:
        return owner.claim(clinic_id)
    except Exception:
        log.exception("The database does not say who runs the alarm loop.")
        return None


def _beside(work, clinic_id: str, stop: threading.Event) -> threading.Thread:  # type: ignore[no-untyped-def]
    thread = threading.Thread(target=work, args=(clinic_id, stop), name=work.__module__)
    thread.start()
    return thread


def _watch(clinic_id: str, stop: threading.Event) -> None:
    """Look until `stop`, or until a look fails: then the loop is claimed anew, by whoever can."""
    watch, everywhere_s = Watch(clinic_id), 0.0
    with hub.thread_waiter(clinic_id) as news:
        while not stop.is_set():
            news.wait(max(0.0, everywhere_s + EVERY_S - time.monotonic()))
            news.clear()  # before looking: what is told in between is not lost
            begun = time.monotonic()
            everywhere = begun - everywhere_s >= EVERY_S
            if not _look(watch, everywhere=everywhere):
                stop.wait(EVERY_S)
                return
            if watch.left:
                news.set()
            everywhere_s = begun if everywhere else everywhere_s
            stop.wait(max(0.0, PAUSE_S - (time.monotonic() - begun)))


def _probe(clinic_id: str) -> None:
    """A write now and then: on a full disk the chairs can be looked at, and no reading comes."""
    with tenancy.scope(clinic_id):
        screens.watch(clinic_id, PROBE, (), audible=False)


def _look(watch: Watch, *, everywhere: bool) -> bool:
    """One look; one that fails is logged, and no beat goes out for it."""
    try:
        watch.look(clock.now(), everywhere=everywhere)
        if everywhere:
            _probe(watch.clinic_id)
            owner.beat(watch.clinic_id)
    except Exception:
        log.exception("The alarm loop could not look at the chairs of clinic %s.", watch.clinic_id)
        connection.close()
        return False
    return True
