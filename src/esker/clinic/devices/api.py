"""The API of unclaimed and unread: lists, and a person settling what nobody will use.

Claiming is a command of the session that takes the readings, like all that concerns a session.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema
from pydantic import Field

from esker.clinic.answers import WRITTEN, MissingOut, RefusedOut, UnclaimedOut, UnreadOut, read
from esker.clinic.devices import listing, settling
from esker.core.ledger import Refused
from esker.core.protocols.schema import Moment

router = Router()
DONE = WRITTEN | {403: RefusedOut | MissingOut}
Kept = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # PostgreSQL keeps no NUL
Reason = Annotated[Kept, Field(min_length=1, max_length=2000)]


class DismissIn(Schema):
    """`until` is the `received` of the list that the person looked at: what came later stays."""

    id: UUID
    monitor: Annotated[Kept, Field(max_length=180)]  # names a stream, which holds 200
    until: Moment
    reason: Reason


class SettleIn(Schema):
    """`line` is the `id` of an unread line."""

    id: UUID
    line: Annotated[int, Field(ge=1, lt=2**63)]
    reason: Reason


@router.get("/unclaimed", response=read(list[UnclaimedOut]))
def unclaimed(request: HttpRequest) -> HttpResponse:
    """Readings that could not be tied to a session, by monitor, with the reason."""
    return JsonResponse(listing.unclaimed(str(request.user.clinic_id)), safe=False)


@router.get("/unread", response=read(list[UnreadOut]))
def unread(request: HttpRequest) -> HttpResponse:
    """What monitors said that was not used, by sender, code and reason."""
    return JsonResponse(listing.unread(str(request.user.clinic_id)), safe=False)


@router.post("/unclaimed/dismiss", response=DONE)
def dismiss(request: HttpRequest, body: DismissIn) -> HttpResponse:
    """The readings of a monitor belong to nobody here: they go whole into the ledger."""
    return _answer(
        settling.dismiss(request.user, str(body.id), body.monitor, body.until, body.reason)
    )


@router.post("/unread/settle", response=DONE)
def settle(request: HttpRequest, body: SettleIn) -> HttpResponse:
    """An unread line was looked at, with what came of it."""
    return _answer(settling.settle(request.user, str(body.id), body.line, body.reason))


def _answer(answer: settling.Answer) -> HttpResponse:
    if not isinstance(answer, Refused):
        return JsonResponse({"entries": answer})
    if answer.code == "nothing":
        return JsonResponse({"sentence": answer.sentence}, status=404)
    return JsonResponse(
        {"code": answer.code, "sentence": answer.sentence, "strength": answer.strength,
         "rule": answer.rule}, status=403 if answer.code == "role" else 409,
    )  # fmt: skip
