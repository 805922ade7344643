"""What cannot be tied to a chair waits for a person: listed, claimed once, or settled."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic import clock, tenancy
from esker.clinic.devices import intake, journal, listing, models, quarantine, sealing, settling
from esker.clinic.ledger import audit, store
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import scope
from esker.core.ledger import Refused
from tests.clinic.devices.ward import MONITOR, after, kept, oru, paired, rows
from tests.clinic.sessions.room import Room, install
from tests.conftest import NOW, person


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber)).arrived()
    clock.install(clock.machine)


def hear(room, control, seconds, values, **other):
    """A message observed and received at so many seconds after NOW."""
    at = NOW + timedelta(seconds=seconds)
    room.now = max(room.now, at)
    intake.receive(room.clinic, oru(control, at, values, **{"monitor": "MON-1"} | other), at)


def ids(room):
    found = listing.unclaimed(room.clinic)
    return [each["id"] for m in found for moment in m["moments"] for each in moment["readings"]]


def charted(room):
    return [(each["channel"], each["value"]) for each in room.state()["readings"]]


def entries(room, stream):
    with scope(room.clinic):
        return store.read(room.clinic, stream)


@pytest.mark.hazard(13)
def test_a_message_that_names_another_patient_is_quarantined_and_listed(room):
    """A monitor's readings on another patient: PID-3 contradicts the patient in the chair."""
    hear(room, "1", 60, {"spo2": 97}, patient="DEMO-2002^^^CLINIC^MR")
    hear(room, "2", 61, {"spo2": 96}, patient="demo - 1001^^^CLINIC^MR")
    hear(room, "3", 62, {"spo2": 95})

    (waits,) = listing.unclaimed(room.clinic)

    assert charted(room) == [("spo2", "96"), ("spo2", "95")]
    assert (waits["monitor"], waits["count"], waits["patients"]) == ("MON-1", 1, ["demo-2002"])
    assert waits["why"] == ["The message names another patient than the one of Chair 1."]
    assert [each["value"] for each in waits["newest"]] == ["97"]


@pytest.mark.django_db(transaction=True)
def test_who_lists_what_waits_takes_no_lock_from_the_gateway(clinic, monkeypatch):
    """A page of unclaimed and unread readings only reads, from begin to end."""
    at, odd = after(0), "OBX|9|NM|1^MDC_OTHER^MDC|1|5"
    intake.receive(str(clinic.id), oru("1", at, {"spo2": 97}, extra=[odd]), at)
    scopes = []
    monkeypatch.setattr(tenancy, "scope", lambda *clinic: scopes.append(clinic))

    assert [1, 1] == [len(listing.unclaimed(str(clinic.id))), len(listing.unread(str(clinic.id)))]
    assert [] == scopes


@pytest.mark.hazard(13)
def test_the_last_patients_readings_never_land_on_the_next(room, clinic, nurse, prescriber):
    """A monitor's readings on another patient: the grace before a pairing stops at the last one."""
    hear(room, "1", 60, {"spo2": 91})
    room.now = NOW + timedelta(seconds=100)
    room.do("leave_against_advice", advice="stay")
    hear(room, "2", 105, {"spo2": 92})
    following = Room(clinic, nurse, prescriber)
    following.now = room.now = NOW + timedelta(seconds=110)
    install(following)
    following.open()
    following.do("arrive", identifiers=[{"what": "name", "value": "Demo Alder"},
                                        {"what": "mrn", "value": "DEMO-1001"}])  # fmt: skip
    following.now += timedelta(seconds=5)
    following.do("pair_monitor", chair="Chair 1", monitor="MON-1",
                 occurred_at=(NOW + timedelta(seconds=50)).isoformat())  # fmt: skip
    hear(following, "3", 120, {"spo2": 93})

    assert charted(room) == [("spo2", "91")]
    assert charted(following) == [("spo2", "93")]
    assert [each["count"] for each in listing.unclaimed(room.clinic)] == [1]


