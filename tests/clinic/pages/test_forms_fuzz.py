"""Whatever a form sends, a page answers: never a fault of ours, on either database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from esker.clinic import clock
from esker.clinic.demo import cast, story
from esker.clinic.demo.pharmacy import PRODUCTS
from esker.clinic.people.models import User
from tests.conftest import NOW, PASSWORD

ID = str(uuid4())
ALDER = cast.ALDER.session
FACTORS = {"username": "prescriber", "password": cast.PASSWORD, "totp": "123456", "code": "123456"}
PERSON = {"username": "newcomer", "name": "Demo Newcomer", "roles": "nurse", "licence": "D-2"}
PLAN = {"id": ID, "session": ID, "patient": "p9", "name": "Demo Larch", "born": "1990-05-06",
        "mrn": "DEMO-9", "sex": "unknown", "asked": "unasked", "allergies": "", "protocol": "x",
        "date": "2026-11-23", "time": "11:00", "planned_at": "2026-11-23T11:00"}  # fmt: skip
# address -> who sends it, and what a valid form would carry
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "/account/": ("nurse", FACTORS | {"do": "pin", "pin": "4821", "new": PASSWORD, "again": "x"}),
    "/administration/chairs/": ("admin", {"do": "add", "name": "Chair 9"}),
    "/administration/monitors/": ("admin", {"do": "add", "identity": "MON-9", "name": "Nine",
                                            "chair": "Chair 1", "roving": "on", "zone": "UTC"}),
    "/administration/people/": ("admin", PERSON),
    "/administration/people/nurse2/": ("admin", PERSON | {"do": "change", "active": "yes"}),
    "/administration/products/": ("admin", {k: str(v) for k, v in PRODUCTS[0].items()}
                                  | {"do": "add"}),
    "/administration/protocols/": ("admin", {"do": "draft", "text": "id = 1"}),
    "/administration/protocols/esketamine-trd-us/": ("admin", FACTORS | {"seen": "x" * 64}),
    "/lock/": ("nurse", {}), "/presence/": ("nurse", {"here": "yes"}),
    "/readings/claim/": ("nurse", {"id": ID, "moment": "a,b", "session": ALDER, "reason": "seen"}),
    "/readings/dismiss/": ("nurse", {"id": ID, "monitor": cast.MONITORS[1],
                                     "until": NOW.isoformat(), "reason": "nobody"}),
    "/readings/settle/": ("nurse", {"id": ID, "line": "1", "reason": "seen"}),
    "/sessions/new/": ("nurse", PLAN), "/sign-in/": ("nurse", FACTORS | {"next": "/"}),
    "/switch/": ("nurse", {"username": "nurse2", "pin": "4822"}),
    "/this-screen/": ("nurse", {"chair": "Chair 1"}),
    "/unlock/": ("nurse", {"password": cast.PASSWORD}),
    "/join/nurse/x-y/": ("nurse", FACTORS | {"again": "x"}),
    "/set-up/x/": ("nurse", FACTORS | PERSON | {"clinic": "Demo", "zone": "UTC"}),
}  # fmt: skip
ODD = ["", " ", "x" * 5000, "9" * 5000, "\x00", "\ud7ff", "²", "-1", "1e999", "0001-01-01T00:00Z",
       "9999-12-31T23:59:59-14:00", "2026-02-30", "../..", "<script>", "\u202e", "NaN"]  # fmt: skip
odd = st.sampled_from(ODD) | st.text(max_size=8)


@st.composite
def filled(draw):
    """A form's address, who sends it, and its fields with one or two of them made odd."""
    url = draw(st.sampled_from(sorted(FORMS)))
    who, fields = FORMS[url]
    names = st.sampled_from([*fields, "do", "id"])
    return url, who, fields | draw(st.dictionaries(names, odd, max_size=2))


@pytest.fixture
def browsers(db):
    story.morning(NOW)
    yield {name: browser(name) for name in ("nurse", "admin")}
    clock.install(clock.machine)


def browser(username):
    client = Client(raise_request_exception=False)
    user = User.objects.get(username=username)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.hazard(34)
def test_fuzz_any_form_is_answered_by_a_page(browsers):
    """A slip or an attack in a form is a page with a sentence, or nothing."""

    @effort(suppress_health_check=list(HealthCheck))
    @given(filled())
    def answered(form):
        url, who, fields = form
        client = browsers[who]
        cookies = client.cookies.copy()
        with transaction.atomic():
            answer = client.post(url, fields)
            transaction.set_rollback(True)
        client.cookies = cookies
        assert answer.status_code < 500

    answered()
