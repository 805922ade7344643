"""The demo's own pages: guide, packs, people and clock. Elsewhere there are none of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from esker.clinic import clock as shell
from esker.clinic.demo import bedside, cast, context
from esker.clinic.demo import clock as clocks
from esker.clinic.demo.pharmacy import PACKS, Pack
from esker.clinic.people import directory
from esker.clinic.sessions import dosed

PATIENCE_S = 25.0
SOON = timedelta(milliseconds=1)
View = Callable[..., HttpResponse]


def in_demo(view: View) -> View:
    """404 for everybody where no simulated clock runs."""

    @wraps(view)
    def found(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, **kwargs)

    return found


@in_demo
@require_GET
@never_cache
def guide(request: HttpRequest) -> HttpResponse:
    """What there is to try, and what the simulated patients would say now."""
    names = {each.session: each.name for each in cast.PATIENTS}
    felt = bedside.felt(request.screen.clinic, shell.now())
    seated = [{**each, "name": names.get(each["session"], "a patient of yours")} for each in felt]
    return _page(request, "demo/guide.html", {"seated": sorted(seated, key=lambda e: e["chair"])})


@in_demo
@require_GET
@never_cache
def packs(request: HttpRequest) -> HttpResponse:
    """The cupboard: each pack with a code to scan, to copy, or to take in the hand."""
    used = dosed.packs_used(request.screen.clinic)
    today = shell.now().date()
    shown = [_shown(pack, pack.vial in used, pack.expires < today) for pack in PACKS]
    return _page(request, "demo/packs.html", {"packs": shown})


@in_demo
@require_GET
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """Everyone with the PIN of the morning and the code that signs now."""
    found = directory.with_codes(request.screen.clinic, shell.now())
    shown = [each | {"pin": cast.PINS.get(each["username"])} for each in found]
    return _page(request, "demo/people.html", {"people": shown})


def _shown(pack: Pack, used: bool, expired: bool) -> dict[str, Any]:
    picture = segno.make_qr(pack.code, error="m").svg_data_uri(scale=4, border=2, light="white")
    return {"pack": pack, "used": used, "expired": expired, "picture": picture}


@in_demo
@require_GET
@never_cache
def bar(request: HttpRequest) -> HttpResponse:
    """The bar of the page named by `page`, as it would be drawn now."""
    shown = context.drawn(request, request.GET.get("page", "/"))
    return render(request, "demo/_bar.html", {"simulation": shown})


@in_demo
@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """`rate` 1, 10 or 60; or `jump`: due, or a number of minutes. Then back to the page."""
    running = clocks.of(Path(settings.DATA))
    try:
        if "rate" in request.POST:
            running.set_rate(int(request.POST["rate"]))
        elif "jump" in request.POST:
            _jump(running, request.screen.clinic, request.POST["jump"])
    except ValueError as why:
        return HttpResponse(f"{why}\n", status=422, content_type="text/plain; charset=utf-8")
    to = request.POST.get("next", "/")
    return redirect(to if url_has_allowed_host_and_scheme(to, {request.get_host()}) else "/")


def _jump(running: clocks.Clock, clinic: str, how: str) -> None:
    """Begin the step and wait until the monitors have spoken for it."""
    if how == "due":
        due = dosed.next_due(clinic, running())
        if due is None:
            return
        to = due["at"] + SOON
    else:
        to = running() + timedelta(minutes=min(max(float(how), 0), 24 * 60))
    running.jump(to)
    until = time.monotonic() + PATIENCE_S
    while running() < to and time.monotonic() < until:
        time.sleep(0.05)


def _page(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    here = {"locked": request.screen.locked, "instant": shell.now()}
    return render(request, template, here | shown)
