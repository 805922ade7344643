"""About once a minute the used readings of each session go from the journal into its record.

One transaction per session appends the blocks and takes their rows out of the journal, so that a
reading is in one of the two and never in neither. What a person must settle stays where it is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from esker.clinic import clock, tenancy
from esker.clinic.devices import journal, models, trend, unread
from esker.clinic.ledger import store
from esker.core.ledger import Draft
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.pairing import Pairing
from esker.core.monitoring.series import charted, sensor
from esker.core.monitoring.trend import block

ACTOR = "sealing"
EVERY_S = 60.0
BACK = timedelta(days=7)  # a pairing that ended earlier is not looked at for late readings
REPEATS = timedelta(minutes=10)  # so long a message without readings is known as itself
log = logging.getLogger(__name__)
T = TypeVar("T")


def run(clinic_id: str, stop: threading.Event) -> None:
    """Seal every minute until `stop`; what could not be sealed stays in the journal till then.

    One session after the other, spread over the minute: fifty in a row would hold up whoever
    writes meanwhile, and that is the gateway.
    """
    try:
        while not stop.is_set():
            sessions = _tried(_heard, clinic_id, clock.now()) or []
            for session in sessions:
                if not stop.wait(EVERY_S / len(sessions)):
                    _tried(seal_session, clinic_id, session, clock.now())
            if not sessions:
                stop.wait(EVERY_S)
            _tried(_drop_repeats, clinic_id, clock.now())
    finally:
        connection.close()


def _tried(work: Callable[..., T], *about: Any) -> T | None:
    try:
        return work(*about)
    except Exception:
        log.exception("The readings of this clinic could not be sealed.")
        connection.close()
        return None


def seal(clinic_id: str, at: datetime) -> int:
    """Seal what every session of this clinic received up to `at`; how many readings went."""
    sealed = sum(seal_session(clinic_id, each, at) for each in _heard(clinic_id, at))
    _drop_repeats(clinic_id, at)
    return sealed


def _heard(clinic_id: str, at: datetime) -> list[str]:
    """Sessions whose monitors, now or in the last days, have anything in the journal."""
    with tenancy.reading(clinic_id):
        spoke = models.Sample.objects.filter(clinic_id=clinic_id).values_list("monitor", flat=True)
        wanted = Q(until=None) | Q(until__gte=at - BACK)
        rows = models.Pairing.objects.filter(wanted, clinic_id=clinic_id, monitor__in=set(spoke))
        return sorted(set(rows.values_list("session", flat=True)))


def _drop_repeats(clinic_id: str, at: datetime) -> None:
    with tenancy.scope(clinic_id):
        _drop_messages(clinic_id, Q(received_at__lt=at - REPEATS))


def seal_session(clinic_id: str, session: str, at: datetime) -> int:
    """Seal one session's readings; how many."""
    with tenancy.scope(clinic_id):
        stream = trend.stream_of(session)
        store.lock(clinic_id, [stream])
        rows = _unsealed(clinic_id, session, at)
        if not rows:
            return 0
        new = _new(clinic_id, session, rows)
        if new:
            _append(clinic_id, stream, new, at)
        gone = [row[-1] for row in rows]
        models.Sample.objects.filter(clinic_id=clinic_id, pk__in=gone).delete()
        _drop_messages(clinic_id, Q(pk__in={row[-2] for row in rows}))
        return len(new)


def _unsealed(clinic_id: str, session: str, at: datetime) -> list[journal.Values]:
    rows = models.Pairing.objects.filter(clinic_id=clinic_id, session=session)
    pairings = [
        Pairing(row.monitor, row.chair, row.begins, row.until, row.named_from) for row in rows
    ]
    if not pairings:
        return []
    found = journal.values(clinic_id, journal.within(pairings, None, at))
    return list(journal.held(found, pairings, rows[0].number))


def _new(clinic_id: str, session: str, rows: Sequence[journal.Values]) -> list[Reading]:
    """The rows as readings, without those that are sealed already; late ones are marked."""
    newest = trend.newest(clinic_id, session)
    readings = [each for row in rows for each in journal.readings(row)]
    old = [r for r in readings if (last := newest.get(sensor(r))) and r.observed_at <= last]
    known = _sealed_values(clinic_id, session, old)
    others = [each for each in old if known.get(each.id, each.value) != each.value]
    _note_others(clinic_id, others, known)
    return list(charted((each for each in readings if each.id not in known), newest))


def _sealed_values(clinic_id: str, session: str, old: Sequence[Reading]) -> dict[str, Decimal]:
    """What is sealed by id, around the times of these readings."""
    if not old:
        return {}
    times = [each.observed_at for each in old]
    found = trend.blocks(clinic_id, session, min(times), max(times))
    return {each.id: each.value for _, readings in found for each in readings}


def _note_others(clinic_id: str, others: Iterable[Reading], known: dict[str, Decimal]) -> None:
    unread.keep(
        clinic_id,
        [
            unread.other(
                each.device or "", each.channel, each.value, each.observed_at, known[each.id],
                each.received_at, None,
            )
            for each in others
        ],
    )  # fmt: skip


def _append(clinic_id: str, stream: str, new: Sequence[Reading], at: datetime) -> None:
    """A block of what came in time, and a further one of what came late."""
    timely = [each for each in new if not each.late]
    late = [each for each in new if each.late]
    drafts = [
        Draft(trend.SEALED, {"block": block(part)}, part[-1].observed_at)
        for part in (timely, late)
        if part
    ]
    store.append(
        clinic_id, command=store.new_id(at), actor=ACTOR, drafts=drafts, stream=stream,
        recorded_at=at,
    )  # fmt: skip


def _drop_messages(clinic_id: str, done: Q) -> None:
    """Take out messages that say nothing more than what is sealed.

    Kept: those with a reading still in the journal, and the last of each unread line.
    """
    of_reading = models.Sample.objects.filter(message=OuterRef("pk"))
    of_unread = models.Unread.objects.filter(message=OuterRef("pk"))
    rows = models.Message.objects.filter(done, clinic_id=clinic_id)
    rows.filter(~Exists(of_reading), ~Exists(of_unread)).delete()
