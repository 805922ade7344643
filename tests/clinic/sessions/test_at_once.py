"""Two nurses press at the same instant: one is accepted, and the other hears why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from esker.clinic import tenancy
from esker.clinic.devices import intake, listing
from esker.clinic.ledger import store
from esker.clinic.live import screens
from esker.clinic.sessions import service
from esker.core.ledger import Refused
from tests.clinic.devices.ward import kept, oru
from tests.conftest import person


@pytest.fixture
def second(clinic):
    return person(clinic, "second", "nurse")


@pytest.fixture
def ready(room):
    """Everything that the first nasal device needs, except the clearance."""
    order = room.signed("sign_order", drug="esketamine", route="nasal", dose_mg="56")
    room.open().send(order, room.prescriber)
    room.do(
        "arrive",
        identifiers=[
            {"what": "name", "value": "Demo Alder"},
            {"what": "mrn", "value": "DEMO-1001"},
        ],
    )
    room.do("weigh", weight="70", unit="kg")
    room.do("pair_monitor", chair="Chair 1", monitor="MON-1")
    room.do("answer_readiness", answers={q.id: q.wanted for q in room.protocol.readiness})
    room.do("record_scale", scale="moaa_s", value="5")
    room.do("record_scale", scale="cadss", value="0")
    for vial in ("V1", "V2"):
        room.do("scan_vial", code=vial, vial=vial, lot="L1", expires="2027-12-31",
                drug="esketamine", form="device", content_mg="28", read_by="second")  # fmt: skip
    service.record_consent(room.clinic, "p1", "yes", by="nurse")
    room.present(room.prescriber)
    with tenancy.scope(room.clinic):
        screens.watch(room.clinic, "s1", ["Chair 1"], audible=True)
    room.monitor()
    return room


@pytest.fixture
def cleared(ready):
    ready.do("clear", order_version=1)
    return ready


@pytest.fixture
def between(cleared):
    """The first device is given and its rest is over."""
    cleared.do("start", order_version=1)
    cleared.do("device_given", device=1, vial="V1", order_version=1)
    cleared.wait(minutes=5)
    cleared.monitor()
    return cleared


def at_once(room, *presses):
    """What each (payload, user) is answered when all are sent at the same instant."""
    together = Barrier(len(presses))

    def press(both):
        try:
            together.wait(10)
            return room.send(*both)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(press, presses))


def kinds(room):
    with tenancy.scope(room.clinic):
        return [each.kind for each in store.read(room.clinic, f"session:{room.session}")]


def one_of_two(answers):
    accepted, refused = sorted(answers, key=lambda each: isinstance(each, Refused))
    assert isinstance(accepted, service.Accepted)
    assert isinstance(refused, Refused), answers
    assert refused.sentence.endswith(".")


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(3)
def test_two_nurses_start_at_once(cleared, second):
    """The same dose twice (hazard 3): one start, though both had the button."""
    start = {"order_version": 1}
    one_of_two(
        at_once(
            cleared,
            (cleared.payload("start", **start), cleared.nurse),
            (cleared.payload("start", **start), second),
        )
    )
    assert 1 == kinds(cleared).count("dose.started")


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(3)
def test_two_nurses_allow_the_next_device_at_once(between, second):
    """The same dose twice (hazard 3): one second device, not two."""
    following = {"order_version": 1, "device": 2}
    one_of_two(
        at_once(
            between,
            (between.payload("next_device", **following), between.nurse),
            (between.payload("next_device", **following), second),
        )
    )
    assert 1 == kinds(between).count("device.allowed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(3)
def test_one_code_signs_one_override(ready):
    """Two overrides of a hold with one code at once: the signature is good for one of them."""
    ready.wait(minutes=1)
    ready.monitor(sbp=145)
    rule = ready.send(ready.payload("clear", order_version=1)).rule
    said = {"rule": rule, "reason": "known and treated"}
    first, other = ready.signed("sign_override", **said), ready.signed("sign_override", **said)
    one_of_two(at_once(ready, (first, ready.nurse), (other, ready.nurse)))
    assert 1 == kinds(ready).count("override.signed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(13)
def test_two_nurses_claim_the_same_readings_at_once(room, second):
    """A monitor on two patients (hazard 13): a quarantined reading is charted once."""
    room.arrived()
    at = room.now + timedelta(seconds=1)
    room.wait(minutes=1)
    intake.receive(room.clinic, oru("1", at, {"spo2": 97}, monitor="ROVING"), room.now)
    ids = [each.id for each in kept(room.clinic, monitor="ROVING")]
    said = {"readings": ids, "reason": "I held the probe"}
    one_of_two(
        at_once(
            room,
            (room.payload("claim_readings", **said), room.nurse),
            (room.payload("claim_readings", **said), second),
        )
    )
    assert 1 == kinds(room).count("readings.claimed")
    assert [] == listing.unclaimed(room.clinic)


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(3)
@pytest.mark.parametrize("kind", ["device_given", "next_device"])
def test_a_double_click_at_once_is_one_entry_and_two_equal_answers(between, kind):
    """The same dose twice (hazard 3): both clicks of one id hear the same."""
    if kind == "device_given":
        between.do("next_device", order_version=1, device=2)
    extra = {"vial": "V2"} if kind == "device_given" else {}
    click = between.payload(kind, order_version=1, device=2, **extra)
    before = len(kinds(between))
    first, again = at_once(between, (click, between.nurse), (click, between.nurse))
    assert isinstance(first, service.Accepted)
    assert first == again
    assert before + len(first.entries) == len(kinds(between))
