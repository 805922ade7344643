"""A locked screen, on the server: identity and edits are gone; watching and Emergency are not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from esker.clinic import clock
from esker.clinic.people import commands, screen
from esker.clinic.setup import commands as setup
from tests.clinic.sessions.room import Room, install
from tests.conftest import PASSWORD, person

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
MIDAZOLAM = {"name": "midazolam", "dose": "2", "unit": "mg", "route": "iv",
             "for_what": "severe agitation", "max_doses": 1}  # fmt: skip
NAMES = (b"Demo Alder", b"DEMO-1001", b"1984-04-12")


@pytest.fixture
def room(clinic, nurse, prescriber):
    setup.add_chair(person(clinic, "admin", "administrator"), "Chair 1")
    yield install(Room(clinic, nurse, prescriber)).arrived()
    clock.install(clock.machine)


@pytest.fixture
def tablet(room):
    client = Client()
    client.post("/sign-in/", {"username": "nurse", "password": PASSWORD})
    return client


def watching(room):
    chart = f"/chair/{room.session}/chart/"
    glance = f"/chair/{room.session}/fragment/?regions=strip,tiles"
    page, api = f"/chair/{room.session}/", f"/api/v1/sessions/{room.session}"
    return [chart, glance, "/", "/floor/fragment/", page, f"{page}fragment/", api, "/api/v1/floor"]


def send(client, room, kind, **fields):
    body = json.dumps(room.payload(kind, **fields))
    url = f"/api/v1/sessions/{room.session}/commands"
    return client.post(url, body, "application/json")


def test_a_locked_login_shows_vitals_and_no_name(room, tablet):
    """Every page and every answer: a lock is the server's, not the page's."""
    room.monitor(sbp=131)
    code = {"drug": "esketamine", "route": "nasal", "dose_mg": "56"}
    room.send(room.signed("sign_order", **code, prns=[MIDAZOLAM]), room.prescriber)
    assert NAMES[0] in tablet.get(f"/chair/{room.session}/").content
    given = {"device": 1, "vial": "V1", "order_version": 1}
    room.do("device_given", **given)
    tablet.post("/lock/")
    for url in watching(room):
        answer = tablet.get(url)
        assert answer.status_code == 200, url
        assert not [name for name in NAMES if name in answer.content], url
    assert "131" == tablet.get(f"/api/v1/sessions/{room.session}").json()["vitals"]["sbp"]["value"]


def test_a_locked_login_records_nothing_but_an_emergency(room, tablet):
    tablet.post("/lock/")
    refused = send(tablet, room, "weigh", weight="70", unit="kg")
    assert (409, "locked") == (refused.status_code, refused.json()["code"])
    consent = json.dumps({"id": "c", "on_file": "yes"})
    assert 423 == tablet.post(
        "/api/v1/patients/p1/consent", consent, "application/json"
    ).status_code  # fmt: skip
    assert 423 == tablet.post("/account/", {"do": "pin"}).status_code
    assert "/" == tablet.get(f"/record/{room.session}/").headers["Location"]
    assert 200 == send(tablet, room, "emergency").status_code


@pytest.mark.hazard(26)
def test_a_chair_screen_calls_for_help_with_nobody_signed_in(room, tablet):
    """Software in the way of rescue (hazard 26): the paired screen needs no login at all."""
    tablet.post("/this-screen/", {"chair": "Chair 1"})
    assert "/at-chair/" == tablet.post("/sign-out/").headers["Location"]
    assert f"/chair/{room.session}/" == tablet.get("/at-chair/").headers["Location"]

    page = tablet.get(f"/chair/{room.session}/")
    assert b"Emergency" in page.content
    assert b"Deep sedation" in page.content  # the rescue card is there before it is asked for
    assert not [name for name in NAMES if name in page.content]
    assert 200 == send(tablet, room, "emergency").status_code
    rescue = {"medicine": "midazolam", "dose": "2", "unit": "mg", "route": "iv"}
    assert 200 == send(tablet, room, "give_rescue", **rescue).status_code
    assert 409 == send(tablet, room, "weigh", weight="70", unit="kg").status_code
    entries = [entry for entry in room.state()["entries"] if entry["actor"] == "screen"]
    assert "emergency.called" == entries[0]["kind"]


def test_an_expired_login_goes_on_watching(room, tablet):
    """Not a bare sign-in page: the chair is still watched, without a name."""
    del tablet.cookies["sessionid"]
    page = tablet.get(f"/chair/{room.session}/")
    assert 200 == page.status_code
    assert not [name for name in NAMES if name in page.content]


def test_a_screen_that_was_signed_out_elsewhere_is_a_stranger(room, tablet):
    tablet.post("/sign-out/")
    assert "/sign-in/?next=/" == tablet.get("/").headers["Location"]
    assert 401 == tablet.get("/api/v1/floor").status_code


def test_a_forged_screen_is_a_stranger(room):
    client = Client()
    client.cookies[screen.COOKIE] = f"{room.clinic}|x|9999999999:forged"
    assert 302 == client.get("/").status_code


def test_a_screen_that_was_taken_away_is_a_stranger(room, tablet, nurse):
    tablet.post("/this-screen/", {"chair": "Chair 1"})
    tablet.post("/sign-out/")
    from esker.clinic.setup import queries

    for each in queries.screens(room.clinic):
        assert setup.unpair_screen(nurse, each.screen) is None
    later = clock.machine() + screen.SHIFT + timedelta(minutes=1)
    clock.machine, before = (lambda: later), clock.machine
    try:
        assert "/sign-in/" in tablet.get("/").headers["Location"]
    finally:
        clock.machine = before


def test_a_login_at_which_nobody_is_locks_itself(room, tablet):
    """Also when the page's own script does not."""
    later = clock.machine() + screen.IDLE + timedelta(minutes=1)
    clock.machine, before = (lambda: later), clock.machine
    try:
        assert NAMES[0] not in tablet.get(f"/chair/{room.session}/fragment/").content
    finally:
        clock.machine = before
    assert tablet.session["locked"]
    assert 200 == tablet.post("/unlock/", {"password": PASSWORD}).status_code
    assert NAMES[0] in tablet.get(f"/chair/{room.session}/").content


