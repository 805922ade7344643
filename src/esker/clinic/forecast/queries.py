"""What a page asks about a session's forecast: plain JSON values."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from esker.clinic import tenancy
from esker.clinic.forecast import inputs
from esker.clinic.forecast.models import Forecast
from esker.clinic.sessions.models import SessionRow

OLD = timedelta(minutes=10)  # older than this, nothing is drawn: the patient has moved on
OF_THE_PATIENT = "Reckoned"  # begins what was charted of them
WAITING = "The forecast is being worked out."


class NoSuchSession(LookupError):
    """There is no session of this id in this clinic."""


def latest(clinic_id: str, session_id: str, now: datetime) -> dict[str, Any]:
    """The newest forecast, or a sentence in its place. Raises NoSuchSession."""
    with tenancy.reading(clinic_id):
        row = SessionRow.objects.filter(clinic_id=clinic_id, session=session_id).first()
        if row is None:
            raise NoSuchSession(session_id)
        found = Forecast.objects.filter(clinic_id=clinic_id, session=session_id).first()
    watched = row.closed_at is None and row.phase in [phase.value for phase in inputs.WATCHED]
    if not watched or row.dosed_at is None:
        return {
            "state": "off",
            "sentence": "There is a forecast from the first dose until recovery.",
        }
    if found is None:
        return {"state": "waiting", "sentence": WAITING}
    if not found.answer:
        return {"state": "none", "sentence": found.sentence}
    if now - found.made_at > OLD:
        return {"state": "none", "sentence": "The last forecast is too old to show."}
    return {
        "state": "shown",
        "entry": found.entry,
        "made_at": found.made_at.isoformat(),
        "first_dose_at": found.first_dose_at.isoformat() if found.first_dose_at else None,
        **json.loads(found.answer),
    }


def hidden(found: dict[str, Any]) -> dict[str, Any]:
    """The same for a locked screen: how the patient does, not which medicines they take."""
    notes = [note for note in found.get("notes", ()) if not note.startswith(OF_THE_PATIENT)]
    return found | {"notes": notes}
