"""One stream of events per page: entries, readings, alarms, and a beat while all is well.

Events carry `stream@seq` cursors, so that a page that slept asks again from what it last saw.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from esker.clinic import clock, tenancy
from esker.clinic.alarms.hearing import hears
from esker.clinic.live import feed, hub, screens
from esker.clinic.people import screen
from esker.clinic.sessions import queries
from esker.clinic.sessions.folding import stream_of
from esker.clinic.sessions.hidden import hidden_event

BEAT_S = 3.0
LOST = "The alarm loop has stopped: watch the monitors themselves, and call for help."
Cursor = dict[str, int]


@require_GET
async def live(request: HttpRequest) -> HttpResponse:
    """The page's stream; 401 when nobody is signed in, so that EventSource does not follow.

    `?session=` leaves the readings and entries of other sessions out; alarms come from all.
    """
    here = request.screen
    if here is None:
        return JsonResponse({"sentence": "Sign in first."}, status=401)
    whose, roles = (here.login.username, tuple(here.login.roles)) if here.login else ("", ())
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    session = request.GET.get("session") or None
    chair = here.chair if here.locked else None
    key = request.session.session_key if here.login else None
    standing = (str(here.login.pk), here.locked) if here.login else None
    page = Page(here.clinic, whose, roles, session, here.locked, chair, key, standing)
    answer = StreamingHttpResponse(
        page.stream(parse_cursor(seen)), content_type="text/event-stream"
    )
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


@require_POST
def watch(request: HttpRequest) -> HttpResponse:
    """A screen says which chairs it shows and whether it can be heard."""
    if request.screen is None:
        return JsonResponse({"sentence": "Sign in first."}, status=401)
    try:
        said = json.loads(request.body)
        chairs, audible = [str(each) for each in said["chairs"]][:50], said["audible"] is True
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"sentences": ["chairs and audible are needed."]}, status=422)
    clinic = request.screen.clinic
    own = request.session.session_key or request.screen.id
    name = str(said.get("screen") or own)[:64]
    with tenancy.scope(clinic):
        screens.watch(clinic, name, chairs, audible)
    return JsonResponse({"watching": chairs})


@dataclass
class Page:
    """One page that listens: whose it is, which session it shows, and what it was told so far."""

    clinic_id: str
    username: str
    roles: tuple[str, ...]
    session: str | None = None
    locked: bool = False  # hears that something was recorded, not what
    chair: str | None = None  # where the screen stays, while nobody acts at it
    key: str | None = None  # of the login's session; a screen without one has nothing to lose
    standing: tuple[str, bool] | None = None  # whose login it was at the start, and locked or not
    asked: float = field(default_factory=time.monotonic)
    told: dict[str, str] = field(default_factory=dict)
    cursor: Cursor | None = None
    beaten: float = 0.0
    well: bool = True

    async def stream(self, cursor: Cursor | None) -> AsyncIterator[bytes]:
        """The events of this page until it leaves or the server stops."""
        self.cursor = cursor
        async with feed.joined(self.clinic_id) as (source, changed):
            source.people[self.username] += 1
            try:
                while not hub.closing():
                    await changed.wait()
                    changed.clear()
                    look = source.look
                    if await self._left(look):
                        yield event("screen", "{}")
                        return
                    async for said in self._entries(source, look):
                        yield said
                    for said in self._news(source, look):
                        yield said
            finally:
                source.people[self.username] -= 1

    async def _left(self, look: feed.Look) -> bool:
        """Whether this login was locked, ended or taken over since the stream began.

        Asked each few seconds, and before anything recorded is told: a page that stays open is
        told nothing that its screen may not show, and loads itself again.
        """
        seen = look.heads if self.cursor is None else self.cursor
        news = any(seen.get(name, 0) < seq for name, seq in look.heads.items())
        if self.key is None or not (news or time.monotonic() - self.asked >= BEAT_S):
            return False
        self.asked = time.monotonic()
        return await _standing(self.key) != self.standing

    async def _entries(self, source: feed.Feed, look: feed.Look) -> AsyncIterator[bytes]:
        """What each stream holds after this page's place in it: no gap, and nothing twice."""
        heads = look.heads
        if self.cursor is None:
            self.cursor = dict(heads) if look.now else None
            return
        self.cursor = {name: self.cursor.get(name, 0) for name in heads}
        for name, seq in heads.items():
            if self.cursor[name] >= seq:
                continue
            found = source.after(name, self.cursor[name])
            if found is None:
                found = await missed(self.clinic_id, name, self.cursor[name])
            for entry in found:
                self.cursor[name] = entry["seq"]
                if self.session is None or name == stream_of(self.session):
                    told = hidden_event(entry) if self.locked else entry
                    yield event("entry", json.dumps(told), write_cursor(self.cursor))

    def _news(self, source: feed.Feed, look: feed.Look) -> Iterator[bytes]:
        vitals = {s: t for s, t in look.readings.items() if self.session in (None, s)}
        if new := self._unheard("readings", vitals):
            yield event("readings", _object(new))
        alarms = {session: self._heard(source, look, session) for session in look.alarms}
        texts = {session: json.dumps(found) for session, found in alarms.items()}
        if new := self._unheard("alarms", texts):
            yield event("alarms", json.dumps({s: [_timed(a) for a in alarms[s]] for s in new}))
        if look.well and time.monotonic() - self.beaten >= BEAT_S:
            self.beaten = time.monotonic()
            at = write_cursor(self.cursor or {})
            yield event("beat", json.dumps({"now": look.now}), at)
        if look.well is not self.well:
            self.well = look.well
            yield event("loop", json.dumps({"well": look.well, "sentence": LOST * (not look.well)}))

    def _unheard(self, name: str, texts: dict[str, str]) -> dict[str, str]:
        """What this page was not told yet: of fifty chairs, mostly a few spoke."""
        new = {s: text for s, text in texts.items() if self.told.get(f"{name} {s}") != text}
        self.told |= {f"{name} {session}": text for session, text in new.items()}
        return new

    def _heard(self, source: feed.Feed, look: feed.Look, session: str) -> list[dict[str, Any]]:
        """The alarms of a session, and whether this person's screen sounds for each.

        A nurse who has no page open hears nothing, so the chair is then everybody's at once.
        """
        nurse = look.nurses.get(session)
        nurse = nurse if source.people[nurse or ""] > 0 else None
        here = self.chair is not None and look.chairs.get(session) == self.chair
        return [
            each | {"heard": each["status"] == "sounding"
                    and hears(each["escalated"], nurse, self.username, self.roles, here)}
            for each in look.alarms[session]
        ]  # fmt: skip


