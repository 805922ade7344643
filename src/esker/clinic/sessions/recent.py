"""The last minutes of each session's readings, in memory, for those who look every second.

A copy of the journal and the blocks and nothing besides: filled from the database when a session
is first asked for, and led on by what was received since.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Q

from esker.clinic.devices import journal, models, trend
from esker.clinic.devices import window as charts
from esker.clinic.sessions.surroundings import told
from esker.core.monitoring.alarms import lookback
from esker.core.monitoring.channels import Channel, Reading, Readings
from esker.core.monitoring.pairing import Pairing
from esker.core.monitoring.series import Sensor, charted, in_order, sensor, with_few
from esker.core.protocols.schema import Protocol
from esker.core.session.state import Session

STALLED_S = 20.0  # after so long without a look a copy is made anew
ANEW_S = 900.0  # and also after so long, whatever happened meanwhile
PRUNE_S = 60.0
TREND = timedelta(minutes=7)  # what the tiles' trend needs, beside what the alarms need


@dataclass(slots=True)
class _Kept:
    """One session's copy; `newest` is what each sensor showed last, as `charted` wants it."""

    pairings: tuple[Pairing, ...]
    number: str  # of the patient
    spans: dict[Channel, timedelta]
    readings: list[Reading] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    newest: dict[Sensor, datetime] = field(default_factory=dict)
    filled_s: float = field(default_factory=time.monotonic)
    pruned_s: float = field(default_factory=time.monotonic)

    def add(self, found: Iterable[Reading]) -> None:
        new = charted((each for each in found if each.id not in self.ids), self.newest)
        if not new:
            return
        for each in new:
            of = sensor(each)
            self.newest[of] = max(self.newest.get(of, each.observed_at), each.observed_at)
            self.ids.add(each.id)
        ordered = not self.readings or self.readings[-1].observed_at <= new[0].observed_at
        self.readings.extend(new)
        if not ordered:
            self.readings = list(in_order(self.readings))

    def prune(self, at: datetime) -> None:
        self.pruned_s = time.monotonic()
        self.readings = [r for r in self.readings if at - r.observed_at <= self._span(r.channel)]
        self.ids = {each.id for each in self.readings}

    def _span(self, channel: Channel) -> timedelta:
        return max(self.spans.get(channel, TREND), TREND)


class Recent:
    """For one thread: each look begins with `follow`, inside the scope of that look."""

    def __init__(self, clinic_id: str) -> None:
        self.clinic_id = clinic_id
        self._row = self._block = 0  # the last ones taken in
        self._followed_s = 0.0
        self._kept: dict[str, _Kept] = {}

    def follow(self) -> frozenset[str]:
        """Take in what the journal and the blocks received since; the monitors that spoke.

        Numbers of rows are in the order of commits, since one writer keeps a clinic's journal.
        Blocks too, since a row may be sealed before anyone here saw it in the journal.
        """
        now = time.monotonic()
        if now - self._followed_s > STALLED_S:
            self._kept.clear()
            self._row, self._block = self._last(models.Reading), self._last(models.Block)
        self._followed_s = now
        self._take_sealed()
        fresh: dict[str, list[journal.Values]] = defaultdict(list)
        for row in journal.values(self.clinic_id, Q(pk__gt=self._row)):
            fresh[row[1]].append(row)
            self._row = max(self._row, row[-1])
        for kept in self._kept.values():
            rows = [
                row for name in {p.monitor for p in kept.pairings} for row in fresh.get(name, ())
            ]
            if rows:
                held = journal.held(rows, kept.pairings, kept.number)
                kept.add(map(journal.reading, held))
        return frozenset(fresh)

    def readings(self, state: Session, protocol: Protocol, at: datetime) -> Readings:
        """What alarms and tiles need of this session's past, oldest first."""
        kept, now = self._kept.get(state.id), time.monotonic()
        if kept is None or now - kept.filled_s > ANEW_S or kept.pairings != state.pairings:
            kept = self._kept[state.id] = self._filled(state, protocol, at)
        if now - kept.pruned_s > PRUNE_S:
            kept.prune(at)
        people = told(state, at - max(kept.spans.values(), default=TREND))
        return with_few(kept.readings, people)

    def _filled(self, state: Session, protocol: Protocol, at: datetime) -> _Kept:
        number = state.patient.mrn if state.patient else ""
        kept = _Kept(state.pairings, number, lookback(protocol))
        longest = max([TREND, *kept.spans.values()])
        kept.add(charts.recent(self.clinic_id, state, at, longest))
        kept.prune(at)
        return kept

    def _take_sealed(self) -> None:
        rows = models.Block.objects.filter(clinic_id=self.clinic_id, pk__gt=self._block)
        for row in rows.order_by("pk"):
            self._block = row.pk
            if kept := self._kept.get(row.session):
                for _, found in trend.blocks(self.clinic_id, row.session, row.begins, row.ends):
                    kept.add(found)

    def _last(self, model: type[models.Tenant]) -> int:
        rows = model._default_manager.filter(clinic_id=self.clinic_id)
        return int(rows.aggregate(n=Max("pk"))["n"] or 0)
