"""Nothing opens unless it says that it may: strangers sign in, locked screens go on watching."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from esker.clinic import faults
from esker.clinic.people import screen
from esker.core.session.may import LOCKED

OPEN = frozenset({"sign-in", "sign-out", "set-up", "join", "tls", "tls-ca"})
OWN_ANSWERS = frozenset({"live", "watch", "forecast"})  # they answer in JSON, and are told who asks
WATCH = frozenset({
    "floor", "floor-fragment", "chair", "chair-fragment", "chair-chart", "at-chair", "live",
    "watch", "lock", "unlock", "switch", "demo-bar", "demo-clock", "demo-guide",
    "forecast",
})  # fmt: skip
BY_ITSELF = frozenset({
    "floor-fragment", "chair-fragment", "chair-chart", "live", "watch", "demo-bar", "forecast",
})  # fmt: skip


class ScreenMiddleware(MiddlewareMixin):
    """Puts `request.screen` there, and turns away whom a page is not for."""

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (answer := faults.unkeepable(request)) is not None:
            return answer
        name = match.url_name or ""
        screen.stir(request, by_hand=name not in BY_ITSELF)
        request.screen = here = screen.of(request)
        if name in OPEN or "api" in match.namespaces:
            return None
        if here is None:
            return None if name in OWN_ANSWERS else _sign_in(request)
        if here.login is None and here.chair and name == "floor":
            return redirect("at-chair")
        if here.locked and name not in WATCH:
            return _locked(request)
        return None


def _sign_in(request: HttpRequest) -> HttpResponse:
    return redirect(
        f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()}, safe='/')}"
    )


def _locked(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("floor")
    return JsonResponse({"sentence": LOCKED}, status=423)
