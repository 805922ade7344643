"""Who looks through this browser, and who acts in it: a login, a locked login, or a known screen.

A locked screen keeps vitals, alarms and Emergency; identity and edits are gone on the server, not
hidden by the page. A screen that nobody is signed in at goes on likewise when it is known: for one
shift after a sign-in, or for as long as it stays paired to a chair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from esker.clinic import clock
from esker.clinic.people.models import User
from esker.clinic.setup import queries as setup

COOKIE = "esker_screen"
SHIFT = timedelta(hours=14)  # how long an unpaired screen is known after the last sign-in at it
YEARS_S = 10 * 366 * 86400  # a paired screen is known until somebody unpairs it
IDLE = timedelta(minutes=15)  # the page locks itself earlier; this holds when its script does not
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Screen:
    """`user` is None while nobody may act here; `login` is whose locked login it is, if any."""

    clinic: str
    user: User | None
    login: User | None
    id: str | None = None
    chair: str | None = None

    @property
    def locked(self) -> bool:
        return self.user is None


def of(request: HttpRequest) -> Screen | None:
    """This browser's screen, or None for a stranger."""
    login = request.user if request.user.is_authenticated else None
    known = _known(request)
    if login is None:
        return known
    here = Screen(str(login.clinic_id), None if locked(request) else login, login)
    if known is None or known.clinic != here.clinic:
        return here
    return replace(here, id=known.id, chair=known.chair)


def locked(request: HttpRequest) -> bool:
    return bool(request.session.get("locked"))


def standing(key: str) -> tuple[str, bool] | None:
    """Whose login a kept session is, and whether it is locked now; None when it has ended."""
    kept = import_module(settings.SESSION_ENGINE).SessionStore(key)
    whose = kept.get(SESSION_KEY)
    return (whose, bool(kept.get("locked"))) if whose else None


def lock(request: HttpRequest) -> None:
    request.session["locked"] = True


def unlock(request: HttpRequest) -> None:
    request.session["locked"] = False
    request.session["stirred"] = clock.machine().timestamp()


def stir(request: HttpRequest, by_hand: bool) -> None:
    """Note that somebody is here, or lock a login at which nobody was for long."""
    if not request.user.is_authenticated or locked(request):
        return
    now = clock.machine()
    last = request.session.get("stirred")
    since = now - datetime.fromtimestamp(last, tz=now.tzinfo) if last else NOTED
    if since > IDLE:
        lock(request)
    elif by_hand and since >= NOTED:
        request.session["stirred"] = now.timestamp()


def _known(request: HttpRequest) -> Screen | None:
    try:
        said = request.get_signed_cookie(COOKIE, salt=COOKIE, max_age=YEARS_S)
        clinic, id, until = said.split("|")
        clinic, ends = str(UUID(clinic)), float(until)
    except (KeyError, BadSignature, ValueError):
        return None
    chair = setup.chair_of_screen(clinic, id)
    if chair is None and clock.machine().timestamp() > ends:
        return None
    return Screen(clinic, None, None, id, chair)


def remember(response: HttpResponse, clinic: str, id: str | None) -> str:
    """Let this browser be known from here on; returns its id."""
    id = id or str(uuid4())
    until = (clock.machine() + SHIFT).timestamp()
    response.set_signed_cookie(
        COOKIE, f"{clinic}|{id}|{until}", salt=COOKIE, max_age=YEARS_S, httponly=True,
        samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return id


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def context(request: HttpRequest) -> dict[str, Any]:
    """For templates: the screen, and the colleagues who may take it over by PIN."""
    from esker.clinic.people import directory

    always = {"demo": settings.DEMO, "instant": clock.now()}
    here = getattr(request, "screen", None)
    if here is None:
        return always | {"screen": None}
    return always | {
        "screen": here,
        "locked": here.locked,
        "switchers": lambda: directory.switchers(here.clinic, clock.now()),
        "administers": here.user is not None and "administrator" in here.user.roles,
    }
