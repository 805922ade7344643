"""The times of a dose: told, heard, believed; and clocks that step."""

from datetime import timedelta
from decimal import Decimal

import pytest

from esker.core.protocols.schema import Anchor
from esker.core.session import dosing
from tests.core.session.clinicroom import DOCTOR, Room

NASAL, INFUSION = "esketamine-trd-us", "ketamine-iv"


def told(room, kind, minutes_ago, **said):
    when = (room.now - timedelta(minutes=minutes_ago)).isoformat()
    return room.do(kind, occurred_at=when, **said)


@pytest.mark.hazard(22)
@pytest.mark.parametrize(("ago", "believed"), [(0, True), (5, True), (5.1, False), (60, False)])
def test_a_dose_told_late_counts_from_receipt(ago, believed):
    """Hazard 22, early discharge by a typed time: older than five minutes is not believed."""
    room = Room(NASAL).dosing()
    room.wait(61)
    drafts = told(room, "device_given", ago, device=1, vial="V1", order_version=1)

    expected = room.now - timedelta(minutes=ago) if believed else room.now
    assert expected == dosing.anchor(room.state, Anchor.FIRST_DOSE)
    doubt = "The time told is more than five minutes ago; it counts from now until accepted."
    assert believed == (doubt not in [draft.body.get("what") for draft in drafts])


@pytest.mark.hazard(22)
@pytest.mark.hazard(4)
def test_an_end_told_late_counts_from_receipt_until_accepted():
    """Hazards 22 and 4: wait and amount count to receipt; accepted, both to the time told."""
    room = Room(INFUSION).dosing()
    room.wait(30)
    told(room, "stop", 10, reason="forgot to press")
    ended = room.state.given[-1].ended_by

    assert room.now == dosing.anchor(room.state, Anchor.LAST_DOSE)
    assert Decimal("26.25") == dosing.given_mg(room.state, room.now)
    room.do("accept_time", DOCTOR, entry=ended)
    assert room.now - timedelta(minutes=10) == dosing.anchor(room.state, Anchor.LAST_DOSE)
    assert Decimal("17.50") == dosing.given_mg(room.state, room.now)


@pytest.mark.hazard(4)
def test_a_rate_told_late_never_counts_too_little():
    """Hazard 4: the faster rate counts from the time told, the slower until receipt."""
    room = Room(INFUSION).dosing()
    room.wait(20)
    told(room, "change_rate", 10, pump_rate_ml_per_h="150", reason="typed wrong")
    true = Decimal("8.75") + Decimal("17.50")

    assert dosing.given_mg(room.state, room.now) >= true


@pytest.mark.hazard(23)
def test_a_device_told_after_the_end_prolongs_the_observation():
    """Hazard 23, early discharge: the wait runs from the last device, whenever it was told."""
    room = Room(NASAL).recovering()
    room.wait(60)
    room.do("device_given", device=3, vial="V3", order_version=1)
    room.wait(61)
    room.well()

    assert "observation" == room.refused("discharge").code


@pytest.mark.hazard(22)
def test_a_clock_that_steps_back_shortens_no_wait():
    """Hazard 22: a device told while the clock is an hour behind counts from the latest entry."""
    room = Room(NASAL).dosing()
    right = room.now
    room.wait(-60)
    drafts = room.do("device_given", device=1, vial="V1", order_version=1)

    assert right == dosing.anchor(room.state, Anchor.FIRST_DOSE)
    said = "The clock stepped back by 60 min; this counts from the latest entry."
    assert said == drafts[1].body["what"]


@pytest.mark.hazard(22)
def test_an_hour_ahead_and_back_is_no_hour_passed():
    """Hazard 22: the clock runs ahead for one entry and comes back; the observation does not end."""
    room = Room(NASAL).recovering()
    room.wait(180)
    room.do("record_scale", scale="moaa_s", value="5")
    room.wait(-170)
    room.well()

    assert "observation" == room.refused("discharge").code


@pytest.mark.hazard(22)
@pytest.mark.hazard(14)
def test_a_clearance_of_the_future_is_none():
    """Hazard 22: after a step back the clearance of before is not younger, it is void."""
    room = Room(INFUSION).cleared()
    room.wait(-60)
    room.monitor()

    assert "clearance" == room.refused("start", order_version=1).code


def test_the_rest_between_devices_runs_from_the_latest_one():
    room = Room(NASAL).dosing()
    room.scan("V3")
    room.do("device_given", device=1, vial="V1", order_version=1)
    told(room, "device_given", 4, device=2, vial="V2", order_version=1)
    room.wait(2)
    room.monitor()

    assert "rest_time" == room.refused("next_device", order_version=1, device=3).code
