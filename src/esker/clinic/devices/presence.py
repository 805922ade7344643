"""Whether the gateway is there, told through the database: the alarm loop may run elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from esker.clinic import clock, tenancy
from esker.clinic.devices.models import Listening

LOST = timedelta(seconds=10)  # the gateway shows itself every 3 s; by the machine's clock


def note(clinic_id: str) -> None:
    """The gateway takes connections, and the database what it writes."""
    with tenancy.scope(clinic_id):
        Listening.objects.update_or_create(
            clinic_id=clinic_id, defaults={"seen_at": clock.machine()}
        )


def note_full(clinic_id: str) -> None:
    """The gateway is there, hears whom it has, and lets nobody else in."""
    with tenancy.scope(clinic_id):
        Listening.objects.filter(clinic_id=clinic_id).update(full_at=clock.machine())


def is_full(clinic_id: str) -> bool:
    """Whether a gateway that is missed is there after all. Inside the clinic's scope."""
    lately = clock.machine() - LOST
    return Listening.objects.filter(clinic_id=clinic_id, full_at__gte=lately).exists()


def lost_since(clinic_id: str, at: datetime) -> datetime | None:
    """Since when, by the clinic's clock that shows `at`, no gateway was seen; None while one is.

    Inside the clinic's scope. A clinic that was never served has no gateway to lose.
    """
    rows = Listening.objects.filter(clinic_id=clinic_id)
    seen = rows.values_list("seen_at", flat=True).first()
    away = clock.machine() - seen if seen else timedelta()
    return at - away if away > LOST else None
