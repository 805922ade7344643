"""The API at /api/v1: commands in, state out. Another clinic's session does not exist: 404."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError
from ninja.errors import ValidationError as BadRequest
from ninja.security import SessionAuth
from pydantic import GetJsonSchemaHandler

from esker.clinic import clock
from esker.clinic.answers import WRITTEN, FloorOut, MissingOut, SessionOut, read
from esker.clinic.devices import api as devices
from esker.clinic.faults import STRANGE
from esker.clinic.people.screen import Screen
from esker.clinic.sessions import queries, service
from esker.clinic.sessions.hidden import hidden, hidden_floor
from esker.core.ledger import Refused
from esker.core.session.commands import COMMANDS
from esker.core.session.may import LOCKED

SENTENCES = {401: "Sign in first.", 403: STRANGE}  # ninja's own are no sentences
WATCHED = frozenset({"command", "session", "floor"})  # each hides or refuses what a lock hides


class SignedIn(SessionAuth):
    """The session cookie of a person who is signed in; unsafe methods need the CSRF token.

    A locked screen is let in to what it watches: it sees no identity, and all that it may record
    is an emergency.
    """

    def authenticate(self, request: HttpRequest, key: str | None) -> Screen | None:
        here: Screen | None = request.screen
        if here is not None and here.locked and request.resolver_match.url_name not in WATCHED:
            raise HttpError(423, LOCKED)
        return here


class SignatureIn(Schema):
    username: str
    password: str
    totp: str


class Said:
    """Any object to the parser, which tells faults in sentences; the command's shape in OpenAPI."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: Any, handler: GetJsonSchemaHandler) -> Any:
        return handler(COMMANDS.core_schema)


class CommandIn(Schema):
    """`id` is a UUID made by the client before it asks. Of a scan whose code the catalogue knows,
    only `code` and what the code does not say must be sent."""

    id: UUID
    command: Annotated[dict[str, Any], Said]
    signature: SignatureIn | None = None


class ConsentIn(Schema):
    id: UUID
    on_file: str


# No docs page: ninja's own fetches its scripts from elsewhere, which the content policy forbids.
api = NinjaAPI(title="Esker", version="1", auth=SignedIn(), urls_namespace="api", docs_url=None)
api.add_router("", devices.router)


@api.exception_handler(service.Malformed)
def _malformed(request: HttpRequest, error: service.Malformed) -> HttpResponse:
    return JsonResponse({"sentences": error.sentences}, status=422)


@api.exception_handler(BadRequest)
def _bad(request: HttpRequest, error: BadRequest) -> HttpResponse:
    said = [f"{'.'.join(str(part) for part in e['loc'][1:])}: {e['msg']}." for e in error.errors]
    return JsonResponse({"sentences": said}, status=422)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:  # what is no JSON at all is malformed like anything else
        return JsonResponse({"sentences": ["The request is not JSON."]}, status=422)
    sentence = SENTENCES.get(error.status_code, str(error))
    return JsonResponse({"sentence": sentence}, status=error.status_code)


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return JsonResponse({"sentences": ["The request is too large."]}, status=413)


@api.exception_handler(queries.NoSuchSession)
def _missing(request: HttpRequest, error: queries.NoSuchSession) -> HttpResponse:
    return JsonResponse({"sentence": "There is no such session."}, status=404)


@api.post("/sessions/{session_id}/commands", response=WRITTEN)
def command(request: HttpRequest, session_id: str, body: CommandIn) -> HttpResponse:
    """Carry out a command once; the same id again hears the same answer."""
    said = json.loads(request.body)
    clinic = request.screen.clinic
    if not service.known_or_opening(clinic, session_id, said):
        raise queries.NoSuchSession(session_id)
    answer = service.handle(clinic, session_id, said, request.screen.user)
    if isinstance(answer, Refused):
        return JsonResponse(refused_json(answer), status=409)
    return JsonResponse({"entries": answer.entries})


@api.get("/sessions/{session_id}", response={**read(SessionOut), 404: MissingOut})
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """The state, what is due, active alarms, and which commands would be accepted now."""
    here = request.screen
    found = queries.session(here.clinic, session_id, clock.now(), here.user)
    return JsonResponse(hidden(found) if here.locked else found)


@api.get("/floor", response=read(FloorOut))
def floor(request: HttpRequest) -> HttpResponse:
    """All sessions of the clinic that are not closed."""
    found = queries.floor(request.screen.clinic, clock.now())
    return JsonResponse(hidden_floor(found) if request.screen.locked else found)


@api.post("/patients/{patient_id}/consent", response=WRITTEN)
def consent(request: HttpRequest, patient_id: str, body: ConsentIn) -> HttpResponse:
    """Whether a consent is on file: yes, no or unknown."""
    clinic, user = request.screen.clinic, request.screen.user
    if not service.knows_patient(clinic, patient_id):
        return JsonResponse({"sentence": "There is no such patient."}, status=404)
    answer = service.record_consent(clinic, patient_id, body.on_file, user.username, str(body.id))
    return JsonResponse({"entries": answer.entries})


def refused_json(refused: Refused) -> dict[str, Any]:
    return {
        "code": refused.code,
        "sentence": refused.sentence,
        "strength": refused.strength,
        "rule": refused.rule,
    }
