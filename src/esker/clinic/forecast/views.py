"""The forecast's own address. A page that cannot reach it loses nothing that a nurse relies on."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from esker.clinic import clock
from esker.clinic.forecast import queries


@require_GET
@never_cache
def forecast(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """The newest forecast of a session of this person's clinic; 404 for another's, as for none."""
    if request.screen is None:
        return JsonResponse({"sentence": "Sign in first."}, status=401)
    try:
        found = queries.latest(request.screen.clinic, str(session_id), clock.now())
    except queries.NoSuchSession:
        return JsonResponse({"sentence": "There is no such session here."}, status=404)
    return JsonResponse(queries.hidden(found) if request.screen.locked else found)
