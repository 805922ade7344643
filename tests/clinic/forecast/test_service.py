"""Forecasts are made when something changed, shown on their own address, and can be made again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields

import pytest
from django.test import Client

from esker.clinic import tenancy
from esker.clinic.forecast import made, queries, replay, service
from esker.clinic.forecast.helper import Lost
from esker.clinic.forecast.models import Forecast
from esker.clinic.ledger import store
from esker.core.ledger import canonical, envelope
from esker.core.pharmacology import Covariates
from esker.core.pharmacology.forecast import Request
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(service, "APART_S", 0.0)
    monkeypatch.setattr(service, "AGED_APART_S", 0.0)


def look(room, helper, known):
    room.wait(seconds=30)
    service.look(room.clinic, helper, known, room.now)


def latest(room):
    return queries.latest(room.clinic, room.session, room.now)


def entries(room):
    with tenancy.scope(room.clinic):
        return store.read(room.clinic, made.stream_of(room.session))


def test_a_forecast_is_made_shown_and_kept(room, helper):
    look(room, helper, {})
    shown = latest(room)

    assert (shown["state"], shown["model"]) == ("shown", "E")
    assert shown["goes_on"]["clear_min"][0] <= shown["goes_on"]["clear_min"][1]
    [entry] = entries(room)
    assert shown["entry"] == entry.id
    assert (entry.kind, entry.actor) == ("forecast.made", "forecast")
    assert entry.data()["model_hash"] == shown["model_hash"]


def test_nothing_new_asks_nothing_and_a_score_asks_again(room, helper):
    known = {}
    look(room, helper, known)
    look(room, helper, known)
    assert len(helper.asked) == 1
    room.do("record_scale", scale="cadss", value="5")
    look(room, helper, known)
    assert helper.asked[-1]["observed"][-1]["value"] == 5.0
    room.wait(minutes=2)  # its "now" has grown old
    look(room, helper, known)
    assert len(helper.asked) == len(entries(room)) == 3


def test_a_stop_changes_what_is_to_come(room, helper):
    known = {}
    look(room, helper, known)
    room.do("stop", reason="test")
    look(room, helper, known)
    assert [len(asked["doses"]) for asked in helper.asked] == [2, 1]


@pytest.mark.hazard(10)
def test_a_lost_process_says_so_and_shows_no_old_band(room, helper):
    """A prediction is taken for a fact (hazard 10): when it cannot be made, nothing is drawn."""
    known = {}
    look(room, helper, known)

    def lost(question):
        raise Lost("killed")

    helper.ask = lost
    room.do("record_scale", scale="cadss", value="5")
    look(room, helper, known)
    assert latest(room) == {"state": "none", "sentence": service.LOST}
    assert len(entries(room)) == 1


@pytest.mark.hazard(10)
def test_an_old_forecast_is_not_shown(room, helper):
    """A prediction is taken for a fact (hazard 10): one that nothing refreshes disappears."""
    look(room, helper, {})
    room.wait(minutes=11)
    assert latest(room)["state"] == "none"


def test_what_was_shown_can_be_made_again(room, helper, capsys):
    """From the entry alone: question, seed and model. A changed answer is found out."""
    look(room, helper, {})
    [entry] = entries(room)
    assert replay.of_folder(entry.id) == 0
    assert replay.of_folder("no such entry") == 2

    body = json.loads(entry.body)
    assert "rounds otherwise" in replay.again(body | {"answer_sha256": "0" * 64})
    assert "have changed" in replay.again(body | {"model_hash": "0" * 64})


def test_the_entry_holds_every_input_and_nothing_is_left_to_a_default(room, helper):
    """What a later version assumes of ancestry or other medicines is not what was assumed."""
    look(room, helper, {})
    [entry] = entries(room)
    body = entry.data()
    question = json.loads(body["question"])
    assert set(question) == {field.name for field in fields(Request)}
    assert set(question["covariates"]) == {field.name for field in fields(Covariates)}
    assert (question["covariates"]["ancestry"], question["covariates"]["interactions"]) == (
        "other",
        [],
    )
    assert (question["particles"], question["seed"]) == (150, body["seed"])
    assert body["made_with"].startswith("esker ")


def answered(room, helper, known, **said):
    """The notes of the forecast that follows on an answer, and its middle line of plasma."""
    if said:
        room.do("record_interactions", **said)
    look(room, helper, known)
    shown = latest(room)
    return " ".join(shown["notes"]), shown["goes_on"]["bands"]["concentration_ng_ml"]["p50"]


def test_an_answer_about_interactions_moves_the_bands_and_is_said(room, helper):
    """Not asked, not known, none, and one: what was assumed stands beside each."""
    known = {}
    untold, plain = answered(room, helper, known)
    unsure, _ = answered(room, helper, known, answer="unknown")
    none, same = answered(room, helper, known, answer="no")
    some, lower = answered(room, helper, known, answer="yes", interactions=["rifampicin"])
    assert "none was told" in untold
    assert "none was told" in unsure
    assert "Reckoned with none of the medicines" in none
    assert "Reckoned with rifampicin, as charted" in some
    assert same[-1] == pytest.approx(plain[-1], rel=0.05)  # half a minute later, the same patients
    assert lower[-1] < 0.8 * plain[-1]


def test_each_answer_stays_with_the_forecast_that_it_made(room, helper):
    """Corrected, the new one counts; what was shown before can still be made again."""
    known = {}
    answered(room, helper, known, answer="yes", interactions=["grapefruit"])
    answered(room, helper, known, answer="no")
    first, last = (json.loads(each.data()["question"]) for each in entries(room))
    assert (first["told"], first["covariates"]["interactions"]) == (True, ["grapefruit"])
    assert (last["told"], last["covariates"]["interactions"]) == (True, [])
    assert [replay.of_folder(each.id) for each in entries(room)] == [0, 0]


def test_a_locked_screen_sees_the_bands_and_not_the_medicines(room, helper):
    answered(room, helper, {}, answer="yes", interactions=["rifampicin"])
    client = Client()
    client.post("/sign-in/", {"username": room.nurse.username, "password": PASSWORD})
    url = f"/sessions/{room.session}/forecast"
    assert "rifampicin" in client.get(url).content.decode()
    client.post("/lock/")
    locked = client.get(url)
    assert (locked.json()["state"], "rifampicin" in locked.content.decode()) == ("shown", False)


def test_it_is_made_again_by_another_process_from_an_export_alone(room, helper, tmp_path):
    """No database, no clinic: one line of the ledger, also with medicines that change clearance."""
    asking = helper.ask
    told = {"ancestry": "japanese", "interactions": ["rifampicin"]}
    helper.ask = lambda asked: asking(asked | {"covariates": asked["covariates"] | told})
    look(room, helper, {})
    [entry] = entries(room)
    export = tmp_path / "export.ndjson"
    export.write_text(canonical(envelope(entry)) + "\n", encoding="utf-8")

    def again(name, entry_id=entry.id):
        words = ["forecast", "replay", "--export", name, "--entry", entry_id]
        done = subprocess.run(
            [sys.executable, "-m", "esker.cli", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    assert "rifampicin" in export.read_text()
    assert again("export.ndjson") == (0, "The same to the last bit.\n")
    other = export.read_text().replace("rifampicin", "grapefruit")
    (tmp_path / "other.ndjson").write_text(other)
    assert again("other.ndjson")[0] == 1
    assert again("export.ndjson", "nobody")[0] == 2
    (tmp_path / "cut.ndjson").write_text(export.read_text()[:90])
    assert again("cut.ndjson") == (2, "cut.ndjson: line 1 is no entry of an export.\n")
    assert list(tmp_path.glob("*.sqlite3")) == []


def test_forecasting_again_gives_the_same_answer(room, helper):
    """Two days later, another process: the stored answer is that of the entry."""
    look(room, helper, {})
    with tenancy.scope(room.clinic):
        stored = Forecast.objects.get(session=room.session).answer
    assert made.digest(stored) == entries(room)[0].data()["answer_sha256"]


def test_its_address_is_for_this_clinic(room, charlie, helper):
    look(room, helper, {})
    url, seen = f"/sessions/{room.session}/forecast", []
    for visitor in (None, room.nurse, charlie):
        client = Client()
        if visitor:
            client.force_login(visitor, backend="django.contrib.auth.backends.ModelBackend")
        seen.append(client.get(url).status_code)
    assert seen == [401, 200, 404]


def test_the_chair_page_has_a_place_for_it(room):
    client = Client()
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/chair/{room.session}/").content.decode()
    assert f'data-url="/sessions/{room.session}/forecast"' in page
    assert "not a measurement" in page


def test_until_the_first_is_made_a_sentence_stands_there(room):
    assert latest(room) == {"state": "waiting", "sentence": queries.WAITING}
