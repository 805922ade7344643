"""Every address of the API, each method, each kind of visitor. A route without a row fails."""

from __future__ import annotations

import json
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
from tests.conftest import NOW

BODIES = {
    "commands": {"command": {"kind": "weigh", "weight": "70", "unit": "kg"}},
    "consent": {"on_file": "yes"},
    "dismiss": {"monitor": "ROVING", "until": "2026-11-23T10:00:00Z", "reason": "a test of it"},
    "settle": {"line": 1, "reason": "looked at"},
}
# route -> method -> (nobody, nurse here, outsider); the outsider sees nothing of this clinic
ROWS = {
    "api/v1/sessions/<session_id>/commands": {"post": (401, 200, 404)},
    "api/v1/sessions/<session_id>": {"get": (401, 200, 404)},
    "api/v1/patients/<patient_id>/consent": {"post": (401, 200, 404)},
    "api/v1/floor": {"get": (401, 200, 200)},
    "api/v1/unclaimed": {"get": (401, 200, 200)},
    "api/v1/unclaimed/dismiss": {"post": (401, 200, 404)},
    "api/v1/unread": {"get": (401, 200, 200)},
    "api/v1/unread/settle": {"post": (401, 200, 404)},
    "api/v1/openapi.json": {"get": (200, 200, 200)},
    "demo/": {"get": (404, 404, 404)},  # outside a demo there are no such pages
    "demo/packs/": {"get": (404, 404, 404)},
    "demo/bar/": {"get": (404, 404, 404)},
    "demo/clock/": {"post": (404, 404, 404)},
    "live/watch": {"post": (401, 200, 200)},
}
ELSEWHERE = {"live/", "api/v1/", "api/v1/docs"}  # a stream, tested with a server; and API's front
CASES = [(route, method) for route, methods in ROWS.items() for method in methods]


def routes(patterns, prefix=""):
    for each in patterns:
        path = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, path)
        elif path.startswith(("api/", "live/", "demo/")):
            yield path


def test_no_route_without_a_row():
    """A new address of the API or of the live stream must say who may see it."""
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


@pytest.mark.django_db
@pytest.mark.hazard(37)
@pytest.mark.parametrize(("route", "method"), CASES)
def test_who_sees_what(room, charlie, route, method):
    """One clinic sees another (hazard 37): the outsider gets 404, whatever the method."""
    url = "/" + route.replace("<session_id>", room.session).replace("<patient_id>", "p1")
    body = next((body for word, body in BODIES.items() if word in url), {})
    body = {**body, "chairs": ["Chair 1"], "audible": True} if "watch" in url else body
    seen = []
    for visitor in (None, room.nurse, charlie):
        client = Client()
        if visitor:
            client.force_login(visitor, backend="django.contrib.auth.backends.ModelBackend")
        sent = json.dumps({"id": str(uuid4()), **body})
        call = getattr(client, method)
        answer = call(url, sent, "application/json") if method == "post" else call(url)
        seen.append(answer.status_code)
        assert visitor is not charlie or b"Demo Alder" not in answer.content
    assert tuple(seen) == ROWS[route][method]


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
