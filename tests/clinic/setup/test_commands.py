"""The clinic's set-up: what the administrator and the prescriber record, and what is refused."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from esker.clinic import clock, tenancy
from esker.clinic.devices import intake, sealing
from esker.clinic.devices.models import Message
from esker.clinic.ledger import audit, store
from esker.clinic.people import signing
from esker.clinic.sessions import protocols
from esker.clinic.setup import commands, queries, texts
from esker.clinic.setup.catalogue import is_gtin
from esker.clinic.setup.models import ProtocolText
from esker.core.ledger import Refused
from esker.core.protocols.load import ProtocolError, load
from esker.protocol_files import text_of
from tests.clinic import serving
from tests.clinic.sessions.room import PERSON, Room, install
from tests.conftest import NOW, PASSWORD, person

NASAL = "esketamine-trd-us"
DEVICE = {
    "gtin": "02000000000015", "name": "Demo device", "drug": "esketamine", "form": "device",
    "content_mg": "28",
}  # fmt: skip


@pytest.fixture
def admin(clinic):
    return person(clinic, "admin", "administrator")


@pytest.fixture
def at_nine():
    clock.install(lambda: NOW)
    yield
    clock.install(clock.machine)


def sign(prescriber, text=None, **changed):
    text = text or text_of(NASAL)
    said = {
        "seen": load(text)[1], "username": prescriber.username, "password": PASSWORD,
        "totp": signing.current_code(prescriber, NOW),
    }  # fmt: skip
    return commands.sign_protocol(str(prescriber.clinic_id), text, **said | changed)


@pytest.mark.django_db
def test_chairs_stand_in_the_order_in_which_they_were_named(admin):
    for name in ("Window", "Door", " Blue   room "):
        assert commands.add_chair(admin, name) is None
    assert commands.add_monitor(admin, "MON-1", "Door monitor", "Door") is None

    found = queries.chairs(str(admin.clinic_id))
    assert [("Window", None), ("Door", "MON-1"), ("Blue room", None)] == [
        (each.name, each.monitor) for each in found
    ]


@pytest.mark.django_db
def test_what_cannot_be_is_refused_with_a_sentence(admin):
    commands.add_chair(admin, "Door")
    commands.add_chair(admin, "Window")
    commands.add_monitor(admin, "MON-1", "Door monitor", "Door")
    refused = {
        "taken": commands.add_chair(admin, "DOOR"),  # read as one: whose numbers are these?
        "name": commands.add_chair(admin, " "),
        "no_chair": commands.add_monitor(admin, "MON-2", "Other", "Cellar"),
        "chair_taken": commands.add_monitor(admin, "MON-2", "Other", "Door"),
        "roving": commands.add_monitor(admin, "MON-2", "Other", "Window", roving=True),
        "zone": commands.add_monitor(admin, "MON-2", "Other", zone="Moon/Base"),
        "no_monitor": commands.move_monitor(admin, "MON-9", "Other"),
        "gtin": commands.add_product(admin, **DEVICE | {"gtin": "02000000000016"}),
        "amount": commands.add_product(admin, **DEVICE | {"content_mg": "0"}),
        "form": commands.add_product(admin, **DEVICE | {"form": "spoon"}),
    }
    assert {code: code for code in refused} == {k: v.code for k, v in refused.items()}
    assert all(each.sentence.endswith(".") for each in refused.values())


@pytest.mark.django_db
def test_a_monitor_moves_and_its_old_chair_is_free(admin):
    for name in ("Door", "Window"):
        commands.add_chair(admin, name)
    commands.add_monitor(admin, "MON-1", "One", "Door")
    commands.move_monitor(admin, "MON-1", "One", "Window", zone="Europe/Berlin")
    clinic = str(admin.clinic_id)

    assert [None, "MON-1"] == [each.monitor for each in queries.chairs(clinic)]
    assert "Europe/Berlin" == queries.monitors(clinic)[0].zone
    commands.remove_chair(admin, "Window")
    assert queries.monitors(clinic)[0].chair is None


@pytest.mark.django_db
def test_only_an_administrator_changes_the_set_up(nurse, prescriber):
    for who in (nurse, prescriber):
        assert "role" == commands.add_chair(who, "Door").code
    assert [] == queries.chairs(str(nurse.clinic_id))


@pytest.mark.django_db
def test_a_vial_without_a_strength_is_no_product(admin):
    """A strength is what every millilitre is worked out from."""
    vial = DEVICE | {"form": "vial", "drug": "ketamine", "volume_ml": "10"}
    for strength in ("", "many", "-50", "1e9", "0.00004", "nan"):
        assert "amount" == commands.add_product(admin, **vial, strength_mg_per_ml=strength).code
    assert commands.add_product(admin, **vial, strength_mg_per_ml="50") is None
    found = queries.product(str(admin.clinic_id), DEVICE["gtin"])
    assert (50, 10, None) == (found.strength_mg_per_ml, found.volume_ml, found.content_mg)


@pytest.mark.parametrize("gtin", ["", "0" * 14, "02000000000014", "0200000000001x", "²" * 14])
def test_a_mistyped_code_is_no_gtin(gtin):
    assert not is_gtin(gtin)


@pytest.mark.django_db
@pytest.mark.usefixtures("at_nine")
def test_a_prescriber_signs_the_text_that_was_read(prescriber):
    assert sign(prescriber) is None
    signed = queries.signed_protocols(str(prescriber.clinic_id))[0]
    assert (NASAL, "prescriber", NOW) == (signed.id, signed.signed_by, signed.signed_at)


@pytest.mark.django_db
@pytest.mark.usefixtures("at_nine")
def test_nothing_is_signed_unread_unproved_or_by_somebody_else(clinic, prescriber, nurse):
    student = person(clinic, "student", "prescriber")  # without a licence
    assert "changed" == sign(prescriber, seen="0" * 64).code
    assert "signature" == sign(prescriber, totp="000000").code
    assert "licence" == sign(nurse).code
    assert "licence" == sign(student).code
    answer = commands.sign_protocol(str(clinic.id), "title = 3", "", "prescriber", PASSWORD, "1")
    assert "faulty" == answer.code
    assert [] == queries.signed_protocols(str(clinic.id))


@pytest.mark.django_db
def test_a_text_with_a_hole_in_a_table_is_refused_with_its_sentences(prescriber):
    """A table that leaves a value without a rule is found when somebody wants to sign it."""
    text = texts.read("x", text_of(NASAL).replace("from = 160, to = 280", "from = 170, to = 280"))
    assert any("no band covers" in fault for fault in text.faults)
    answer = commands.sign_protocol(
        str(prescriber.clinic_id), text.text, text.hash, "prescriber", PASSWORD, "1"
    )
    assert "faulty" == answer.code
    assert "no band covers" in answer.sentence


@pytest.mark.django_db
@pytest.mark.hazard(20)
def test_a_session_keeps_its_limits_when_the_clinic_signs_newer_ones(clinic, nurse, prescriber):
    """Limits change in the middle of a session (hazard 20): it goes on with those it pinned."""
    room = install(Room(clinic, nurse, prescriber))
    try:
        room.open()
        protocols._known.clear()
        newer = text_of(NASAL).replace("title = ", "title = 'Newer' # ", 1)
        room.wait(minutes=5)
        code = signing.current_code(prescriber, room.now)
        assert sign(prescriber, newer, totp=code) is None

        assert room.hash == room.state()["protocol"]["hash"]
        assert room.protocol == protocols_of(room)
        again = Room.__new__(Room)
        again.__dict__ = room.__dict__ | {"session": str(uuid4())}
        refused = again.send(
            again.payload(
                "open_session", patient=PERSON, protocol_hash=room.hash,
                planned_at=NOW.isoformat(),
            )
        )  # fmt: skip
        assert "protocol" == refused.code
    finally:
        clock.install(clock.machine)


def protocols_of(room):
    with tenancy.scope(room.clinic):
        return protocols.get(room.hash)


@pytest.mark.django_db
def test_a_text_that_was_changed_in_the_table_opens_nothing(clinic, nurse, prescriber):
    room = Room(clinic, nurse, prescriber)
    ProtocolText.objects.update(text=json.dumps({"id": "forged"}))
    protocols._known.clear()
    with tenancy.scope(room.clinic), pytest.raises(ProtocolError, match="was changed"):
        protocols.get(room.hash)


@pytest.mark.django_db
def test_the_set_up_is_made_anew_from_the_ledger(admin):
    clinic = str(admin.clinic_id)
    for name in ("Door", "Window", "Cellar"):
        commands.add_chair(admin, name)
    commands.add_monitor(admin, "MON-1", "One", "Door")
    commands.add_monitor(admin, "MON-2", "Two", roving=True)
    commands.move_monitor(admin, "MON-1", "One", "Window")
    commands.add_product(admin, **DEVICE)
    commands.add_product(admin, **DEVICE | {"content_mg": "14"})
    commands.remove_chair(admin, "Cellar")
    commands.remove_monitor(admin, "MON-2")
    with tenancy.scope(clinic):
        made = audit.rebuild(clinic)
        kinds = [entry.kind for entry in store.read(clinic, "clinic:setup")]
    assert [] == made.differences
    assert ["product.added", "product.changed"] == [k for k in kinds if k.startswith("product")]


@pytest.mark.django_db
def test_another_clinic_sees_none_of_it(admin, other_clinic):
    commands.add_chair(admin, "Door")
    commands.add_product(admin, **DEVICE)
    elsewhere = str(other_clinic.id)
    assert [] == queries.chairs(elsewhere) + queries.products(elsewhere)
    assert queries.product(elsewhere, DEVICE["gtin"]) is None
    other = person(other_clinic, "other", "administrator")
    assert isinstance(commands.remove_chair(other, "Door"), Refused)


@pytest.mark.django_db
def test_a_sender_stays_heard_when_what_it_said_was_sealed(clinic, nurse, prescriber):
    """Its message goes with its readings; that it spoke, and when, is still to be seen."""
    room = install(Room(clinic, nurse, prescriber)).arrived()
    try:
        said = serving.message("1", room.now, 7, {"spo2": "98"})
        sender = serving.monitor_of(7)
        room.do("pair_monitor", chair="Chair 1", monitor=sender)
        intake.receive(room.clinic, said, room.now)
        assert [(sender, room.now)] == queries.heard(room.clinic)

        assert sealing.seal(room.clinic, room.now) == 1
        with tenancy.scope(room.clinic):
            assert not Message.objects.exists()
        assert [(sender, room.now)] == queries.heard(room.clinic)
    finally:
        clock.install(clock.machine)
