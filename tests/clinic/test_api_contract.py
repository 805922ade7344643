"""The OpenAPI document that is served, held against the API itself, on the demo's morning.

Any request near what the document allows is answered with a status and a shape that it declares,
never with a fault of ours; and whoever is refused hears a sentence.
"""

from __future__ import annotations

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from esker.clinic import clock
from esker.clinic.demo import cast, story
from esker.clinic.people.models import User
from tests.conftest import NOW

CHECKS = [
    checks.not_a_server_error, openapi.status_code_conformance, openapi.content_type_conformance,
    openapi.response_schema_conformance,
]  # fmt: skip
TOKEN = "t" * 32
KNOWN = {
    "session_id": [each.session for each in cast.PATIENTS],
    "patient_id": [str(each.person()["id"]) for each in cast.PATIENTS],
}


@pytest.fixture
def _one_connection():
    """A request's end would close the connection that holds the test's transaction."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def cookies(db, _one_connection):
    """The demo's morning, and who asks: by role, at an open or at a locked screen."""
    story.morning(NOW)
    names = ("nurse", "prescriber", "frontdesk")
    others = {"locked": cookie("nurse", locked=True), "nobody": ""}
    yield {name: cookie(name) for name in names} | others
    clock.install(clock.machine)


def cookie(username, locked=False):
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["locked"] = locked
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def asked(operation):
    """Requests as the document says them, and such as it forbids; about what is there, mostly."""
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.body else [])]
    cases = st.one_of([operation.as_strategy(mode) for mode in modes])
    names = [name for name in KNOWN if f"{{{name}}}" in operation.path]
    known = {name: st.sampled_from(KNOWN[name]) | st.none() for name in names}
    return st.tuples(cases, st.fixed_dictionaries(known))


def test_fuzz_every_answer_is_one_that_the_document_declares(cookies):
    """No 5xx, no undeclared status, content type or shape, whoever asks."""
    served = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    for operation in served.get_all_operations():
        hold(operation.ok(), cookies)


def hold(operation, cookies):
    @effort(max_examples=effort().max_examples // 4, suppress_health_check=list(HealthCheck))
    @given(asked(operation), st.sampled_from(sorted(cookies)), st.sampled_from([TOKEN] * 5 + [""]))
    def answers(asking, who, token):
        case, known = asking
        case.path_parameters |= {name: value for name, value in known.items() if value}
        jar = {settings.SESSION_COOKIE_NAME: cookies[who], settings.CSRF_COOKIE_NAME: TOKEN}
        with transaction.atomic():
            answer = case.call(cookies=jar, headers={"X-CSRFToken": token})
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            told = answer.json()
            for sentence in told.get("sentences") or [told["sentence"]]:
                assert sentence.endswith((".", "?", ")")), told
            assert answer.status_code != 409 or told["code"], told

    answers()
