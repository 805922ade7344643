"""Who is in the building, as the staff streams say."""

from __future__ import annotations

from datetime import timedelta

from esker.clinic import clock
from esker.clinic.ledger.models import Entry
from esker.clinic.people.models import User

SHIFT = timedelta(hours=16)  # who said so yesterday and went home without a word is not here
KINDS = ("staff.arrived", "staff.left")


def on_site(clinic_id: str) -> frozenset[str]:
    """Usernames whose last staff entry is an arrival in this shift. Inside the clinic's scope."""
    last: dict[str, str] = {}
    # By name, not by `LIKE staff:%`, for which all that the clinic ever wrote would be read.
    names = User.objects.filter(clinic_id=clinic_id).values_list("username", flat=True)
    streams = [f"staff:{name}" for name in names]
    rows = Entry.objects.filter(
        clinic_id=clinic_id, stream__in=streams, kind__in=KINDS,
        recorded_at__gte=clock.now() - SHIFT,
    )  # fmt: skip
    for stream, kind in rows.order_by("seq").values_list("stream", "kind"):
        last[stream.removeprefix("staff:")] = kind
    return frozenset(name for name, kind in last.items() if kind == "staff.arrived")
