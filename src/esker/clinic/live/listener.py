"""Hears, on PostgreSQL, what other processes told: news of a clinic, and the alarm loop's beat.

A notice only wakes: what is new is read by its number. After a lost connection everyone looks.
"""

from __future__ import annotations

import logging
import threading

import psycopg
from django.db import connection

from esker.clinic.alarms import owner
from esker.clinic.live import hub

AGAIN_S = 1.0
log = logging.getLogger(__name__)


def run(stop: threading.Event) -> None:
    """Listen until `stop`; nothing to do where one process has the database to itself."""
    while connection.vendor == "postgresql" and not stop.is_set():
        try:
            _listen(stop)
        except psycopg.OperationalError:
            log.exception("Notices from the database are not heard; trying again.")
            stop.wait(AGAIN_S)
        hub.wake()


def _listen(stop: threading.Event) -> None:
    with psycopg.connect(**hub.address(), autocommit=True) as heard:
        heard.execute(f"LISTEN {hub.CHANNEL}")
        hub.wake()
        while not stop.is_set():
            for notice in heard.notifies(timeout=AGAIN_S):
                clinic, _, said = notice.payload.partition(" ")
                if said == owner.BEAT:
                    owner.beaten(clinic)
                else:
                    hub.wake(clinic)
