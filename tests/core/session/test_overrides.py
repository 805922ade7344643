"""A signature is about one finding, one gate, one moment."""

from dataclasses import replace

import pytest

from esker.core.session.may import may
from tests.core.session.clinicroom import DOCTOR, NURSE, Room

NASAL = "esketamine-trd-us"


def signed(sbp=145):
    """A room whose raised pressure a prescriber has signed for."""
    room = Room(NASAL).ready()
    room.scan("V1")
    room.scan("V2")
    room.monitor(sbp=sbp)
    rule = room.refused("clear", order_version=1).rule
    room.do("sign_override", DOCTOR, rule=rule, reason="usual at home")
    return room


@pytest.mark.hazard(39)
def test_one_signature_opens_the_clearance_and_its_start():
    """Hazard 39: clear and start are one decision; the same finding is not signed for twice."""
    room = signed()
    room.do("clear", order_version=1)
    room.wait(3)
    room.monitor(sbp=146)
    room.do("start", order_version=1)

    assert ({}, {}) == (room.state.overrides, room.state.carried)


@pytest.mark.hazard(39)
def test_a_signature_opens_no_second_clearance():
    room = signed()
    room.do("clear", order_version=1)
    room.monitor(sbp=145)

    assert "vitals_within" == room.refused("clear", order_version=1).code


@pytest.mark.hazard(39)
def test_it_covers_no_worse_pressure_at_the_start():
    """Hazard 39: signed at 145; at the start it is 165, in a band that nobody signed for."""
    room = signed()
    room.do("clear", order_version=1)
    room.wait(3)
    room.monitor(sbp=165)

    assert "vitals_within" == room.refused("start", order_version=1).code


@pytest.mark.hazard(39)
def test_it_lasts_no_longer_than_a_clearance():
    """Hazard 39: signed, cleared ten minutes later, and too old at the start."""
    room = signed()
    room.wait(10)
    room.monitor(sbp=145)
    room.do("clear", order_version=1)
    room.wait(6)
    room.monitor(sbp=145)

    assert "vitals_within" == room.refused("start", order_version=1).code


@pytest.mark.hazard(39)
def test_a_further_device_asks_for_its_own_signature():
    room = signed()
    room.do("clear", order_version=1)
    room.do("start", order_version=1)
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    room.monitor(sbp=185)
    rule = room.refused("next_device", order_version=1, device=2).rule
    room.do("sign_override", DOCTOR, rule=rule, reason="seen, no symptoms")
    room.do("next_device", order_version=1, device=2)

    assert {} == room.state.overrides


@pytest.mark.hazard(5)
def test_a_new_order_ends_every_signature():
    """Hazard 5: what was signed for 56 mg says nothing about 84."""
    room = signed()
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="84")

    assert {} == room.state.overrides
    assert "vitals_within" == room.refused("clear", order_version=2).code


@pytest.mark.hazard(8)
def test_a_signature_for_not_known_does_not_cover_yes():
    """Hazard 8: signed while nobody knew of a pregnancy; then the answer is yes."""
    room = Room(NASAL).ready()
    room.do("answer_readiness", answers={"pregnancy": "unknown"})
    rule = room.refused("clear", order_version=1).rule
    room.do("sign_override", DOCTOR, rule=rule, reason="test is on its way")
    room.do("answer_readiness", answers={"pregnancy": "yes"})

    assert "readiness:pregnancy:yes" == room.refused("clear", order_version=1).rule


def test_a_request_says_who_when_and_why():
    room = Room(NASAL).ready()
    room.monitor(sbp=145)
    rule = room.refused("clear", order_version=1).rule
    drafts = room.do("request_override", rule=rule, reason="usual at home")
    asked = room.state.override_requests[rule]

    assert (NURSE.id, room.now, "usual at home") == (asked.by, asked.at, asked.reason)
    assert "systolic pressure 145 mmHg" in drafts[0].body["finding"]


def test_a_prescriber_may_decline_and_the_hold_stands():
    room = Room(NASAL).ready()
    room.monitor(sbp=145)
    rule = room.refused("clear", order_version=1).rule
    room.do("request_override", rule=rule, reason="usual at home")

    assert "role" == room.refused("decline_override", NURSE, rule=rule, reason="no").code
    room.do("decline_override", DOCTOR, rule=rule, reason="measure again in ten minutes")
    assert {} == room.state.override_requests
    assert "no_request" == room.refused("decline_override", DOCTOR, rule=rule, reason="no").code
    assert "vitals_within" == room.refused("clear", order_version=1).code


@pytest.mark.hazard(22)
def test_a_clock_that_stepped_back_makes_no_signature_younger():
    """Hazard 22: signed at nine, and the clock says eight: that signature is not fresh."""
    room = signed()
    room.wait(-60)
    room.monitor(sbp=145)

    assert "vitals_within" == room.refused("clear", order_version=1).code


def test_a_signed_finding_is_a_note_of_the_entry():
    room = signed()
    (cleared,) = room.do("clear", order_version=1)

    assert 1 == len(cleared.body["overrides"])
    assert any("145" in note for note in cleared.body["notes"])


@pytest.mark.hazard(39)
def test_never_cannot_be_signed():
    room = Room(NASAL).cleared()
    room.window = replace(room.window, last_dose_at=room.now)
    said = room.refused("sign_override", DOCTOR, rule="interval", reason="needs it")

    assert "never" == said.code


def test_an_override_is_offered_only_where_a_hold_stands():
    """Before the patient is here, and once all is well or signed, there is nothing to override."""
    asked = {"rule": "vitals_within:sbp:140-160", "reason": "usual at home"}
    room = Room(NASAL).opened()
    assert "no_hold" == offered(room).code
    room = signed()
    assert "no_hold" == offered(room).code
    room.monitor(sbp=165)
    assert offered(room) is None
    room.monitor()
    assert "no_hold" == room.refused("request_override", **asked).code


def test_an_override_of_what_nobody_may_override_is_not_offered():
    room = Room(NASAL).cleared()
    room.window = replace(room.window, last_dose_at=room.now)

    assert offered(room).sentence.startswith("Nobody may override this: ")


def offered(room):
    return may(room.state, room.window, "request_override", NURSE, room.protocol, room.now)


def test_only_an_alarm_that_is_there_is_paused():
    room = Room(NASAL).cleared()
    assert "no_alarm" == room.refused("pause_alarm", alarm="limit:sbp").code
    room.window = replace(room.window, alarms=frozenset({"limit:hr"}))
    assert "no_alarm" == room.refused("pause_alarm", alarm="limit:sbp").code
    room.do("pause_alarm", alarm="limit:hr")
