"""Signing in and out, locking, taking over by PIN, and one's own account."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from esker.clinic import clock, tenancy
from esker.clinic.people import commands, directory, screen, signing
from esker.clinic.people.presence import on_site
from esker.clinic.sessions import queries
from esker.clinic.setup import commands as setup
from esker.clinic.setup import queries as places
from esker.core.ledger import Refused

BACKEND = "django.contrib.auth.backends.ModelBackend"
NO_PIN = "This PIN does not fit. After five wrong ones it rests for a quarter of an hour."


@require_http_methods(["GET", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password only; the second factor is asked for at each signature."""
    to, name = _next(request), request.POST.get("username", "")
    if request.method == "POST":
        user = authenticate(request, username=name, password=request.POST.get("password", ""))
        if user is not None:
            return _enter(request, user, to)
    shown = {"wrong": request.method == "POST", "next": to, "name": name}
    return render(request, "sign_in.html", shown)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The login ends. A screen that is paired to a chair stays there; any other is forgotten."""
    here = request.screen
    logout(request)
    if here is not None and here.chair:
        return redirect("at-chair")
    answer = redirect("sign-in")
    screen.forget(answer)
    return answer


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Hides identity and edits on this tablet; vitals, alarms and Emergency go on."""
    screen.lock(request)
    return JsonResponse({"locked": True})


@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """By the password of the person whose login it is."""
    here = request.screen
    name, password = here.login.username if here.login else "", request.POST.get("password", "")
    user = authenticate(request, username=name, password=password) if name else None
    if user is None:
        return JsonResponse({"sentence": "This password does not fit."}, status=403)
    screen.unlock(request)
    return JsonResponse({"locked": False})


@require_http_methods(["GET", "POST"])
@never_cache
def switch(request: HttpRequest) -> HttpResponse:
    """A colleague takes this screen over by shift PIN, in a clinic's known screen only."""
    here, to, said = request.screen, _next(request), ""
    if request.method == "POST":
        name, pin = request.POST.get("username", ""), request.POST.get("pin", "")
        user = signing.switch(here.clinic, name, pin, clock.now())
        if user is not None:
            return _enter(request, user, to)
        said = NO_PIN
    status = 403 if said else 200
    shown = {"said": said, "next": to, "chosen": request.POST.get("username", "")}
    return render(request, "people/switch.html", shown, status=status)


@require_GET
@never_cache
def at_chair(request: HttpRequest) -> HttpResponse:
    """The chair that this screen stays at: its session when there is one, else that it is empty."""
    here = request.screen
    for each in queries.floor(here.clinic, clock.now())["sessions"]:
        if here.chair and each["chair"] == here.chair:
            return redirect("chair", each["id"])
    return render(request, "people/at_chair.html", {"chair": here.chair})