def test_a_colleague_takes_a_locked_screen_over_by_pin(room, tablet, clinic):
    """In seconds, and with her own name; a wrong PIN takes nothing over."""
    other = person(clinic, "rowan", "nurse")
    assert commands.set_pin(other, PASSWORD, "4821") is None
    tablet.post("/lock/")
    assert b"Demo Rowan" in tablet.get("/").content
    assert 403 == tablet.post("/switch/", {"username": "rowan", "pin": "0000"}).status_code
    to = f"/chair/{room.session}/"
    took = tablet.post("/switch/", {"username": "rowan", "pin": "4821", "next": to})
    assert to == took.headers["Location"]
    assert 200 == send(tablet, room, "weigh", weight="70", unit="kg").status_code
    assert "rowan" == room.state()["entries"][-1]["actor"]


@pytest.mark.hazard(14, 39)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_locked_chair_is_brought_up_to_date_where_a_colleague_has_a_pin(
    room, tablet, clinic, signed_in
):
    """Hazards 14 and 39: the whole page's update failed as soon as anybody could take over."""
    assert commands.set_pin(person(clinic, "rowan", "nurse"), PASSWORD, "4821") is None
    tablet.post("/this-screen/", {"chair": "Chair 1"})
    tablet.post("/lock/" if signed_in else "/sign-out/")
    for url in (f"/chair/{room.session}/", f"/chair/{room.session}/fragment/"):
        answer = tablet.get(url)
        assert 200 == answer.status_code, url
        assert f'name="next" value="/chair/{room.session}/"' in answer.content.decode(), url
    assert ("?next=/chair/" in answer.content.decode()) is not signed_in


def test_a_pin_opens_nothing_for_a_stranger(room, clinic):
    """Only a screen that the clinic knows; elsewhere four digits would be a password."""
    commands.set_pin(person(clinic, "rowan", "nurse"), PASSWORD, "4821")
    answer = Client().post("/switch/", {"username": "rowan", "pin": "4821"})
    assert "/sign-in/" in answer.headers["Location"]


def test_guessing_a_password_is_stopped_for_this_address(room):
    client = Client()
    for _ in range(5):
        client.post("/sign-in/", {"username": "nurse", "password": "wrong"})
    answer = client.post("/sign-in/", {"username": "nurse", "password": PASSWORD})
    assert 429 == answer.status_code
    assert 302 == client.get("/").status_code


def test_a_login_ends_with_the_shift_and_no_script_reads_it(room, tablet):
    cookie = tablet.cookies["sessionid"]
    assert (12 * 3600, True, "Lax") == (cookie["max-age"], cookie["httponly"], cookie["samesite"])
    assert tablet.cookies[screen.COOKIE]["httponly"]


def test_what_was_recorded_without_a_name_waits_on_the_chair_page(room, tablet):
    tablet.post("/lock/")
    assert 200 == send(tablet, room, "emergency").status_code
    tablet.post("/unlock/", {"password": PASSWORD})
    page = tablet.get(f"/chair/{room.session}/").content
    assert b"Put a name on it" in page
    entry = room.state()["nameless"][0]["entry"]
    assert 200 == send(tablet, room, "put_name", entry=entry, name="Demo Rowan").status_code
    assert b"Put a name on it" not in tablet.get(f"/chair/{room.session}/").content
