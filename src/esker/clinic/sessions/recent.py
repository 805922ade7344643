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
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, UUIDField
from django.db.models.functions import Coalesce

from esker.clinic.devices import journal, models, trend
from esker.clinic.devices import window as charts
from esker.clinic.sessions.surroundings import told
from esker.core.monitoring.alarms import lookback
from esker.core.monitoring.channels import Channel, Reading
from esker.core.monitoring.pairing import Pairing
from esker.core.monitoring.series import Growing, Sensor, charted, in_order, sensor, with_few
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
    people: list[Reading] = field(default_factory=list)  # what they told, as it was put in
    series: Growing | None = None  # all of it; None when it must be put together anew
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
        if self.series and ordered and self.series[-1].observed_at < new[0].observed_at:
            self.series.extend(new)
        else:
            self.series = None

    def prune(self, at: datetime) -> None:
        self.pruned_s = time.monotonic()
        self.readings = [r for r in self.readings if at - r.observed_at <= self._span(r.channel)]
        self.ids = {each.id for each in self.readings}
        self.series = None

    def with_people(self, told: list[Reading]) -> Growing:
        if self.series is None or told != self.people:
            self.people, self.series = told, Growing(with_few(self.readings, told))
        return self.series

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
            self._row, self._block = self._last(models.Sample), self._last(models.Block)
        self._followed_s = now
        self._take_sealed()
        fresh: dict[str, list[journal.Values]] = defaultdict(list)
        rows = self._beyond(models.Sample, self._row).values_list(*journal.FIELDS)
        for row in rows.iterator(chunk_size=2000):
            fresh[row[1]].append(row)
            self._row = max(self._row, row[-1])
        for kept in self._kept.values():
            rows = [
                row for name in {p.monitor for p in kept.pairings} for row in fresh.get(name, ())
            ]
            if rows:
                held = journal.held(rows, kept.pairings, kept.number)
                kept.add(each for row in held for each in journal.readings(row))
        return frozenset(fresh)

    def readings(self, state: Session, protocol: Protocol, at: datetime) -> Growing:
        """What alarms and tiles need of this session's past, oldest first. It grows on."""
        kept, now = self._kept.get(state.id), time.monotonic()
        if kept is None or now - kept.filled_s > ANEW_S or kept.pairings != state.pairings:
            kept = self._kept[state.id] = self._filled(state, protocol, at)
        if now - kept.pruned_s > PRUNE_S:
            kept.prune(at)
        return kept.with_people(told(state, at - max(kept.spans.values(), default=TREND)))

    def _filled(self, state: Session, protocol: Protocol, at: datetime) -> _Kept:
        number = state.patient.mrn if state.patient else ""
        kept = _Kept(state.pairings, number, lookback(protocol))
        longest = max([TREND, *kept.spans.values()])
        kept.add(charts.recent(self.clinic_id, state, at, longest))
        kept.prune(at)
        return kept

    def _take_sealed(self) -> None:
        for row in self._beyond(models.Block, self._block):
            self._block = row.pk
            if kept := self._kept.get(row.session):
                for _, found in trend.blocks(self.clinic_id, row.session, row.begins, row.ends):
                    kept.add(found)

    def _last(self, model: type[models.Tenant]) -> int:
        numbers = self._beyond(model, 0).order_by("-pk").values_list("pk", flat=True)
        return numbers.first() or 0

    def _beyond(self, model: type[models.Tenant], row: int) -> QuerySet[Any]:
        """The clinic's rows with greater numbers. Asked for so that no index of clinics is used:

        SQLite would take one, and read all that the clinic has, for the few rows at the end.
        """
        whose = Coalesce("clinic", "clinic", output_field=UUIDField())
        rows = model._default_manager.alias(whose=whose)
        return rows.filter(whose=UUID(self.clinic_id), pk__gt=row).order_by("pk")
