"""The pages: each view asks a query and renders. None of them touches a model or the store."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from esker.clinic import clock
from esker.clinic.pages import presenters
from esker.clinic.people.directory import with_codes
from esker.clinic.record import checkpoint, pdf
from esker.clinic.sessions import queries


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    locked = bool(request.session.get("locked"))
    return render(
        request, template, {"demo": settings.DEMO, "locked": locked, "now": clock.now(), **context}
    )


def _clinic(request: HttpRequest) -> str:
    return str(request.user.clinic_id)


def _session(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """The session of this person's clinic; 404 for another's, as for none."""
    try:
        return queries.session(_clinic(request), str(session_id), clock.now(), request.user)
    except queries.NoSuchSession:
        raise Http404 from None


def _floor(request: HttpRequest) -> dict[str, Any]:
    return {"floor": presenters.floor(queries.floor(_clinic(request), clock.now()))}


@require_GET
@never_cache
@login_required
def floor(request: HttpRequest) -> HttpResponse:
    return _page(request, "floor.html", _floor(request))


@require_GET
@never_cache
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """The demo's people and their codes; in a clinic there is no such page at all."""
    if not settings.DEMO:
        raise Http404
    return _page(request, "people.html", {"people": with_codes(_clinic(request), clock.now())})


@require_GET
@never_cache
@login_required
def floor_fragment(request: HttpRequest) -> HttpResponse:
    return _page(request, "_floor.html", _floor(request))


@require_GET
@never_cache
@login_required
def chair(request: HttpRequest, session_id: UUID) -> HttpResponse:
    return _page(request, "chair.html", presenters.chair(_session(request, session_id)))


@require_GET
@never_cache
@login_required
def chair_fragment(request: HttpRequest, session_id: UUID) -> HttpResponse:
    return _page(request, "_chair.html", presenters.chair(_session(request, session_id)))


@require_GET
@never_cache
@login_required
def record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    if request.session.get("locked"):
        return redirect("floor")
    return _page(request, "record.html", presenters.chair(_session(request, session_id)))


@require_GET
@never_cache
@login_required
def record_pdf(request: HttpRequest, session_id: UUID) -> HttpResponse:
    if request.session.get("locked"):
        return redirect("floor")
    session = _session(request, session_id)
    session["checkpoint"] = checkpoint.digest(_clinic(request))
    return HttpResponse(pdf.session(session, clock.now()), content_type="application/pdf")


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
