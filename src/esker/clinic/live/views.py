"""One stream of events per page: entries, readings, alarms, and a beat while all is well.

Events carry `stream@seq` cursors, so that a page that slept asks again from what it last saw.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from esker.clinic import clock, tenancy
from esker.clinic.alarms import loop
from esker.clinic.live import hub, screens
from esker.clinic.sessions import queries

BEAT_S = 3.0
LOOK_S = 0.5  # how often readings, which do not wake the hub, are looked for
Cursor = dict[str, int]


@require_GET
async def live(request: HttpRequest) -> HttpResponse:
    """The page's stream; 401 when nobody is signed in, so that EventSource does not follow."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse({"sentence": "Sign in first."}, status=401)
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    events = stream(str(user.clinic_id), parse_cursor(seen))
    answer = StreamingHttpResponse(events, content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


@require_POST
def watch(request: HttpRequest) -> HttpResponse:
    """A screen says which chairs it shows and whether it can be heard."""
    if not request.user.is_authenticated:
        return JsonResponse({"sentence": "Sign in first."}, status=401)
    try:
        said = json.loads(request.body)
        chairs, audible = [str(each) for each in said["chairs"]][:50], said["audible"] is True
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"sentences": ["chairs and audible are needed."]}, status=422)
    clinic = str(request.user.clinic_id)
    screen = str(said.get("screen") or request.session.session_key)[:64]
    with tenancy.scope(clinic):
        screens.watch(clinic, screen, chairs, audible)
    return JsonResponse({"watching": chairs})


def parse_cursor(text: str) -> Cursor | None:
    """`session:a@5,session:b@3` as a mapping; None when nothing was seen yet or it is garbled."""
    pairs = re.findall(r"([^@,]+)@(\d{1,18})(?:,|$)", text)
    return {stream: int(seq) for stream, seq in pairs} or None


def write_cursor(cursor: Cursor) -> str:
    return ",".join(f"{stream}@{seq}" for stream, seq in sorted(cursor.items()))


async def stream(clinic_id: str, cursor: Cursor | None) -> AsyncIterator[bytes]:
    """The events of one page until it leaves or the server stops."""
    read = sync_to_async(_read_and_close, thread_sensitive=False)
    known: dict[str, str] = {}
    beaten = 0.0
    with hub.waiter(clinic_id) as woken:
        while not hub.closing():
            woken.clear()  # before reading: a wake-up in between is not lost
            cursor, entries, shown, well = await read(clinic_id, cursor)
            for entry, at in entries:
                yield event("entry", entry, at)
            for name, data in shown.items():
                if known.get(name) != (text := json.dumps(data, sort_keys=True)):
                    known[name] = text
                    yield event(name, data)
            if well and time.monotonic() - beaten >= BEAT_S:
                beaten = time.monotonic()
                yield event("beat", {"now": clock.now().isoformat()}, write_cursor(cursor))
            try:
                await asyncio.wait_for(woken.wait(), LOOK_S)
            except TimeoutError:
                continue


def event(name: str, data: Any, id: str | None = None) -> bytes:
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _read_and_close(clinic_id: str, cursor: Cursor | None) -> tuple[Any, ...]:
    """What is new for this page, in a thread whose connection does not outlive the reading."""
    try:
        with tenancy.scope(clinic_id):
            heads = queries.heads(clinic_id)
            seen = heads if cursor is None else {name: cursor.get(name, 0) for name in heads}
            behind = [(name, seen[name]) for name, seq in heads.items() if seen[name] < seq]
            fresh = queries.entries_after(clinic_id, behind)
            shown = queries.shown(clinic_id, clock.now())
        entries, after = [], dict(seen)
        for entry in fresh:
            after[entry["stream"]] = entry["seq"]
            entries.append((entry, write_cursor(after)))
        return after, entries, shown, loop.well()
    finally:
        connection.close()
