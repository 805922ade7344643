"""In which zone a monitor's times without an offset are meant."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from esker.clinic import tenancy
from esker.clinic.devices.hl7 import Zones
from esker.clinic.people.models import Clinic
from esker.clinic.setup import queries as setup


def of(clinic_id: str) -> Zones:
    """A function from a monitor's identity to its zone: its own, else the clinic's.

    The tables are asked when a time without an offset turns up, since most senders say theirs.
    """

    @cache
    def known() -> tuple[tzinfo, dict[str, str]]:
        with tenancy.reading(clinic_id):
            default = zone(Clinic.objects.values_list("zone", flat=True).get(pk=clinic_id))
            monitors = setup.monitors(clinic_id)
        return default, {each.identity: each.zone for each in monitors if each.zone}

    def of_monitor(monitor: str) -> tzinfo:
        default, own = known()
        return zone(own[monitor]) if monitor in own else default

    return of_monitor


def zone(name: str) -> tzinfo:
    """The zone of this name; UTC for a name that nobody knows, as setup lets none in."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
