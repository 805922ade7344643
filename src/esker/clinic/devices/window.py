"""The readings that belong to a session: its paired monitor's, in charted order."""

from __future__ import annotations

from datetime import datetime, timedelta

from esker.clinic.devices.models import Reading as Row
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.series import charted
from esker.core.session.state import Session

BEFORE_PAIRING = timedelta(minutes=2)  # a nurse pairs what is already on the screen


def readings_for(
    clinic_id: str, state: Session, at: datetime, since: datetime | None = None
) -> tuple[Reading, ...]:
    """What the paired monitor observed since then, oldest first; none without a pairing."""
    if state.monitor is None or state.paired_at is None:
        return ()
    earliest = state.paired_at - BEFORE_PAIRING
    begin = max(since or earliest, earliest)
    end = min(at, state.closed_at or at)  # the pairing ends with the session; its chart stays
    rows = Row.objects.filter(
        clinic_id=clinic_id, monitor=state.monitor, observed_at__gte=begin, received_at__lte=end
    )
    return charted(_reading(row) for row in rows)


def _reading(row: Row) -> Reading:
    channel = Channel(row.channel)
    whole = row.value == row.value.to_integral_value()
    return Reading(
        str(row.pk), channel, row.value.quantize(1) if whole else row.value.normalize(),
        UNIT[channel], row.observed_at, row.received_at, Source.MONITOR, row.monitor, row.method,
    )  # fmt: skip
