"""Commands through the service: once, in order, and refused with a sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from esker.clinic import tenancy
from esker.clinic.ledger import projections, store
from esker.clinic.sessions import service
from esker.clinic.sessions.models import SessionRow
from esker.clinic.setup import commands as setup
from esker.core.ledger import Refused
from tests.conftest import person

WEIGH = {"weight": "70", "unit": "kg"}


def stream(room):
    with tenancy.scope(room.clinic):
        return store.read(room.clinic, f"session:{room.session}")


@pytest.mark.django_db
def test_a_double_click_records_once(room):
    """A second click with the same id hears the first answer, and nothing is recorded again."""
    room.open()
    click = room.payload("weigh", **WEIGH)
    first, second = room.send(click), room.send(click)
    assert first == second
    assert [each.kind for each in stream(room)] == ["session.opened", "patient.weighed"]


@pytest.mark.django_db
def test_interactions_are_asked_answered_and_corrected(room):
    """The last answer is the session's; every one of them stays an entry, told in a sentence."""
    room.open()
    assert room.state()["interactions"] is None
    click = room.payload("record_interactions", answer="no")
    assert room.send(click) == room.send(click)
    assert room.state()["interactions"] == {"answer": "no", "named": []}
    room.do("record_interactions", answer="yes", interactions=["rifampicin", "rifampicin"])
    assert room.state()["interactions"] == {"answer": "yes", "named": ["rifampicin"]}
    assert ["Interactions: none of those asked about.", "Interactions: rifampicin."] == [
        each["sentence"]
        for each in room.state()["entries"]
        if each["kind"] == "interactions.recorded"
    ]
    slip = room.send(room.payload("record_interactions", answer="no", interactions=["grapefruit"]))
    assert isinstance(slip, Refused)
    with pytest.raises(service.Malformed, match="interactions"):
        room.do("record_interactions", answer="yes", interactions=["aspirin"])


@pytest.mark.django_db
@pytest.mark.hazard(3)
def test_a_dose_that_is_sent_again_is_one_dose(room):
    """The same dose twice (hazard 3): a repeated "device given" records one device."""
    room.open()
    room.send(
        room.signed("sign_order", drug="esketamine", route="nasal", dose_mg="56"), room.prescriber
    )
    given = room.payload("device_given", device=1, vial="V1", order_version=1)
    assert room.send(given) == room.send(given)
    assert [each.kind for each in stream(room)].count("device.given") == 1


@pytest.mark.django_db
def test_a_lost_response_to_a_signature_is_found_again(room):
    """A signed order whose answer was lost is answered again, though its code is used up."""
    room.open()
    order = room.signed("sign_order", drug="esketamine", route="nasal", dose_mg="56")
    assert room.send(order, room.prescriber) == room.send(order, room.prescriber)
    assert room.state()["order"]["version"] == 1


@pytest.mark.django_db
@pytest.mark.hazard(47)
def test_a_command_id_is_for_one_thing(room):
    """An offline tablet overwrites (hazard 47): one id with other content is refused."""
    room.open()
    first = room.payload("weigh", **WEIGH)
    room.send(first)
    other = {**first, "command": {"kind": "weigh", "weight": "80", "unit": "kg"}}
    answer = room.send(other)
    assert isinstance(answer, Refused)
    assert answer.code == "command_reused"


