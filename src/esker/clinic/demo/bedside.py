"""Who is tied to which monitor of the demo, and what they took: asked of the queries."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import connection

from esker.clinic.demo import bodies, cast
from esker.clinic.demo.bodies import Body, Effect
from esker.clinic.demo.voices import Cable
from esker.clinic.sessions import dosed

SETTLES = timedelta(minutes=1)
log = logging.getLogger(__name__)


class Bedside:
    """The cables of one clinic's monitors, as they were when it last looked."""

    def __init__(self, clinic_id: str) -> None:
        self.clinic_id = clinic_id
        self.sessions: list[dict[str, Any]] = []
        self._cables: dict[str, Cable] = {}

    def refresh(self, now: datetime) -> None:
        """Look again."""
        self.sessions = dosed.sessions(self.clinic_id, now)
        paired = (each for each in self.sessions if each["monitor"])
        self._cables = {each["monitor"]: cable(each, now) for each in paired}

    def try_refresh(self, now: datetime) -> None:
        """Look again in a thread of its own. When that fails, the monitors speak on as before."""
        try:
            self.refresh(now)
        except Exception:
            log.exception("The simulated monitors could not see what their patients took.")
        finally:
            connection.close()

    def look(self, identity: str) -> Cable | None:
        return self._cables.get(identity)


def cable(said: dict[str, Any], now: datetime) -> Cable:
    """The cuff measures for each due check, and a minute after each change of dose."""
    of = bodies.taken(said)
    told = of.changed_at is not None and now - of.changed_at >= SETTLES
    due = (*(each["id"] for each in said["due"]), *([f"dose of {of.changed_at}"] if told else []))
    return Cable(said["session"], body_of(said["patient"]), of, due)


def body_of(patient: str) -> Body:
    """The body that the cast gives this person; anybody else gets one of their own, always it."""
    return cast.BODIES.get(patient) or Body(crc32(patient.encode()))


def felt(clinic_id: str, now: datetime) -> list[dict[str, Any]]:
    """What each simulated patient who has a chair would say and show now."""
    found = [each for each in dosed.sessions(clinic_id, now) if each["chair"]]
    return [
        {"session": each["session"], "chair": each["chair"], "felt": _effect(each, now)}
        for each in found
    ]


def felt_in(clinic_id: str, session: str, now: datetime) -> Effect | None:
    """The same for one session; None where nobody sits in a chair for it."""
    found = dosed.session(clinic_id, session, now)
    return _effect(found, now) if found and found["chair"] else None


def _effect(said: dict[str, Any], now: datetime) -> Effect:
    return bodies.effect(body_of(said["patient"]), bodies.taken(said), now)
