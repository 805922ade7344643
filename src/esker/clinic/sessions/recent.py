"""The last minutes of each session's readings, in memory, for those who look every second.

A copy of the journal and the blocks and nothing besides: filled from the database when a session
is first asked for, led on by what the journal received since, and filled anew each minute.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Q

from esker.clinic.devices import journal, models
from esker.clinic.devices import window as charts
from esker.clinic.sessions.surroundings import told
from esker.core.monitoring.alarms import lookback
from esker.core.monitoring.channels import Channel, Reading, Readings
from esker.core.monitoring.pairing import Pairing
from esker.core.monitoring.series import Sensor, charted, in_order, sensor
from esker.core.protocols.schema import Protocol
from esker.core.session.state import Session

ANEW_S = 60.0  # a copy older than this is read again, whatever was missed
STALLED_S = 20.0  # after so long without a look, rows may have been sealed unseen
TREND = timedelta(minutes=7)  # what the tiles' trend needs, beside what the alarms need


@dataclass(slots=True)
class _Kept:
    pairings: tuple[Pairing, ...]
    number: str  # of the patient
    filled_s: float
    readings: list[Reading]
    ids: set[str]
    newest: dict[Sensor, datetime] = field(default_factory=dict)


class Recent:
    """For one thread: each look begins with `follow`, inside the scope of that look."""

    def __init__(self, clinic_id: str) -> None:
        self.clinic_id = clinic_id
        self._cursor: int | None = None
        self._followed_s = 0.0
        self._kept: dict[str, _Kept] = {}
        self._fresh: dict[str, list[journal.Values]] = {}

    def follow(self) -> frozenset[str]:
        """Take in what the journal received since; the monitors that spoke.

        Numbers of rows are in the order of commits, since one writer keeps a clinic's journal.
        """
        now = time.monotonic()
        if self._cursor is None or now - self._followed_s > STALLED_S:
            self._kept.clear()
            last = models.Reading.objects.filter(clinic_id=self.clinic_id).aggregate(n=Max("pk"))
            self._cursor = max(last["n"] or 0, self._cursor or 0)
        self._followed_s = now
        self._fresh = defaultdict(list)
        for row in journal.values(self.clinic_id, Q(pk__gt=self._cursor)):
            self._fresh[row[1]].append(row)
            self._cursor = max(self._cursor, row[-1])
        for session in self._kept:
            self._lead_on(session)
        return frozenset(self._fresh)

    def readings(self, state: Session, protocol: Protocol, at: datetime) -> Readings:
        """What alarms and tiles need of this session's past, oldest first."""
        kept = self._kept.get(state.id)
        old = kept is None or time.monotonic() - kept.filled_s > ANEW_S
        if kept is None or old or kept.pairings != tuple(state.pairings):
            kept = self._kept[state.id] = self._filled(state, protocol, at)
        people = told(state, at - max(lookback(protocol).values(), default=TREND))
        return in_order([*kept.readings, *people]) if people else tuple(kept.readings)

    def _filled(self, state: Session, protocol: Protocol, at: datetime) -> _Kept:
        spans = lookback(protocol)
        longest = max([TREND, *spans.values()])
        found = charts.recent(self.clinic_id, state, at, longest)
        wanted = [each for each in found if at - each.observed_at <= _span(spans, each.channel)]
        number = state.patient.mrn if state.patient else ""
        ids = {each.id for each in wanted}
        kept = _Kept(tuple(state.pairings), number, time.monotonic(), wanted, ids)
        for each in found:
            kept.newest[sensor(each)] = max(
                kept.newest.get(sensor(each), each.observed_at), each.observed_at
            )
        return kept

    def _lead_on(self, session: str) -> None:
        kept = self._kept[session]
        rows = [r for name in {p.monitor for p in kept.pairings} for r in self._fresh.get(name, ())]
        held = journal.held(rows, kept.pairings, kept.number)
        new = [each for each in map(journal.reading, held) if each.id not in kept.ids]
        if not new:
            return
        marked = charted(new, kept.newest)
        for each in marked:
            of = sensor(each)
            kept.newest[of] = max(kept.newest.get(of, each.observed_at), each.observed_at)
            kept.ids.add(each.id)
        ordered = not kept.readings or kept.readings[-1].observed_at <= marked[0].observed_at
        kept.readings.extend(marked)
        if not ordered:
            kept.readings = list(in_order(kept.readings))


def _span(spans: dict[Channel, timedelta], channel: Channel) -> timedelta:
    return max(spans.get(channel, TREND), TREND)