@require_http_methods(["GET", "POST"])
@never_cache
def this_screen(request: HttpRequest) -> HttpResponse:
    """Say that this screen stays at a chair, or that it does no longer."""
    here, said = request.screen, None
    answer = redirect("this-screen")
    if request.method == "POST":
        chair = request.POST.get("chair", "")
        id = screen.remember(answer, here.clinic, here.id)
        said = (
            setup.pair_screen(here.user, id, chair) if chair else setup.unpair_screen(here.user, id)
        )
        if said is None:
            return answer
    chairs = places.chairs(here.clinic)
    return render(
        request, "people/this_screen.html", {"chairs": chairs, "refused": said},
        status=409 if said else 200,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@never_cache
def join(request: HttpRequest, username: str, token: str) -> HttpResponse:
    """A one-time link: password and second factor, and in."""
    user = directory.invited(username, token)
    if user is None:
        return render(request, "people/no_link.html", status=404)
    refused = None
    if request.method == "POST":
        refused = twice(request) or commands.enrol(
            user, request.POST.get("password", ""), _candidate(request), _code(request)
        )
        if refused is None:
            request.session.pop("candidate", None)
            return _enter(request, user, "/")
    shown = {"person": user, "refused": refused, **enrolment(request, user)}
    return render(request, "people/join.html", shown, status=409 if refused else 200)


@require_http_methods(["GET", "POST"])
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """One's own presence, PIN, password and second factor."""
    user, refused, done = request.screen.user, None, ""
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in DOINGS:
            raise Http404
        act, words = DOINGS[do]
        refused = act(request, user)
        done = "" if refused else words
        if do == "password" and not refused:
            login(request, user, backend=BACKEND)  # a changed password ends all other logins
    with tenancy.scope(user.clinic_id):
        here = user.username in on_site(str(user.clinic_id))
    pin = signing.has_pin(user, clock.now())
    shown = {
        "refused": refused, "done": done, "here": here, "has_pin": pin,
        **enrolment(request, user),
    }  # fmt: skip
    return render(request, "people/account.html", shown, status=409 if refused else 200)


@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Arrive at or leave the building, from the top bar."""
    user = request.screen.user
    (commands.arrive if request.POST.get("here") == "yes" else commands.leave)(user)
    return redirect(_next(request))


def _set_pin(request: HttpRequest, user: AbstractBaseUser) -> Refused | None:
    return commands.set_pin(user, _password(request), request.POST.get("pin", ""))


def _change_password(request: HttpRequest, user: AbstractBaseUser) -> Refused | None:
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        return Refused("twice", "The two new passwords are not the same.")
    return commands.change_password(user, _password(request), new)


def _change_factor(request: HttpRequest, user: AbstractBaseUser) -> Refused | None:
    sealed = _candidate(request)
    refused = commands.change_second_factor(user, _password(request), sealed, _code(request))
    if refused is None:
        request.session.pop("candidate", None)
    return refused


DOINGS = {
    "pin": (_set_pin, "The PIN is set for this shift."),
    "password": (_change_password, "The password is changed."),
    "factor": (_change_factor, "The new phone signs from now on; the old one no longer does."),
}


def twice(request: HttpRequest) -> Refused | None:
    """Whether a new password was typed the same twice."""
    if request.POST.get("password") == request.POST.get("again"):
        return None
    return Refused("twice", "The two passwords are not the same.")


def enrolment(
    request: HttpRequest, user: AbstractBaseUser | None, clinic: str = ""
) -> dict[str, Any]:
    """A secret that waits for its first code, as QR code and as text."""
    sealed = _candidate(request)
    name = user.clinic.name if user else clinic or "clinic"
    address = signing.address(sealed, name, user.username if user else "administrator")
    return {"qr": segno.make(address, error="m").svg_data_uri(scale=5, light="white"),
            "secret": signing.reveal(sealed)}  # fmt: skip


def _candidate(request: HttpRequest) -> str:
    """Kept in the session between showing and confirming; the browser cannot choose it."""
    return str(request.session.setdefault("candidate", signing.new_secret()))


def _enter(request: HttpRequest, user: AbstractBaseUser, to: str) -> HttpResponse:
    here = request.screen
    known = here.id if here is not None and here.clinic == str(user.clinic_id) else None
    login(request, user, backend=BACKEND)
    screen.unlock(request)
    answer = redirect(to)
    screen.remember(answer, str(user.clinic_id), known)
    return answer


def _next(request: HttpRequest) -> str:
    to = request.POST.get("next") or request.GET.get("next") or "/"
    ours = to.startswith("/") and url_has_allowed_host_and_scheme(to, {request.get_host()})
    return to if ours else "/"


def _password(request: HttpRequest) -> str:
    return request.POST.get("password", "")


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "").strip()


def link(request: HttpRequest, username: str) -> str:
    """The one-time address by which this person sets password and second factor."""
    token = directory.invitation(request.screen.clinic, username)
    return request.build_absolute_uri(f"/join/{username}/{token}/")
