"""What is still said when a session ends, and after it."""

from datetime import timedelta

import pytest

from esker.core.session.sentences import sentence
from tests.core.session.clinicroom import NOBODY, Room


@pytest.mark.hazard(26)
def test_emergency_works_after_the_session_is_closed():
    """Hazard 26: a patient who falls at the door is still this chair's emergency."""
    room = Room("esketamine-trd-us").dosing()
    room.do("leave_against_advice", advice="stay")
    room.do("emergency", NOBODY)

    assert room.now == room.state.emergency_at


@pytest.mark.hazard(26)
def test_a_wrong_clock_stops_no_emergency():
    """Hazard 26: a tablet that runs an hour ahead still calls for help, as of now."""
    room = Room("esketamine-trd-us").dosing()
    ahead = (room.now + timedelta(hours=1)).isoformat()
    room.do("emergency", NOBODY, occurred_at=ahead)

    assert room.now + timedelta(minutes=1) == room.state.emergency_at


@pytest.mark.hazard(40)
def test_a_vial_that_is_not_accounted_for_stays_as_a_deviation():
    """Hazard 40, diversion: the session closes, and the open vial is on record."""
    room = Room("ketamine-iv").dosing()
    noted = [draft.body.get("what") for draft in room.do("leave_against_advice", advice="stay")]

    assert "Not accounted for: V1, 500 mg." in noted
    assert "The session was closed while dosing had not been ended." in noted


@pytest.mark.hazard(21)
def test_the_record_says_which_checks_nobody_made():
    """Hazard 21, a timed check missed: where the record ends it names each of them."""
    room = Room("ketamine-iv").recovering()
    closed = room.do("leave_against_advice", advice="stay")[0]

    missed = [each["check"] for each in closed.body["missed"]]
    assert ["infusion@10", "infusion@20", "infusion@30"] == missed
    assert "Checks missed: Vitals during the infusion (10 min)" in sentence(
        next(entry for entry in room.entries if entry.kind == "session.closed")
    )


def test_who_was_given_nothing_is_withheld_and_not_discharged():
    """A discharge counts as a treatment; one that never began has its own end, with its reason."""
    room = Room("esketamine-trd-us").arrived()
    refused = room.refused("discharge")
    assert ("not_dosed", True) == (refused.code, "withhold" in refused.sentence)

    room.do("withhold", reason="a cold")
    assert "withheld" == room.state.outcome


def test_who_was_started_and_given_nothing_still_has_a_way_out():
    """Started is no longer `withhold`: the end of dosing is told, and then the door has its gate."""
    room = Room("esketamine-trd-us").dosing()
    room.do("end_dose")
    room.well()

    assert "not_dosed" != getattr(room.ask("discharge"), "code", None)
