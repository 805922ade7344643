"""The page of readings that wait for a person: claim them, dismiss them, settle what is unread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from pydantic import TypeAdapter, ValidationError

from esker.clinic import clock
from esker.clinic.devices import listing, settling
from esker.clinic.pages.views import _clinic, _page
from esker.clinic.pages.words import VITAL_LABELS
from esker.clinic.sessions import queries, service
from esker.core.ledger import Refused
from esker.core.protocols.schema import Moment

Json = dict[str, Any]
MOMENT: TypeAdapter[Any] = TypeAdapter(Moment)
AT_ONCE = 5  # moments of a monitor; the older ones unfold


@require_GET
@never_cache
def readings(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, said: str = "", status: int = 409) -> HttpResponse:
    clinic, now = _clinic(request), clock.now()
    context = {
        "monitors": [_monitor(each) for each in listing.unclaimed(clinic)],
        "lines": [{**line, "command": uuid4()} for line in listing.unread(clinic)],
        "takers": queries.takers(clinic, now),
        "said": said,
        "settles": settling.may(request.screen.user),
    }
    answer = _page(request, "unclaimed.html", context)
    answer.status_code = status if said else 200
    return answer


def _monitor(each: Json) -> Json:
    """A monitor's list, with an id for each of its two commands: sent twice, they count once."""
    moments = [
        {**moment, "ids": ",".join(one["id"] for one in moment["readings"]),
         "values": _values(moment["readings"])}
        for moment in each["moments"]
    ]  # fmt: skip
    clock_off = each["clock_off_s"]
    return {
        **each, "moments": moments[:AT_ONCE], "older": moments[AT_ONCE:],
        "claim": uuid4(), "dismiss": uuid4(),
        "more": each["count"] - sum(len(moment["readings"]) for moment in moments),
        "clock": _off(clock_off) if clock_off is not None and abs(clock_off) > 60 else "",
        "newest": _values(each["newest"]),
    }  # fmt: skip


def _values(readings: Sequence[Json]) -> str:
    ordered = sorted(readings, key=lambda each: list(VITAL_LABELS).index(each["channel"]))
    return ", ".join(f"{VITAL_LABELS[e['channel']]} {e['value']} {e['unit']}" for e in ordered)


def _off(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    return f"Its clock is {minutes} min {'behind' if seconds > 0 else 'ahead'}."


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Ticked readings go to the chosen session, once, with the reason."""
    ticked = [id for each in request.POST.getlist("moment") for id in each.split(",") if id]
    if not ticked:
        return _list(request, "Tick the readings that you claim.")
    session, reason = request.POST.get("session", ""), request.POST.get("reason", "")
    if session not in {each["session"] for each in queries.takers(_clinic(request), clock.now())}:
        return _list(request, "Choose the session that these readings belong to.")
    command = {"kind": "claim_readings", "readings": ticked, "reason": reason}
    payload = {"id": request.POST.get("id", ""), "command": command}
    try:
        answer = service.handle(_clinic(request), session, payload, request.user)
    except service.Malformed as malformed:
        return _list(request, " ".join(malformed.sentences))
    return _done(request, answer)


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """What was listed of this monitor is nobody's here, with the reason."""
    try:
        until = MOMENT.validate_python(request.POST.get("until", ""))
    except ValidationError:
        return _list(request, settling.AGAIN)
    answer = settling.dismiss(
        request.user, request.POST.get("id", ""), request.POST.get("monitor", ""), until,
        request.POST.get("reason", ""),
    )  # fmt: skip
    return _done(request, answer)


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    line = request.POST.get("line", "")
    known = int(line) if line.isdecimal() and len(line) < 19 else 0
    id, reason = request.POST.get("id", ""), request.POST.get("reason", "")
    answer = settling.settle(request.user, id, known, reason)
    return _done(request, answer)


def _done(request: HttpRequest, answer: object) -> HttpResponse:
    if not isinstance(answer, Refused):
        return redirect("readings")
    return _list(request, answer.sentence, 403 if answer.code == "role" else 409)
