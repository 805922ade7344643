"""The loop that keeps forecasts fresh: one owner per data folder, beside the web pages.

A confirmed pressure, score or dose wakes it; besides that it looks every second. A forecast is
made when its question changed, or when its "now" has grown old; what changed goes first, and a look
refreshes one old one at most. Forecasts of one session are some real time apart, however fast a
demo's clock runs.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection

from esker.clinic import clock, tenancy
from esker.clinic.forecast import inputs, made
from esker.clinic.forecast.helper import Helper, Lost
from esker.clinic.forecast.models import Forecast
from esker.clinic.ledger import store
from esker.clinic.sessions import folding, protocols
from esker.clinic.sessions.models import SessionRow
from esker.core.ledger import Draft, Entry

ACTOR = "forecast"
EVERY_S = 1.0
APART_S = 0.5  # real seconds between two forecasts of one session
AGED = timedelta(minutes=2)  # of the clinic's clock, after which "now" is moved on
AGED_APART_S = 5.0  # and real seconds
REST_S = 15.0  # after the process was lost
LOST = "The forecast is not available at the moment. Vital signs and alarms are not affected."
KEPT = ("observed", "baseline_sbp_mmhg", "covariates", "told", "sentence")
log = logging.getLogger(__name__)
Question = dict[str, Any]


@dataclass(slots=True)
class Known:
    """What was last asked about one session."""

    question: Question = field(default_factory=dict)
    at: datetime | None = None
    monotonic: float = 0.0


def run(clinic_id: str, stop: threading.Event) -> None:
    """Forecast until `stop`. A forecast that fails is said on its page, and nothing else stops."""
    woken, helper, known = _wakened(clinic_id), Helper(stop=stop), dict[str, Known]()
    owned = None
    try:
        while not stop.is_set():
            if owned is None and (owned := _own()):
                helper.start()
            if owned is not None:
                _safely(clinic_id, helper, known)
            woken.wait(EVERY_S)
            woken.clear()
    finally:
        helper.close()
        if owned is not None:
            owned.close()
        connection.close()


def _wakened(clinic_id: str) -> threading.Event:
    woken = threading.Event()

    def appended(entries: list[Entry]) -> None:
        if any(e.clinic == clinic_id and e.stream.startswith("session:") for e in entries):
            woken.set()

    store.on_append(appended)
    return woken


def _own() -> TextIO | None:
    """The lock, held until it is closed; None when another process forecasts for this folder."""
    file = (Path(settings.DATA) / "forecast-loop").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _safely(clinic_id: str, helper: Helper, known: dict[str, Known]) -> None:
    try:
        look(clinic_id, helper, known, clock.now())
    except Exception:
        log.exception("The forecast loop could not look at this clinic.")
        connection.close()


def look(clinic_id: str, helper: Helper, known: dict[str, Known], now: datetime) -> None:
    """Make every forecast that is due at `now`."""
    for session, begun, asked in _due(clinic_id, known, now):
        known[session] = Known(asked, now, time.monotonic())
        try:
            if isinstance(asked.get("sentence"), str):
                _keep(clinic_id, session, now, begun, asked)
                continue
            _keep(clinic_id, session, now, begun, helper.ask(asked))
        except Lost as why:
            log.warning("The forecasting process was lost: %s", why)
            known[session] = Known({}, now, time.monotonic() + REST_S)
            _keep(clinic_id, session, now, begun, {"sentence": LOST})


def _due(
    clinic_id: str, known: dict[str, Known], now: datetime
) -> list[tuple[str, datetime | None, Question]]:
    with tenancy.reading(clinic_id):
        rows = SessionRow.objects.filter(clinic_id=clinic_id, closed_at=None, dosed_at__lte=now)
        rows = rows.filter(phase__in=[phase.value for phase in inputs.WATCHED])
        found = [(row.session, *_question(clinic_id, row, now)) for row in rows]
    changed = [each for each in found if _changed(known.get(each[0]), each[2])]
    aged = [each for each in found if each not in changed and _aged(known.get(each[0]), now)]
    return [*changed, *aged[:1]]


def _changed(last: Known | None, asked: Question) -> bool:
    if last is None:
        return True
    apart = time.monotonic() - last.monotonic >= APART_S
    return apart and _without_now(asked) != _without_now(last.question)


def _aged(last: Known | None, now: datetime) -> bool:
    if last is None or last.at is None or time.monotonic() - last.monotonic < AGED_APART_S:
        return False
    return abs(now - last.at) >= AGED


def _without_now(asked: Question) -> Question:
    """A question apart from when it is asked, and from the instant at which a rest would go on."""
    doses = asked.get("doses", [])
    return {k: asked.get(k) for k in KEPT} | {
        "begun": [dose for dose in doses if dose["at_min"] < asked["now_min"]],
        "doses": len(doses),
    }


def _question(clinic_id: str, row: SessionRow, now: datetime) -> tuple[datetime | None, Question]:
    state, protocol = folding.fold(clinic_id, row.session), protocols.get(row.protocol_hash)
    if protocol is None:
        return None, {"sentence": "The protocol of this session has gone."}
    earlier = SessionRow.objects.filter(
        clinic_id=clinic_id, patient=row.patient, dosed_at__lt=row.dosed_at
    )
    begun = inputs.first_dose_at(state)
    try:
        return begun, inputs.request(state, protocol, now, earlier.count())
    except inputs.Unable as why:
        return begun, {"sentence": str(why)}


def _keep(
    clinic_id: str, session: str, now: datetime, begun: datetime | None,
    found: dict[str, Any],
) -> None:  # fmt: skip
    """Store what pages show and, when it is a forecast, the entry from which it can be remade."""
    answer = found.get("answer")
    shown = {
        "made_at": now, "first_dose_at": begun, "entry": "",
        "answer": made.text(answer) if answer else "", "sentence": found.get("sentence", ""),
    }  # fmt: skip
    with tenancy.scope(clinic_id):
        if answer:
            [entry] = store.append(
                clinic_id, command=store.new_id(now), actor=ACTOR, recorded_at=now,
                drafts=[Draft(made.KIND, made.body(found["question"], answer), now)],
                stream=made.stream_of(session),
            )  # fmt: skip
            shown["entry"] = entry.id
        Forecast.objects.update_or_create(clinic_id=clinic_id, session=session, defaults=shown)
