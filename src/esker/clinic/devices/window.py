"""The readings that belong to a session: sealed ones and the journal's, in charted order."""

from __future__ import annotations

from datetime import datetime, timedelta

from esker.clinic.devices import journal, trend
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.series import charted
from esker.core.session.state import Session


def readings_for(
    clinic_id: str, state: Session, at: datetime, since: datetime | None = None
) -> tuple[Reading, ...]:
    """What this session's monitors observed since then and was received by `at`, oldest first.

    The same series whether its readings are sealed or still in the journal.
    """
    sealed = trend.sealed(clinic_id, state, since, at)
    number = state.patient.mrn if state.patient else ""
    rows = journal.values(clinic_id, journal.within(state.pairings, since, at))
    held = journal.held(rows, state.pairings, number)
    fresh = charted(each for row in held for each in journal.readings(row))
    return tuple(trend.joined(sealed, fresh))


def recent(clinic_id: str, state: Session, at: datetime, back: timedelta) -> tuple[Reading, ...]:
    """The readings observed in the last `back` before `at`, for those who look each second.

    Blocks that ended earlier are not touched, and a block that is needed is decoded once in this
    process, so the cost is that of the journal's last minute and of what `back` asks for.
    """
    return readings_for(clinic_id, state, at, at - back)
