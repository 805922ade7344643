"""Plan a session: who comes, for what, when, and whether a consent is on file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from esker.clinic import clock, tenancy
from esker.clinic.pages.views import _clinic, _page, plans
from esker.clinic.people import directory
from esker.clinic.sessions import queries, service
from esker.clinic.setup import queries as setup
from esker.core.ledger import Refused

Said = Mapping[str, str]
IDS = ("session", "id", "consent_id", "patient")
SEXES = (("unknown", "Not known"), ("female", "Female"), ("male", "Male"), ("other", "Other"))
ASKED = (("unasked", "Not asked"), ("none", "None known"), ("some", "These:"))
CONSENT = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))


class Unclear(Exception):
    """What was typed is no plan; the message says what to mend."""


@require_http_methods(["GET", "POST"])
@never_cache
def plan(request: HttpRequest) -> HttpResponse:
    """The ids are made with the form, so that a form that is sent twice plans one session."""
    if not plans(request):
        raise Http404
    if request.method == "GET":
        return _form(request, {})
    said = {name: value.strip() for name, value in request.POST.items()}
    try:
        refused = _open(request, said)
    except (Unclear, service.Malformed) as error:
        return _form(request, said, str(error))
    if refused:
        return _form(request, said, refused.sentence)
    return redirect("chair", said["session"])


def _form(request: HttpRequest, said: Said, why: str = "") -> HttpResponse:
    now = clock.now().astimezone(ZoneInfo(directory.zone(_clinic(request))))
    kept = {name: said.get(name, "") for name in IDS}
    hidden = [(name, id if _is_id(id) else str(uuid4())) for name, id in kept.items()]
    context = {
        "said": {"day": f"{now:%Y-%m-%d}", "sex": "unknown", **said}, "why": why,
        "today": f"{now:%Y-%m-%d}", "hidden": hidden, "sexes": SEXES, "asked": ASKED,
        "consents": CONSENT, "protocols": setup.signed_protocols(_clinic(request)),
    }  # fmt: skip
    answer = _page(request, "plan.html", context)
    answer.status_code = 409 if why else 200
    return answer


def _open(request: HttpRequest, said: Said) -> Refused | None:
    """The session and what is known of the consent: both, or neither."""
    if not all(_is_id(said.get(name, "")) for name in IDS):
        raise Unclear("This form is not whole; send it again.")
    clinic, zone = _clinic(request), ZoneInfo(directory.zone(_clinic(request)))
    command = {
        "kind": "open_session",
        "patient": _person(said, clock.now().astimezone(zone).date()),
        "protocol_hash": said.get("protocol", ""),
        "planned_at": _planned(said, zone).isoformat(),
    }
    consent, session = said.get("consent"), said.get("session", "")
    if consent not in dict(CONSENT):
        raise Unclear("Say whether a consent is on file; not known is an answer, too.")
    with tenancy.scope(clinic):
        payload = {"id": said.get("id", ""), "command": command}
        answer = service.handle(clinic, session, payload, request.screen.user)
        if isinstance(answer, Refused):
            return answer
        if consent != "unknown":  # silence is unknown, and takes back no answer of before
            found = queries.session(clinic, session, clock.now())["patient"]["id"]
            by, id = request.screen.user.username, said.get("consent_id", "")
            service.record_consent(clinic, found, consent, by, id)
    return None


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _person(said: Said, today: date) -> dict[str, Any]:
    name, number = said.get("name", ""), said.get("mrn", "")
    if not name or len(name) > 200 or not name.isprintable():
        raise Unclear("Write the patient's full name.")
    if not number or len(number) > 200 or not number.isprintable():
        raise Unclear("Write the patient's number.")
    born = _date(said.get("born", ""), "Write the birth date: day, month and year.")
    if not 0 <= today.year - born.year <= 150 or born > today:
        raise Unclear("Check the birth date: nobody who lives was born then.")
    return {
        "id": said.get("patient", ""), "name": " ".join(name.split()), "born": born.isoformat(),
        "mrn": number, "sex": said.get("sex", "unknown"), "allergies": _allergies(said),
    }  # fmt: skip


def _allergies(said: Said) -> list[str] | None:
    """None: nobody has asked; empty: asked, and none known."""
    named = [each.strip() for each in said.get("allergies", "").split(",") if each.strip()]
    asked = said.get("asked")
    if asked not in dict(ASKED):
        raise Unclear("Say what is known of allergies: not asked, none known, or these.")
    if bool(named) is not (asked == "some"):
        wrong = "Allergies are named, but not chosen." if named else "Name the allergies."
        raise Unclear(f"{wrong} Choose \u201cThese\u201d to list them, with commas between.")
    return None if asked == "unasked" else named


def _planned(said: Said, zone: ZoneInfo) -> datetime:
    day = _date(said.get("day", ""), "Write the day of the session.")
    try:
        at = datetime.combine(day, time.fromisoformat(said.get("time", "")), zone)
    except ValueError:
        raise Unclear("Write the time of the session, like 14:30.") from None
    if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise Unclear("There is no such time on that day: the clocks go forward. Choose another.")
    return at.astimezone(UTC)


def _date(text: str, otherwise: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unclear(otherwise) from None
