"""Every address, each method, each kind of visitor. A route without a row fails."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver

from esker.clinic import clock
from esker.clinic.devices import intake
from esker.clinic.devices.models import Unread
from esker.clinic.tenancy import scope
from tests.clinic.devices.ward import oru
from tests.clinic.sessions.room import Room, install
from tests.conftest import NOW, person

BODIES = {
    "commands": {"command": {"kind": "weigh", "weight": "70", "unit": "kg"}},
    "consent": {"on_file": "yes"},
    "dismiss": {"monitor": "ROVING", "until": "2026-11-23T10:00:00Z", "reason": "a test of it"},
    "settle": {"line": 1, "reason": "looked at"},
}
VISITORS = ("nobody", "locked", "nurse", "administrator", "outsider")
# route -> method -> what each of VISITORS is answered. "Outsider" is a nurse of another clinic:
# what belongs to this clinic is not there for her (404); lists hold her own clinic's rows only.
ROWS: dict[str, dict[str, tuple[int, ...]]] = {
    "": {"get": (302, 200, 200, 200, 200)},
    "account/": {"get": (302, 302, 200, 200, 200), "post": (302, 423, 404, 404, 404)},
    "administration/": {"get": (302, 302, 404, 200, 404)},
    "administration/chairs/": {"get": (302, 302, 404, 200, 404), "post": (302, 423, 404, 404, 404)},
    "administration/monitors/": {
        "get": (302, 302, 404, 200, 404),
        "post": (302, 423, 404, 404, 404),
    },
    "administration/people/": {"get": (302, 302, 404, 200, 404), "post": (302, 423, 404, 409, 404)},
    "administration/people/<str:username>/": {
        "get": (302, 302, 404, 200, 404),
        "post": (302, 423, 404, 409, 404),
    },
    "administration/products/": {
        "get": (302, 302, 404, 200, 404),
        "post": (302, 423, 404, 404, 404),
    },
    "administration/protocols/": {
        "get": (302, 302, 404, 200, 404),
        "post": (302, 423, 404, 404, 404),
    },
    "administration/protocols/<str:name>/": {
        "get": (302, 302, 404, 200, 404),
        "post": (302, 423, 404, 409, 404),
    },
    "api/v1/floor": {"get": (401, 200, 200, 200, 200)},
    "api/v1/openapi.json": {"get": (200,) * 5, "post": (200,) * 5},  # the document, however asked
    "api/v1/patients/<patient_id>/consent": {"post": (401, 423, 200, 200, 404)},
    "api/v1/sessions/<session_id>": {"get": (401, 200, 200, 200, 404)},
    "api/v1/sessions/<session_id>/commands": {"post": (401, 409, 200, 409, 404)},
    "api/v1/unclaimed": {"get": (401, 423, 200, 200, 200)},
    "api/v1/unclaimed/dismiss": {"post": (401, 423, 200, 403, 404)},
    "api/v1/unread": {"get": (401, 423, 200, 200, 200)},
    "api/v1/unread/settle": {"post": (401, 423, 200, 403, 404)},
    "at-chair/": {"get": (302, 200, 200, 200, 200)},
    "chair/<uuid:session_id>/": {"get": (302, 200, 200, 200, 404)},
    "chair/<uuid:session_id>/chart/": {"get": (302, 200, 200, 200, 404)},
    "chair/<uuid:session_id>/fragment/": {"get": (302, 200, 200, 200, 404)},
    "demo/": {"get": (302, 404, 404, 404, 404)},
    "demo/bar/": {"get": (302, 404, 404, 404, 404)},
    "demo/clock/": {"post": (302, 404, 404, 404, 404)},
    "demo/packs/": {"get": (302, 302, 404, 404, 404)},
    "floor/fragment/": {"get": (302, 200, 200, 200, 200)},
    "join/<str:username>/<str:token>/": {
        "get": (404, 404, 404, 404, 404),
        "post": (404, 404, 404, 404, 404),
    },
    "live/watch": {"post": (401, 200, 200, 200, 200)},
    "lock/": {"post": (302, 200, 200, 200, 200)},
    "people/": {"get": (302, 302, 404, 404, 404)},
    "presence/": {"post": (302, 423, 302, 302, 302)},
    "readings/": {"get": (302, 302, 200, 200, 200)},
    "readings/claim/": {"post": (302, 423, 409, 409, 409)},
    "readings/dismiss/": {"post": (302, 423, 409, 409, 409)},
    "readings/settle/": {"post": (302, 423, 409, 403, 409)},
    "record/<uuid:session_id>/": {"get": (302, 302, 200, 200, 404)},
    "record/<uuid:session_id>/pdf/": {"get": (302, 302, 200, 200, 404)},
    "record/<uuid:session_id>/readings.csv": {"get": (302, 302, 200, 200, 404)},
    "record/<uuid:session_id>/pack/": {"get": (302, 302, 200, 200, 404)},
    "sessions/<uuid:session_id>/forecast": {"get": (401, 200, 200, 200, 404)},
    "sessions/new/": {"get": (302, 302, 200, 404, 200), "post": (302, 423, 409, 404, 409)},
    "set-up/<str:token>/": {"get": (404, 404, 404, 404, 404), "post": (404, 404, 404, 404, 404)},
    "sign-in/": {"get": (200, 200, 200, 200, 200), "post": (200, 200, 200, 200, 200)},
    "sign-out/": {"post": (302, 302, 302, 302, 302)},
    "switch/": {"get": (302, 200, 200, 200, 200), "post": (302, 403, 403, 403, 403)},
    "this-screen/": {"get": (302, 302, 200, 200, 200), "post": (302, 423, 409, 409, 409)},
    "tls/": {"get": (200, 200, 200, 200, 200)},
    "tls/ca.pem": {"get": (404, 404, 404, 404, 404)},
    "unlock/": {"post": (302, 403, 403, 403, 403)},
}
ELSEWHERE = {"live/", "api/v1/"}  # a stream, tested with a server; and API's front
PLACES = {
    "<patient_id>": "p1", "<str:username>": "nurse", "<str:token>": "x",
    "<str:name>": "esketamine-trd-us",
}  # fmt: skip


def routes(patterns, prefix=""):
    for each in patterns:
        path = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, path)
        else:
            yield path


def test_no_route_without_a_row():
    """A new address, of a page or of the API, must say who may see it."""
    assert set(routes(get_resolver().url_patterns)) == set(ROWS) | ELSEWHERE


@pytest.fixture
def room(clinic, nurse, prescriber):
    odd = ["OBX|9|NM|1^MDC_OTHER^MDC|1|5"]
    raw = oru("1", NOW, {"spo2": 97}, monitor="ROVING", patient="Demo Alder", extra=odd)
    intake.receive(str(clinic.pk), raw, NOW)
    with scope(clinic.pk):
        Unread.objects.update(id=1)
    yield install(Room(clinic, nurse, prescriber)).open()
    clock.install(clock.machine)


def visit(client, room, route, method):
    url = "/" + re.sub(r"<(uuid:)?session_id>", room.session, route)
    for place, value in PLACES.items():
        url = url.replace(place, value)
    if method == "get":
        return client.get(url)
    if not route.startswith(("api/", "live/")):
        return client.post(url, {})
    body = next((body for word, body in BODIES.items() if word in url), {})
    body = {**body, "chairs": ["Chair 1"], "audible": True} if "watch" in url else body
    return client.post(url, json.dumps({"id": str(uuid4()), **body}), "application/json")


def browser_of(visitor, user):
    client = Client()
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if visitor == "locked":
        session = client.session
        session["locked"] = True
        session.save()
    return client


@pytest.mark.django_db
@pytest.mark.hazard(37)
@pytest.mark.parametrize("visitor", VISITORS)
def test_who_sees_what(room, clinic, charlie, visitor):
    """One clinic sees another (hazard 37): the outsider gets 404, whatever the method."""
    people = {
        "nobody": None, "locked": room.nurse, "nurse": room.nurse, "outsider": charlie,
        "administrator": person(clinic, "admin", "administrator"),
    }  # fmt: skip
    seen, wanted = {}, {}
    for route, methods in ROWS.items():
        for method, codes in methods.items():
            answer = visit(browser_of(visitor, people[visitor]), room, route, method)
            seen[route, method] = answer.status_code
            wanted[route, method] = codes[VISITORS.index(visitor)]
            if visitor not in ("nurse", "administrator"):
                assert b"Demo Alder" not in answer.content, route
    assert wanted == seen


@pytest.mark.django_db
def test_no_method_without_a_row(room):
    """An address that begins to take forms, or to be read, must say from whom."""
    client = browser_of("nurse", room.nurse)
    taken = {
        (route, method)
        for route, methods in ROWS.items()
        for method in {"get", "post"} - set(methods)
        if visit(client, room, route, method).status_code not in (404, 405)
    }
    assert set() == taken


@pytest.mark.django_db
def test_a_post_needs_the_pages_token(room):
    """A form on another site cannot send commands with a nurse's cookie."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    body = json.dumps(room.payload("weigh", weight="70", unit="kg"))
    answer = client.post(f"/api/v1/sessions/{room.session}/commands", body, "application/json")
    assert answer.status_code == 403


@pytest.mark.django_db
def test_a_refusal_is_told_with_its_sentence(room):
    """409 carries code, sentence, strength and rule; 422 carries sentences."""
    client = Client()
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    url = f"/api/v1/sessions/{room.session}/commands"
    refused = client.post(url, room.payload("clear", order_version=1), "application/json")
    assert refused.status_code == 409
    assert set(refused.json()) == {"code", "sentence", "strength", "rule"}
    for bad in (b"{", b"[]", b'{"id": 1}'):
        answer = client.post(url, bad, "application/json")
        assert answer.status_code == 422
        assert answer.json()["sentences"]
