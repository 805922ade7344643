"""The pages: each view asks a query and renders. None of them touches a model or the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from esker.clinic import clock
from esker.clinic.pages import board, chart, presenters, words
from esker.clinic.people import directory
from esker.clinic.record import checkpoint, pdf
from esker.clinic.record.content import Record
from esker.clinic.sessions import charting, queries
from esker.clinic.setup import queries as setup

GLANCE = frozenset({"strip", "rail", "tiles"})
REGIONS = ("strip", "band", "rail", "tiles", "table", "thumb", "dialogs", "rescue", "events")


def _page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    return render(request, template, {**_around(request), **context})


def _around(request: HttpRequest) -> dict[str, Any]:
    """What every page knows; times are shown in the clinic's zone from here on."""
    user = request.user
    zone = user.clinic.zone if user.is_authenticated else settings.TIME_ZONE
    timezone.activate(ZoneInfo(zone))
    locked = bool(request.session.get("locked"))
    return {"demo": settings.DEMO, "locked": locked, "now": clock.now(), "zone": zone}


def _clinic(request: HttpRequest) -> str:
    return str(request.user.clinic_id)


def _found(ask: Any, request: HttpRequest, session_id: UUID, *more: Any) -> dict[str, Any]:
    """The session of this person's clinic; 404 for another's, as for none."""
    try:
        return ask(_clinic(request), str(session_id), clock.now(), *more)
    except queries.NoSuchSession:
        raise Http404 from None


def _chair(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """What the chair page shows, with the people and chairs that its forms offer."""
    session = _found(queries.chair, request, session_id, request.user)
    clinic, taken = _clinic(request), set(session["chairs_taken"])
    free = [(c.name, c.monitor) for c in setup.chairs(clinic) if c.monitor and c.name not in taken]
    session |= {
        "people": directory.colleagues(clinic),
        "free_chairs": free,
        "me": request.user.get_username(),
    }
    return presenters.chair(session)


def _floor(request: HttpRequest) -> dict[str, Any]:
    clinic = _clinic(request)
    names = [chair.name for chair in setup.chairs(clinic)]
    return {"floor": board.floor(queries.floor(clinic, clock.now()), names)}


@require_GET
@never_cache
@login_required
@gzip_page
def floor(request: HttpRequest) -> HttpResponse:
    return _page(request, "floor.html", _floor(request))


@require_GET
@never_cache
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """The demo's people and their codes; in a clinic there is no such page at all."""
    if not settings.DEMO:
        raise Http404
    listed = directory.with_codes(_clinic(request), clock.now())
    return _page(request, "people.html", {"people": listed})


@require_GET
@never_cache
@login_required
@gzip_page
def floor_fragment(request: HttpRequest) -> HttpResponse:
    return _page(request, "_floor.html", _floor(request))


@require_GET
@never_cache
@login_required
@gzip_page
def chair(request: HttpRequest, session_id: UUID) -> HttpResponse:
    return _page(request, "chair.html", _chair(request, session_id))


@require_GET
@never_cache
@login_required
@gzip_page
def chair_fragment(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The asked regions, all without asking. Those that change each second cost a glance only."""
    asked = set(request.GET.get("regions", "").split(",")) & set(REGIONS) or set(REGIONS)
    context = _around(request)
    if asked <= GLANCE:
        seen = _found(queries.glance, request, session_id)
        context |= presenters.glance(seen, request.user.get_username())
    else:
        context |= _chair(request, session_id)
    html = (render_to_string(f"chair/{name}.html", context) for name in REGIONS if name in asked)
    return HttpResponse("".join(html))


@require_GET
@never_cache
@login_required
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
    found = _found(queries.session, request, session_id, request.user)
    clinic, zone = _clinic(request), _around(request)["zone"]
    names = {each["username"]: each["name"] for each in directory.colleagues(clinic)}
    return Record(found, zone, names).content(clock.now(), proof)


@require_GET
@never_cache
@login_required
@gzip_page
def record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    if request.session.get("locked"):
        return redirect("floor")
    context = {"id": session_id, "record": _record(request, session_id, None)}
    return _page(request, "record.html", context)


@require_GET
@never_cache
@login_required
def record_pdf(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """On paper, with a checkpoint that ties it to the ledger."""
    if request.session.get("locked"):
        return redirect("floor")
    content = _record(request, session_id, checkpoint.digest(_clinic(request)))
    return HttpResponse(pdf.session(content), content_type="application/pdf")


@require_http_methods(["GET", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password only; the second factor is asked for at each signature."""
    to = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}):
        to = "/"
    wrong = False
    if request.method == "POST":
        name, password = request.POST.get("username", ""), request.POST.get("password", "")
        user = authenticate(request, username=name, password=password)
        if user is not None:
            login(request, user)
            return redirect(to)
        wrong = True
    return _page(request, "sign_in.html", {"wrong": wrong, "next": to})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@require_POST
@login_required
def lock(request: HttpRequest) -> HttpResponse:
    """Hides identity and edits on this tablet; vitals, alarms and Emergency go on."""
    request.session["locked"] = True
    return JsonResponse({"locked": True})


@require_POST
@login_required
def unlock(request: HttpRequest) -> HttpResponse:
    """By the password of the person who is signed in."""
    name, password = request.user.get_username(), request.POST.get("password", "")
    user = authenticate(request, username=name, password=password)
    if user is None:
        return JsonResponse({"sentence": "This password does not fit."}, status=403)
    request.session["locked"] = False
    return JsonResponse({"locked": False})
