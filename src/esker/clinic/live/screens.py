"""Which screens watch which chairs. A chair that no audible screen watches is itself an alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from esker.clinic import clock
from esker.clinic.sessions.models import Screen

SILENT = timedelta(seconds=20)  # pages report every 5 s; by the machine's clock, also in a demo


def watch(clinic_id: str, screen: str, chairs: Iterable[str], audible: bool) -> None:
    """This screen shows these chairs now. Inside the clinic's scope."""
    Screen.objects.update_or_create(
        clinic_id=clinic_id,
        screen=screen,
        defaults={
            "chairs": sorted(set(chairs)), "audible": audible, "seen_at": clock.machine(),
        },
    )  # fmt: skip


def watching(clinic_id: str, chair: str | None) -> int:
    """How many audible screens watch this chair. Inside the clinic's scope."""
    return audible(clinic_id)[chair or ""]


def audible(clinic_id: str) -> Counter[str]:
    """How many audible screens watch each chair. Inside the clinic's scope."""
    fresh = Screen.objects.filter(
        clinic_id=clinic_id, audible=True, seen_at__gte=clock.machine() - SILENT
    )
    return Counter(chair for screen in fresh for chair in screen.chairs)