@pytest.mark.django_db
def test_a_refusal_is_not_remembered(room):
    """A command that was refused is judged afresh when it is sent again."""
    early = room.payload("weigh", **WEIGH)
    assert isinstance(room.send(early), Refused)
    room.open()
    assert isinstance(room.send(early), service.Accepted)


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(13)
def test_two_nurses_at_once(room):
    """A monitor on two patients (hazard 13): of two who pair it at once, one is refused."""
    other = str(uuid4())
    room.arrived()
    room.do("unpair_monitor", reason="moved")
    here, room.session = room.session, other
    room.open()
    room.do(
        "arrive",
        identifiers=[
            {"what": "name", "value": "Demo Alder"},
            {"what": "mrn", "value": "DEMO-1001"},
        ],
    )

    def pair(place):
        session, chair = place
        try:
            return service.handle(
                room.clinic, session,
                room.payload("pair_monitor", chair=chair, monitor="MON-9"), room.nurse,
            )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(pair, [(here, "Chair 1"), (other, "Chair 2")]))
    assert sorted(type(each).__name__ for each in answers) == ["Accepted", "Refused"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "payload",
    [
        None, [], {}, {"id": "x", "command": {}}, {"id": str(uuid4()), "command": {"kind": "fly"}},
        {"id": str(uuid4()), "command": {"kind": "weigh", "weight": "nan", "unit": "kg"}},
        {"id": str(uuid4()), "command": {"kind": "weigh", "weight": "70", "unit": "stone"}},
        {"id": str(uuid4()), "command": {"kind": "weigh", **WEIGH, "colour": "red"}},
    ],
)  # fmt: skip
def test_what_is_no_command_is_named(room, payload):
    """Malformed requests are answered with sentences, and record nothing."""
    with pytest.raises(service.Malformed) as told:
        room.send(payload)
    assert all(sentence.endswith(".") for sentence in told.value.sentences)
    assert stream(room) == []


@pytest.mark.django_db
def test_a_wrong_code_signs_nothing(room):
    """A signature with a wrong code is refused, and no order stands."""
    room.open()
    order = room.signed("sign_order", drug="esketamine", route="nasal", dose_mg="56")
    order["signature"]["password"] = "something else entirely"
    answer = room.send(order, room.prescriber)
    assert isinstance(answer, Refused)
    assert answer.code == "signature"
    assert room.state()["order"] is None


@pytest.mark.django_db
def test_strength_is_the_catalogues_never_typed(room, clinic):
    """What a client claims about a known product is replaced by the catalogue's word."""
    setup.add_product(
        person(clinic, "admin", "administrator"), gtin="02000000000015", name="Demo device",
        drug="esketamine", form="device", content_mg="28",
    )  # fmt: skip
    room.arrived()
    code = "(01)02000000000015(17)271231(10)LOT7(21)S1"
    room.do("scan_vial", code=code, drug="ketamine", form="vial", content_mg="280")
    vial = room.state()["vials"][0]
    assert (vial["drug"], vial["content_mg"], vial["lot"]) == ("esketamine", "28.000", "LOT7")
    assert (vial["vial"], vial["expires"]) == ("02000000000015.S1", "2027-12-31")

    with pytest.raises(service.Malformed, match="it has no serial number, lot, expiry date"):
        room.do("scan_vial", code="(01)02000000000015")


@pytest.mark.django_db
def test_consent_is_read_by_the_gate(room):
    """Consent that nobody recorded is unknown; recorded, it is what was said last."""
    room.open()
    assert room.state()["consent"] == "unknown"
    service.record_consent(room.clinic, "p1", "yes", by="nurse")
    assert room.state()["consent"] == "yes"
    service.record_consent(room.clinic, "p1", "no", by="nurse")
    assert room.state()["consent"] == "no"


@pytest.mark.django_db
def test_rows_made_anew_are_the_same(room):
    """Rebuilding the session rows from the ledger gives what was there."""
    room.arrived()
    room.do("weigh", **WEIGH)
    rows = SessionRow.objects.filter(clinic_id=room.clinic)
    before = list(rows.values())
    with tenancy.scope(room.clinic):
        projections.reset(room.clinic)
        for entry in store.read(room.clinic, f"session:{room.session}"):
            projections.apply(entry)
    drop = [{k: v for k, v in row.items() if k != "id"} for row in before]
    assert [{k: v for k, v in row.items() if k != "id"} for row in rows.values()] == drop


@pytest.mark.django_db
@pytest.mark.hazard(26)
def test_a_locked_screen_can_call_for_help(room):
    """Software in the way of rescue (hazard 26): Emergency works with nobody signed in."""
    room.arrived()
    call, weigh = room.payload("emergency"), room.payload("weigh", **WEIGH)
    answered = service.handle(room.clinic, room.session, call, None)
    assert isinstance(answered, service.Accepted)
    assert isinstance(service.handle(room.clinic, room.session, weigh, None), Refused)
    assert room.state()["emergency_at"] == room.now.isoformat()
