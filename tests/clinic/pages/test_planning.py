"""The page on which a session is planned: one session, for the person whom its number names."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from esker.clinic import clock, tenancy
from esker.clinic.sessions import queries, surroundings
from esker.clinic.sessions.models import SessionRow
from tests.clinic.sessions.room import Room, install
from tests.conftest import NOW, person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber))
    clock.install(clock.machine)


@pytest.fixture
def desk(room, clinic, client):
    client.force_login(person(clinic, "willow", "front_desk"), backend=BACKEND)
    return client


def filled(room, desk, **changes):
    """The form as it comes from the server, filled in for Demo Alder."""
    html = desk.get("/sessions/new/").content.decode()
    ids = dict(re.findall(r'type="hidden" name="(session|id|consent_id|patient)" value="([^"]+)"',
                          html))  # fmt: skip
    assert 4 == len(ids)
    return ids | {
        "name": "Demo Alder", "born": "1984-04-12", "mrn": "DEMO-1001", "sex": "female",
        "asked": "none", "allergies": "", "protocol": room.hash, "day": "2026-07-01",
        "time": "14:30", "consent": "yes",
    } | changes  # fmt: skip


def look(room, session):
    return queries.session(room.clinic, session, room.now)


def planned(room):
    with tenancy.scope(room.clinic):
        return SessionRow.objects.filter(clinic_id=room.clinic).count()


def test_the_front_desk_plans_a_session_once(room, desk):
    """A double click plans one; half past two is the clinic's, not the server's."""
    said = filled(room, desk)
    for _ in range(2):
        answer = desk.post("/sessions/new/", said)
        assert f"/chair/{said['session']}/" == answer.headers["Location"]
    found = look(room, said["session"])
    assert "2026-07-01T13:30:00+00:00" == found["planned_at"]
    assert ([], "yes") == (found["patient"]["allergies"], found["consent"])
    assert "Plan a session" in desk.get("/").content.decode()
    assert 1 == planned(room)


def test_not_asked_and_not_known_stay_unknown(room, desk):
    """Unknown is not no, and takes back no consent that was on file."""
    first = filled(room, desk, asked="unasked", consent="unknown")
    desk.post("/sessions/new/", first)
    found = look(room, first["session"])
    assert (None, "unknown") == (found["patient"]["allergies"], found["consent"])
    desk.post("/sessions/new/", filled(room, desk, consent="yes"))
    last = filled(room, desk, consent="unknown")
    desk.post("/sessions/new/", last)
    assert "yes" == look(room, last["session"])["consent"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "full name"), ({"mrn": ""}, "number"), ({"born": "12.4.84"}, "birth date"),
        ({"born": "2984-04-12"}, "nobody who lives"), ({"born": "1184-04-12"}, "nobody who lives"),
        ({"day": ""}, "the day"), ({"time": "25:00"}, "like 14:30"),
        ({"day": "2027-03-28", "time": "01:30"}, "clocks go forward"),
        ({"asked": ""}, "known of allergies"), ({"asked": "some"}, "Name the allergies"),
        ({"allergies": "latex"}, "not chosen"), ({"consent": ""}, "on file"),
        ({"protocol": "abc"}, "has not signed"), ({"id": "x"}, "not whole"),
        ({"patient": ""}, "not whole"), ({"sex": "x"}, "sex"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_said_and_nothing_is_recorded(room, desk, changes, sentence):
    said = filled(room, desk, **changes)
    answer = desk.post("/sessions/new/", said)
    html = answer.content.decode()
    assert (409, True) == (answer.status_code, sentence in html)
    assert said["session"] in html  # the form comes back with its ids and what was typed
    assert 0 == planned(room)


@pytest.mark.hazard(11)
@pytest.mark.parametrize("other", [{"name": "Demo Birch"}, {"born": "1984-04-13"}])
def test_a_number_of_somebody_else_is_refused(room, desk, other):
    """Wrong patient (hazard 11): one number is one person, however its case and spaces are."""
    room.open()
    answer = desk.post("/sessions/new/", filled(room, desk, mrn="demo- 1001", **other))
    assert 409 == answer.status_code
    said = "Number DEMO-1001 belongs to Demo Alder, born 12 Apr 1984."
    assert said in answer.content.decode()
    assert 1 == planned(room)


@pytest.mark.hazard(11)
def test_who_may_not_open_a_session_learns_no_name_by_guessing_numbers(room, clinic):
    room.open()
    other = {"id": "p9", "name": "X", "born": "1990-01-01", "mrn": "DEMO-1001"}
    command = room.payload(
        "open_session", patient=other, protocol_hash=room.hash, planned_at=NOW.isoformat()
    )
    room.session = str(uuid4())
    assert "role" == room.send(command, person(clinic, "yew", "custodian")).code


def test_the_patient_of_before_is_known_again(room, desk):
    """Intervals and weights go by the patient's id, so the same person keeps it."""
    room.arrived()
    room.do("weigh", weight="71.5", unit="kg")
    room.wait(days=7)
    said = filled(room, desk, name="demo  alder", mrn="demo-1001")
    desk.post("/sessions/new/", said)
    assert "p1" == look(room, said["session"])["patient"]["id"]
    with tenancy.scope(room.clinic):
        state = queries._known(room.clinic, said["session"])
        seen = surroundings.window(room.clinic, state, room.now)
    assert "71.5" == f"{seen.last_weight[0]:.1f}"
    assert seen.last_weight[1] == NOW


def test_a_mistyped_name_is_mended_by_cancelling(room, desk):
    wrong = filled(room, desk, name="Demo Adler")
    desk.post("/sessions/new/", wrong)
    room.session, room.now = wrong["session"], NOW + timedelta(minutes=1)
    room.do("cancel", reason="The name was mistyped.")
    answer = desk.post("/sessions/new/", filled(room, desk))
    assert 302 == answer.status_code
