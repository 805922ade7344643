"""A request that fails gets a sentence, as JSON or as a page, and never a traceback."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client

from esker.clinic.sessions import queries


@pytest.fixture
def client(nurse):
    client = Client(raise_request_exception=False)
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.hazard(34)
@pytest.mark.parametrize(
    ("error", "status", "word"),
    [(OperationalError("database is locked"), 503, "database"),
     (OperationalError("database or disk is full"), 503, "disk"),
     (IntegrityError("once_per_command"), 503, "again"),
     (ZeroDivisionError("secret"), 500, "Esker itself")],
)  # fmt: skip
def test_what_fails_is_told_in_a_sentence(client, monkeypatch, error, status, word):
    """A database that is gone or full (hazard 34), and our own mistakes, with no traceback."""

    def fail(*_):
        raise error

    monkeypatch.setattr(queries, "floor", fail)
    said = client.get("/api/v1/floor")
    page = client.get("/", headers={"accept": "text/html"})
    assert (said.status_code, page.status_code) == (status, status)
    assert word in said.json()["sentence"]
    assert word in page.content.decode()
    assert "secret" not in page.content.decode() + said.content.decode()
    assert ("Retry-After" in said.headers) == (status == 503)
