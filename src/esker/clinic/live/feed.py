"""One reader for each clinic in this process: it looks once, and all live pages draw from that."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection

from esker.clinic import clock, tenancy
from esker.clinic.alarms import owner
from esker.clinic.live import hub
from esker.clinic.sessions import queries
from esker.clinic.sessions.recent import Recent
from esker.core.session.state import Session

LOOK_S = 0.5  # news that nobody told, from another process, is found so soon
PAUSE_S = 0.1  # between looks
AGES = timedelta(seconds=1)  # how late a page may learn that a value went stale
KEPT = 200  # entries of a stream that are kept for pages; who missed more asks the database
Json = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What all pages of a clinic see at one instant. Texts are JSON, made once for all of them."""

    heads: Mapping[str, int] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    alarms: Mapping[str, list[Json]] = field(default_factory=dict)
    nurses: Mapping[str, str | None] = field(default_factory=dict)
    chairs: Mapping[str, str | None] = field(default_factory=dict)
    well: bool = False
    now: str = ""


class Feed:
    """Looks while any page listens. Its copies of the record go with the last page."""

    def __init__(self, clinic_id: str) -> None:
        self.clinic_id = clinic_id
        self.look = Look()
        self.changed: set[asyncio.Event] = set()  # one for each page
        self.people: Counter[str] = Counter()  # whose pages listen in this process
        self._entries: dict[str, deque[Json]] = {}
        self._recent = Recent(clinic_id)
        self._vitals: dict[str, tuple[Session, datetime, str]] = {}  # as they were written out

    async def run(self) -> None:
        read = sync_to_async(self._read_and_close, thread_sensitive=False)
        with hub.waiter(self.clinic_id) as woken:
            while self.changed and not hub.closing():
                woken.clear()  # before reading: a wake-up in between is not lost
                self.look = await read()
                for event in self.changed:
                    event.set()
                await asyncio.sleep(PAUSE_S)
                try:
                    await asyncio.wait_for(woken.wait(), LOOK_S)
                except TimeoutError:
                    continue
        for event in self.changed:
            event.set()

    def after(self, stream: str, seq: int) -> list[Json] | None:
        """The entries of a stream after `seq`, or None when the database must be asked."""
        kept = self._entries.get(stream)
        if not kept or kept[0]["seq"] > seq + 1:
            return None
        return [entry for entry in kept if entry["seq"] > seq]

    def _read_and_close(self) -> Look:
        """In some thread, whose connection does not outlive the reading."""
        try:
            return self._read()
        except Exception:
            log.exception("The live pages of clinic %s cannot be fed.", self.clinic_id)
            return replace(self.look, well=False, now="")
        finally:
            connection.close()

    def _read(self) -> Look:
        before = self.look.heads
        with tenancy.reading(self.clinic_id):
            now = clock.now()
            spoke = self._recent.follow()
            heads = queries.heads(self.clinic_id, now)
            grown = [(s, before.get(s, seq)) for s, seq in heads.items() if before.get(s) != seq]
            fresh = queries.entries_after(self.clinic_id, [each for each in grown if before])
            shown = queries.shown(self.clinic_id)
            self._vitals = {
                session: self._written(session, state, state.monitor in spoke, now)
                for session, state in shown.states.items()
            }
        for entry in fresh:
            self._entries.setdefault(entry["stream"], deque(maxlen=KEPT)).append(entry)
        return Look(
            heads,
            {session: text for session, (_, _, text) in self._vitals.items()},
            shown.alarms,
            shown.nurses,
            shown.chairs,
            owner.well(self.clinic_id),
            now.isoformat(),
        )

    def _written(
        self, session: str, state: Session, spoke: bool, now: datetime
    ) -> tuple[Session, datetime, str]:
        """Written anew where a monitor or a person spoke; where none did, for what grows old."""
        known = self._vitals.get(session)
        if known and known[0] is state and not spoke and abs(now - known[1]) < AGES:
            return known
        return state, now, json.dumps(queries.vitals(state, now, self._recent))


_feeds: dict[tuple[str, asyncio.AbstractEventLoop], tuple[Feed, asyncio.Task[None]]] = {}


@asynccontextmanager
async def joined(clinic_id: str) -> AsyncIterator[tuple[Feed, asyncio.Event]]:
    """The clinic's feed, and an event that is set after each of its looks."""
    key, event = (clinic_id, asyncio.get_running_loop()), asyncio.Event()
    known = _feeds.get(key)
    if known is None or known[1].done():
        feed = Feed(clinic_id)
        feed.changed.add(event)
        _feeds[key] = known = (feed, asyncio.create_task(feed.run()))
    feed = known[0]
    feed.changed.add(event)
    if feed.look.now:
        event.set()
    try:
        yield feed, event
    finally:
        feed.changed.discard(event)
