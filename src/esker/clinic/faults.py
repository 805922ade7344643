"""What a person is told when a request failed: a plain sentence, and whether anything was kept.

Django logs each of these with its traceback; no page of theirs shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from django.db import DatabaseError, IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.loader import render_to_string

WROTE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
AGAIN_S = "2"
GONE = "The database does not answer, or its disk is full. Write on paper, and call for help."
BUSY = "Somebody else wrote the same thing at this moment. Send it again."
NOWHERE = "There is nothing at this address."
STRANGE = "This did not come from a page of this clinic, or that page is old. Reload it first."
UNKEEPABLE = "A text holds a NUL character, which no record can keep."
OURS = "Something is wrong with Esker itself. Call whoever runs it."


def failed(request: HttpRequest) -> HttpResponse:
    """The answer to any request that raised: 503 when trying again can help, else 500.

    What was being recorded was rolled back, or only its answer was lost: a client that sends the
    same id again finds out which.
    """
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError):
        return _answer(request, 503, BUSY if isinstance(error, IntegrityError) else GONE)
    return _answer(request, 500, OURS)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not this person's to see, which nobody is told apart."""
    return _answer(request, 404, NOWHERE)


def strange(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without the token of a page of ours. What it carried was not looked at."""
    return _answer(request, 403, STRANGE)


def unkeepable(request: HttpRequest) -> HttpResponse | None:
    """The answer where the address or a form holds a NUL, which PostgreSQL cannot even be asked."""
    if "\0" in request.path or any("\0" in text for text in _texts(request.GET)):
        return missing(request)
    if any("\0" in text for text in _texts(request.POST)):
        return _answer(request, 422, UNKEEPABLE)
    return None


def _texts(said: QueryDict) -> Iterator[str]:
    return (text for name, values in said.lists() for text in (name, *values))


def _answer(request: HttpRequest, status: int, why: str) -> HttpResponse:
    kept = "This is not known to be recorded. " if request.method in WROTE else ""
    sentence = kept + why
    if "text/html" in request.headers.get("Accept", ""):  # a browser on its way to a page
        page = render_to_string("failed.html", {"sentence": sentence, "ours": status >= 500})
        answer = HttpResponse(page, status=status)
    else:
        answer = JsonResponse({"sentence": sentence}, status=status)
    if status == 503:
        answer["Retry-After"] = AGAIN_S
    return answer