def test_what_names_the_patient_is_charted_also_from_before_the_arrival(room):
    """The cuff was on before anyone typed two identifiers: the message says whose it was."""
    for control, patient in (("1", ""), ("2", "DEMO-1001^^^CLINIC^MR")):
        seconds = -90 + int(control)
        at = NOW + timedelta(seconds=seconds)
        raw = oru(control, at, {"sbp": 130 + int(control)}, monitor="MON-1", patient=patient)
        intake.receive(room.clinic, raw, NOW + timedelta(seconds=30))
    room.now = NOW + timedelta(seconds=90)

    before, waiting = charted(room), ids(room)
    sealing.seal(room.clinic, room.now)

    assert ([("sbp", "132")], 1) == (before, len(waiting))
    assert (before, waiting) == (charted(room), ids(room))


@pytest.mark.hazard(13)
def test_another_monitor_keeps_what_the_first_one_sent(room):
    """A monitor's readings on another patient, and none lost: all pairings count."""
    hear(room, "1", 60, {"spo2": 97})
    room.now = NOW + timedelta(seconds=90)
    room.do("pair_monitor", chair="Chair 1", monitor="MON-2")
    hear(room, "2", 100, {"spo2": 60})
    hear(room, "3", 101, {"spo2": 95}, monitor="MON-2")
    sealing.seal(room.clinic, room.now)

    assert charted(room) == [("spo2", "97"), ("spo2", "95")]
    assert [each["monitor"] for each in listing.unclaimed(room.clinic)] == ["MON-1"]


@pytest.mark.hazard(13)
def test_a_claim_charts_the_readings_once_with_their_own_times_and_its_reason(room):
    """A monitor's readings on another patient: a person who saw it says whose they are."""
    hear(room, "1", 60, {"sbp": 130, "dbp": 80}, monitor="ROVING")
    room.now = NOW + timedelta(seconds=600)

    room.do("claim_readings", readings=ids(room), reason="spot check at chair 1")

    shown = [each for each in room.state()["readings"] if each["device"] == "ROVING"]
    assert [(e["channel"], e["value"], e["unit"]) for e in shown] == [
        ("dbp", "80", "mmHg"), ("sbp", "130", "mmHg"),
    ]  # fmt: skip
    assert {each["observed_at"] for each in shown} == {"2026-11-23T09:01:00+00:00"}
    (sealed,) = entries(room, f"trend:{room.session}")
    assert (sealed.kind, sealed.actor) == ("trend.claimed", "nurse")
    assert sealed.data()["reason"] == "spot check at chair 1"
    assert listing.unclaimed(room.clinic) == []
    with scope(room.clinic):
        assert models.Sample.objects.count() == 0
        assert audit.rebuild(room.clinic).differences == []


def test_only_what_waits_can_be_claimed_and_only_once(room):
    hear(room, "1", 60, {"spo2": 97})
    hear(room, "2", 61, {"spo2": 96}, monitor="ROVING")
    with scope(room.clinic):
        (own,) = [each.id for each in kept(room.clinic, monitor="MON-1")]
    (other,) = ids(room)
    room.do("claim_readings", readings=[other], reason="spot check")

    for id in (own, other, "nothing of the kind"):
        said = room.send(room.payload("claim_readings", readings=[id], reason="again"))
        assert (said.code, "Load the list again" in said.sentence) == ("not_quarantined", True)
    sealing.seal(room.clinic, room.now)
    said = room.send(room.payload("claim_readings", readings=[own], reason="sealed"))
    assert said.code == "not_quarantined"
    assert charted(room) == [("spo2", "97"), ("spo2", "96")]


def test_a_repeat_of_a_claimed_reading_does_not_chart_twice(room):
    hear(room, "1", 60, {"spo2": 96}, monitor="ROVING")
    room.do("claim_readings", readings=ids(room), reason="spot check")

    hear(room, "1", 60, {"spo2": 96}, monitor="ROVING")

    assert charted(room) == [("spo2", "96")]


def test_dismissed_readings_go_whole_into_the_ledger(room):
    hear(room, "1", 60, {"spo2": 96, "hr": 70}, monitor="ROVING")
    hear(room, "2", 90, {"spo2": 95}, monitor="ROVING")
    seen = NOW + timedelta(seconds=60)
    id = str(uuid4())

    answer = settling.dismiss(room.nurse, id, "ROVING", seen, "a test of the device")

    assert settling.dismiss(room.nurse, id, "ROVING", seen, "a test of the device") == answer
    (entry,) = entries(room, "monitor:ROVING")
    assert (entry.kind, entry.actor, entry.data()["count"]) == ("readings.dismissed", "nurse", 2)
    assert [each["count"] for each in listing.unclaimed(room.clinic)] == [1]


