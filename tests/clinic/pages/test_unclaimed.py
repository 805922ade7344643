"""The page where a nurse claims what could not be tied to a chair."""

import re

import pytest

from esker.clinic import clock
from esker.clinic.devices import intake, listing
from tests.clinic.devices.ward import oru
from tests.clinic.sessions.room import Room, install
from tests.conftest import NOW, person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber)).arrived()
    clock.install(clock.machine)


@pytest.fixture
def page(room, client):
    odd = ["OBX|9|NM|1^MDC_OTHER^MDC|1|<b>5</b>"]
    raw = oru("1", NOW, {"sbp": 131, "dbp": 82}, monitor="ROVING", patient="DEMO-7", extra=odd)
    intake.receive(room.clinic, raw, NOW)
    client.force_login(room.nurse, backend=BACKEND)
    return client


def hidden(html, form, name):
    """The value of a hidden field of one form."""
    part = html.split(f'action="/readings/{form}/"')[1].split("</form>")[0]
    return re.search(rf'name="{name}" value="([^"]*)"', part)[1]


@pytest.mark.hazard(13)
def test_a_nurse_sees_what_waits_and_why_and_claims_it_onto_a_session(room, page):
    """A monitor's readings on another patient: a person says whose they are, once."""
    html = page.get("/readings/").content.decode()
    assert "Systolic 131 mmHg" in html
    assert "No session held this monitor at that time." not in html  # nobody has named this one
    assert "not among the clinic&#x27;s monitors" in html
    assert "demo-7" in html
    said = {name: hidden(html, "claim", name) for name in ("id", "moment")}

    for _ in range(2):  # a double click
        answer = page.post(
            "/readings/claim/", {**said, "session": room.session, "reason": "saw it"}
        )
        assert answer.headers["Location"] == "/readings/"

    assert listing.unclaimed(room.clinic) == []
    assert [each["value"] for each in room.state()["readings"]] == ["82", "131"]


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [("moment", "Tick the readings"), ("session", "Choose the session"), ("reason", "reason")],
)
def test_what_is_missing_is_said_and_nothing_is_claimed(room, page, left_out, sentence):
    html = page.get("/readings/").content.decode()
    said = {name: hidden(html, "claim", name) for name in ("id", "moment")}
    said |= {"session": room.session, "reason": "saw it"}

    answer = page.post("/readings/claim/", {**said, left_out: ""})

    assert (answer.status_code, sentence in answer.content.decode()) == (409, True)
    assert len(listing.unclaimed(room.clinic)) == 1


def test_what_is_nobodys_is_dismissed_and_what_is_unread_is_settled(room, page):
    html = page.get("/readings/").content.decode()
    assert "&lt;b&gt;5&lt;/b&gt;" in html
    gone = {n: hidden(html, "dismiss", n) for n in ("id", "monitor", "until")}
    read = {n: hidden(html, "settle", n) for n in ("id", "line")}

    page.post("/readings/dismiss/", {**gone, "reason": "a test of the device"})
    page.post("/readings/settle/", {**read, "reason": "told the maker"})

    html = page.get("/readings/").content.decode()
    assert "Every reading belongs to a session." in html
    assert "Everything that was sent could be read." in html


@pytest.mark.parametrize("role", ["administrator", "front_desk", "custodian"])
def test_only_the_bedside_dismisses_and_settles(room, page, clinic, role):
    """Who was not at a chair cannot know whose a reading is: told so, and nothing is released."""
    html = page.get("/readings/").content.decode()
    gone = {n: hidden(html, "dismiss", n) for n in ("id", "monitor", "until")}
    read = {n: hidden(html, "settle", n) for n in ("id", "line")}
    page.force_login(person(clinic, "other", role), backend=BACKEND)

    theirs = page.get("/readings/").content.decode()
    assert "/readings/dismiss/" not in theirs
    assert "/readings/settle/" not in theirs
    for form, said in (("dismiss", gone), ("settle", read)):
        answer = page.post(f"/readings/{form}/", {**said, "reason": "tidying up"})
        assert (403, True) == (
            answer.status_code,
            "This is for a nurse or a prescriber." in answer.content.decode(),
        )
    assert len(listing.unclaimed(room.clinic)) == len(listing.unread(room.clinic)) == 1


def test_a_locked_screen_shows_no_identity_here(room, page):
    html = page.get("/readings/").content.decode()
    said = {name: hidden(html, "claim", name) for name in ("id", "moment")}
    page.post("/lock/")

    assert page.get("/readings/").headers["Location"] == "/"
    page.post("/readings/claim/", {**said, "session": room.session, "reason": "saw it"})
    assert len(listing.unclaimed(room.clinic)) == 1


@pytest.mark.hazard(37)
def test_an_outsider_sees_and_takes_nothing(room, page, client, charlie):
    """One clinic sees another's patients: neither the readings nor the sessions are listed."""
    html = page.get("/readings/").content.decode()
    said = {name: hidden(html, "claim", name) for name in ("id", "moment")}
    client.force_login(charlie, backend=BACKEND)

    theirs = client.get("/readings/").content.decode()
    client.post("/readings/claim/", {**said, "session": room.session, "reason": "mine"})

    assert "ROVING" not in theirs
    assert "Demo Alder" not in theirs
    assert len(listing.unclaimed(room.clinic)) == 1
