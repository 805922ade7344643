"""In which zone a monitor's times without an offset are meant."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from esker.clinic.devices.hl7 import Zones
from esker.clinic.people.models import Clinic


def of(clinic_id: str) -> Zones:
    """A function from a monitor's identity to its zone: by default the clinic's."""
    name = Clinic.objects.values_list("zone", flat=True).get(pk=clinic_id)
    default = zone(name)
    return lambda monitor: default


def zone(name: str) -> tzinfo:
    """The zone of this name; UTC for a name that nobody knows, as setup lets none in."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