def _object(texts: dict[str, str]) -> str:
    return f"{{{','.join(f'{json.dumps(name)}:{text}' for name, text in texts.items())}}}"


def _timed(alarm: dict[str, Any]) -> dict[str, Any]:
    """With its instants by the machine's clock, so that a page can tell how late it is."""
    received, raised = alarm["received_at"], alarm["raised_at"]
    return alarm | {
        "received_wall": _wall(received) if received else None,
        "raised_wall": _wall(raised),
        "sent_wall": clock.machine().isoformat(timespec="milliseconds"),
    }


def _wall(moment: str) -> str:
    return clock.wall(datetime.fromisoformat(moment)).isoformat(timespec="milliseconds")


async def missed(clinic_id: str, stream: str, after: int) -> list[dict[str, Any]]:
    """Entries that the feed keeps no more, or never had, from the database."""

    def read() -> list[dict[str, Any]]:
        try:
            with tenancy.reading(clinic_id):
                return queries.entries_after(clinic_id, [(stream, after)])
        finally:
            connection.close()

    return await sync_to_async(read, thread_sensitive=False)()


async def _standing(key: str) -> tuple[str, bool] | None:
    def read() -> tuple[str, bool] | None:
        try:
            return screen.standing(key)
        finally:
            connection.close()

    return await sync_to_async(read, thread_sensitive=False)()


def parse_cursor(text: str) -> Cursor | None:
    """`session:a@5,session:b@3` as a mapping; None when nothing was seen yet or it is garbled."""
    pairs = re.findall(r"([^@,]+)@(\d{1,18})(?:,|$)", text)
    return {stream: int(seq) for stream, seq in pairs} or None


def write_cursor(cursor: Cursor) -> str:
    return ",".join(f"{stream}@{seq}" for stream, seq in sorted(cursor.items()))


def event(name: str, text: str, id: str | None = None) -> bytes:
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: {text}\n\n".encode()
