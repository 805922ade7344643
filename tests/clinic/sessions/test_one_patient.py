"""One patient, one vial, one shift: what other sessions know of this one."""

from uuid import uuid4

import pytest

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.people.presence import on_site
from esker.clinic.sessions import folding, service
from esker.clinic.sessions.surroundings import window
from esker.core.ledger import Draft, Refused
from tests.clinic.sessions.room import PERSON
from tests.conftest import NOW


def another_session(room, **change):
    room.session = str(uuid4())
    command = room.payload(
        "open_session", patient={**PERSON, **change}, protocol_hash=room.hash,
        planned_at=NOW.isoformat(),
    )  # fmt: skip
    return room.send(command)


@pytest.mark.django_db
@pytest.mark.hazard(11, 12)
@pytest.mark.parametrize("name", ["Demo Alder", "Demo Birch"])
def test_an_id_under_another_number_is_refused(room, name):
    """Wrong patient (hazard 11): consent, interval and weight go by the id, and are not lent."""
    room.open()
    answer = another_session(room, name=name, mrn="DEMO-2002")

    assert isinstance(answer, Refused)
    assert answer.code == "identity"
    assert "DEMO-1001" in answer.sentence


@pytest.mark.django_db
@pytest.mark.hazard(12)
def test_the_same_number_is_the_same_patient_whatever_id_is_sent(room):
    """Records split (hazard 12): a second id for the same person joins the first."""
    room.open()
    service.record_consent(room.clinic, "p1", "yes", by="nurse")

    assert isinstance(another_session(room, id="p9"), service.Accepted)
    assert ("p1", "yes") == (room.state()["patient"]["id"], room.state()["consent"])


@pytest.mark.django_db
@pytest.mark.hazard(9)
@pytest.mark.parametrize(("said", "known"), [(None, ["Ketamine"]), ([], []), (["nuts"], ["nuts"])])
def test_an_allergy_that_was_known_is_not_forgotten(room, said, known):
    """An allergy missed (hazard 9): who was not asked today has the allergies of last time."""
    another_session(room, allergies=["Ketamine"])
    another_session(room, allergies=None)
    another_session(room, allergies=said)

    assert known == room.state()["patient"]["allergies"]


@pytest.mark.django_db
@pytest.mark.hazard(4)
def test_a_device_in_the_hand_counts_for_the_patients_other_session(room):
    """Too much in all (hazard 4): two chairs, one patient; the first start closes the second."""
    room.arrived()
    started(room)
    another_session(room)
    with tenancy.scope(room.clinic):
        seen = window(room.clinic, folding.fold(room.clinic, room.session), room.now)

    assert seen.last_dose_at == room.now


def started(room):
    """The session as its start leaves it: the first device allowed, and none told as given."""
    body = {"order_version": 1, "overrides": [], "notes": [], "relied_on": []}
    with tenancy.scope(room.clinic):
        store.append(
            room.clinic, command=str(uuid4()), actor="nurse", recorded_at=room.now,
            drafts=[Draft("dose.started", body, room.now)], stream=f"session:{room.session}",
        )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.hazard(3)
def test_a_device_that_was_given_unscanned_is_nobody_elses(room):
    """The same dose twice (hazard 3): it is empty, though no scanner ever saw it."""
    room.arrived()
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.do("leave_against_advice", advice="stay")
    another_session(room)
    room.do("arrive", identifiers=[{"what": "name", "value": "Demo Alder"},
                                   {"what": "mrn", "value": "DEMO-1001"}])  # fmt: skip
    scan = room.payload(
        "scan_vial", code="V1", vial="V1", lot="L1", expires="2027-12-31", drug="esketamine",
        form="device", content_mg="28", read_by="second",
    )  # fmt: skip

    assert "vial_used" == room.send(scan).code


@pytest.mark.django_db
@pytest.mark.hazard(25)
def test_who_was_on_site_yesterday_is_not_on_site_today(room):
    """Nobody watching (hazard 25): an arrival lasts a shift, whoever forgot to say goodbye."""
    room.present(room.prescriber)

    def here():
        with tenancy.scope(room.clinic):
            return room.prescriber.username in on_site(room.clinic)

    room.wait(hours=15)
    assert here()
    room.wait(hours=2)
    assert not here()
    room.present(room.prescriber)
    assert here()


@pytest.mark.django_db
@pytest.mark.hazard(32)
def test_an_amendment_names_an_entry_of_its_session_and_erases_nothing(room):
    """The record is altered (hazard 32): the old entry stays, and nothing is amended into being."""
    room.open()
    weighed = room.do("weigh", weight="70", unit="kg").entries[0]["id"]
    said = {"correction": {"weight_kg": "71"}, "reason": "read it wrong"}
    of_nothing = room.send(room.payload("amend", entry="e1", **said))
    room.do("amend", entry=weighed, **said)
    here = room.state()

    assert of_nothing.code == "no_entry"
    assert ["session.opened", "patient.weighed", "entry.amended"] == [
        each["kind"] for each in here["entries"]
    ]
    assert "70" == here["weight_kg"]
