"""The pages: each view asks a query and renders. None of them touches a model or the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from esker.clinic import clock
from esker.clinic.devices import listing
from esker.clinic.pages import board, chart, presenters, words
from esker.clinic.people import directory, screen
from esker.clinic.record import checkpoint, paper, pdf, readings
from esker.clinic.record.content import Record
from esker.clinic.sessions import charting, queries
from esker.clinic.sessions.hidden import hidden, hidden_floor
from esker.clinic.setup import queries as setup
from esker.core.session.may import ROLES
from esker.core.session.state import Role

GLANCE = frozenset({"strip", "rail", "tiles"})
REGIONS = ("strip", "band", "rail", "tiles", "table", "thumb", "dialogs", "rescue", "events")


def _page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    return render(request, template, {**_around(request), **context})


def _around(request: HttpRequest) -> dict[str, Any]:
    """What every page knows; times are shown in the clinic's zone from here on."""
    zone = directory.zone(_clinic(request))
    timezone.activate(ZoneInfo(zone))
    return {**screen.context(request), "zone": zone, "csrf_token": get_token(request)}


def _clinic(request: HttpRequest) -> str:
    return str(request.screen.clinic)


def _me(request: HttpRequest) -> str:
    """The name by which this screen's alarms sound; a lock silences none of them."""
    login = request.screen.login
    return login.get_username() if login else ""


def _found(ask: Any, request: HttpRequest, session_id: UUID, *more: Any) -> dict[str, Any]:
    """The session of this screen's clinic; 404 for another's, as for none."""
    try:
        return ask(_clinic(request), str(session_id), clock.now(), *more)
    except queries.NoSuchSession:
        raise Http404 from None


def _chair(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """What the chair page shows, with the people and chairs that its forms offer."""
    session = _found(queries.chair, request, session_id, request.screen.user)
    back = {"next": reverse("chair", args=[session_id])}  # of a fragment too: it is no page
    if request.screen.locked:
        return back | presenters.watched(hidden(session) | {"me": _me(request)})
    clinic, taken = _clinic(request), set(session["chairs_taken"])
    free = [(c.name, c.monitor) for c in setup.chairs(clinic) if c.monitor and c.name not in taken]
    session |= {
        "people": directory.colleagues(clinic),
        "free_chairs": free,
        "me": _me(request),
    }
    return back | presenters.chair(session)


def plans(request: HttpRequest) -> bool:
    """Whether who acts here may open a session."""
    user = request.screen.user
    return user is not None and bool(ROLES["open_session"] & {Role(each) for each in user.roles})


def _floor(request: HttpRequest) -> dict[str, Any]:
    clinic = _clinic(request)
    names = [chair.name for chair in setup.chairs(clinic)]
    found = queries.floor(clinic, clock.now())
    seen = hidden_floor(found) if request.screen.locked else found
    return {
        "floor": board.floor(seen, names),
        "plans": plans(request),
        "unclaimed": listing.waiting(clinic),
    }


@require_GET
@never_cache
@gzip_page
def floor(request: HttpRequest) -> HttpResponse:
    return _page(request, "floor.html", _floor(request))


@require_GET
@never_cache
@gzip_page
def floor_fragment(request: HttpRequest) -> HttpResponse:
    return _timed(_page(request, "_floor.html", _floor(request)))


@require_GET
@never_cache
@gzip_page
def chair(request: HttpRequest, session_id: UUID) -> HttpResponse:
    return _page(request, "chair.html", _chair(request, session_id))


@require_GET
@never_cache
@gzip_page
def chair_fragment(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The asked regions, all without asking. Those that change each second cost a glance only."""
    asked = set(request.GET.get("regions", "").split(",")) & set(REGIONS) or set(REGIONS)
    context = _around(request)
    if asked <= GLANCE:
        seen = _found(queries.glance, request, session_id)
        seen = hidden(seen) if request.screen.locked else seen
        context |= presenters.glance(seen)
    else:
        context |= _chair(request, session_id)
    html = (render_to_string(f"chair/{name}.html", context) for name in REGIONS if name in asked)
    return _timed(HttpResponse("".join(html)))


def _timed(answer: HttpResponse) -> HttpResponse:
    """With the instant that it shows: the page counts on from there, also after a clock's jump."""
    answer["X-Esker-Now"] = clock.now().isoformat()
    return answer


@require_GET
@never_cache
@gzip_page
def chair_chart(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The chart's data; with `after`, what came since. Numbers and alarms never wait for it."""
    try:
        after = words.moment(request.GET.get("after"))
    except ValueError:
        after = None
    series = _found(queries.series, request, session_id, after)
    return JsonResponse(chart.packed(series, charting.frame(_clinic(request), str(session_id))))


def _record(request: HttpRequest, session_id: UUID, proof: str | None) -> dict[str, Any]:
    found = _found(queries.session, request, session_id, request.screen.user)
    clinic, zone = _clinic(request), _around(request)["zone"]
    names = {each["username"]: each["name"] for each in directory.colleagues(clinic)}
    return Record(found, zone, names).content(clock.now(), proof)


@require_GET
@never_cache
@gzip_page
def record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    context = {"id": session_id, "record": _record(request, session_id, None)}
    return _page(request, "record.html", context)


@require_GET
@never_cache
def record_pdf(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """On paper, with a checkpoint that ties it to the ledger."""
    content = _record(request, session_id, checkpoint.digest(_clinic(request)))
    return HttpResponse(pdf.session(content), content_type="application/pdf")


@require_GET
@never_cache
@gzip_page
def record_readings(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Every reading, where the record itself shows samples."""
    found = _found(queries.session, request, session_id, request.screen.user)
    answer = HttpResponse(readings.text(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="readings-{session_id}.csv"'
    return answer


@require_GET
@never_cache
def session_pack(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The session on paper with its patient's identity, to lie beside the chair."""
    _found(queries.session, request, session_id, request.screen.user)
    given = paper.for_session(_clinic(request), str(session_id))
    return HttpResponse(pdf.pack(given), content_type="application/pdf")
