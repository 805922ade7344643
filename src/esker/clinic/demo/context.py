"""What a demo shows on every page: that it is one, its clock, and what the patient would say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from esker.clinic import clock as shell
from esker.clinic.demo import bedside
from esker.clinic.demo import clock as clocks
from esker.clinic.sessions import dosed

HEADER = "X-Esker-Simulation"


def bar(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `simulation` with the clock; nothing at all outside a demo.

    Worked out only where it is drawn, and once: it looks at every open session.
    """
    if not settings.DEMO:
        return {}
    return {"simulation": SimpleLazyObject(lambda: drawn(request, request.path)), "demo": True}


def drawn(request: HttpRequest, path: str) -> dict[str, Any]:
    """What the bar of the page at `path` shows now."""
    now = shell.now()
    shown: dict[str, Any] = {"now": now, "rate": rate(), "rates": clocks.RATES, "page": path}
    watching = getattr(request, "screen", None)  # None for a stranger
    if watching is not None:
        shown |= {"watching": True, "locked": watching.locked}
        shown |= {"next": dosed.next_due(watching.clinic, now), "felt": None}
        if not watching.locked and (session := session_at(path)):
            shown["felt"] = bedside.felt_in(watching.clinic, session, now)
    return shown


def rate() -> int:
    """How fast the demo's clock runs; 1 where no demo folder is open."""
    folder = Path(settings.DATA)
    return clocks.of(folder).face.rate if (folder / clocks.FILE).exists() else 1


def session_at(path: str) -> str | None:
    """The session that a page is about, by its address."""
    try:
        found = resolve(path).kwargs.get("session_id")
    except Resolver404:
        return None
    return str(found) if found else None


@sync_and_async_middleware
def marked(get_response: Any) -> Any:
    """Middleware: every answer of a demo says that it is one, also a PDF, JSON or a live stream."""

    async def later(request: HttpRequest) -> HttpResponse:
        return _mark(await get_response(request))

    def now(request: HttpRequest) -> HttpResponse:
        return _mark(get_response(request))

    return later if iscoroutinefunction(get_response) else now


def _mark(answer: HttpResponse) -> HttpResponse:
    answer[HEADER] = "no real patient"
    return answer