def test_an_unread_line_is_settled_with_a_reason_and_stands_in_the_ledger(room):
    hear(room, "1", 60, {"spo2": 96}, mode="T")
    (line,) = listing.unread(room.clinic)
    assert line["reason"] == "processing mode is T, not P: training and tests stay out"
    assert "|ORU^R01|1|T|2.6" in line["message"]
    assert charted(room) == []

    settling.settle(room.nurse, str(uuid4()), line["id"], "a training monitor; moved away")

    assert listing.unread(room.clinic) == []
    (entry,) = entries(room, "monitor:MON-1")
    assert (entry.kind, entry.data()["reason"]) == (
        "unread.settled", "a training monitor; moved away",
    )  # fmt: skip


@pytest.mark.hazard(37)
def test_an_outsider_settles_nothing_of_another_clinic(room, charlie):
    """One clinic sees another's patients: what waits here does not exist elsewhere."""
    hear(room, "1", 60, {"spo2": 96}, monitor="ROVING")
    hear(room, "2", 61, {"spo2": 96}, mode="T")
    (line,) = listing.unread(room.clinic)

    gone = settling.dismiss(charlie, str(uuid4()), "ROVING", room.now, "mine?")
    kept = settling.settle(charlie, str(uuid4()), line["id"], "mine?")

    assert (gone.code, kept.code) == ("nothing", "nothing")
    assert listing.unclaimed(str(charlie.clinic_id)) == listing.unread(str(charlie.clinic_id)) == []
    assert len(listing.unclaimed(room.clinic)) == len(listing.unread(room.clinic)) == 1


def test_who_may_not_settle_is_told_so(room, clinic):
    desk = person(clinic, "desk", "front_desk")

    assert isinstance(settling.dismiss(desk, str(uuid4()), "X", NOW, "why"), Refused)
    assert settling.dismiss(room.nurse, str(uuid4()), "X", NOW, " ").code == "reason"


def test_the_api_lists_and_settles(room):
    hear(room, "1", 60, {"spo2": 96}, monitor="ROVING")
    client = Client()
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    (waits,) = client.get("/api/v1/unclaimed").json()
    body = {"id": str(uuid4()), "monitor": "ROVING", "until": waits["received"], "reason": "test"}

    answer = client.post("/api/v1/unclaimed/dismiss", json.dumps(body), "application/json")

    assert answer.status_code == 200
    assert client.get("/api/v1/unclaimed").json() == []


class Agreement(TestCase):
    """The database's words for what is held, and Python's, say the same of any reading."""

    @pytest.mark.hazard(13)
    @settings(max_examples=40)
    @given(
        st.lists(
            st.tuples(
                st.integers(-10, 40), st.integers(-10, 40), st.booleans(),
                st.sampled_from(["", "DEMO-1001", "DEMO-2002", "demo_1001", "DEMO-2002~demo-1001"]),
            ),
            min_size=1, max_size=12, unique_by=lambda one: one[0],
        ),
        st.integers(0, 20), st.none() | st.integers(0, 30),
    )  # fmt: skip
    def test_no_reading_is_both_charted_and_quarantined_and_none_is_neither(self, said, begin, end):
        """A monitor's readings on another patient: one or the other, for every reading."""
        clinic = Clinic.objects.create(name=f"Demo {uuid4()}", zone="UTC", country="IE")
        state = paired(clinic, (MONITOR, begin, end))
        for observed, received, wrong, patient in said:
            models.Sample.objects.create(
                clinic=clinic, monitor=MONITOR, shown='[["spo2", "oximeter", "97"]]',
                observed_at=after(observed), received_at=after(received), wrong_clock=wrong,
                patient="".join(f"~{name}" for name in patient.lower().split("~") if name)
                + ("~" if patient else ""),
            )  # fmt: skip
        everything = {row.uid for row in rows(clinic, models.Sample)}
        with scope(clinic.id):
            found = journal.values(str(clinic.id), journal.within(state.pairings, None, None))
            held = {row[0] for row in journal.held(found, state.pairings, "DEMO-1001")}
            loose = set(quarantine.loose(str(clinic.id)).values_list("uid", flat=True))

        assert held | loose == everything
        assert held & loose == set()
