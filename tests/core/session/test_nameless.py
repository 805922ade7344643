"""What a locked screen records in an emergency, and how it gets its name."""

import pytest

from tests.core.session.clinicroom import NOBODY, NURSE, OTHER, Room

RESCUE = {"medicine": "midazolam", "dose": "2", "unit": "mg", "route": "iv"}


@pytest.mark.hazard(26)
def test_a_rescue_is_recorded_without_a_name_and_named_later():
    """Hazard 26: nobody signs in with a patient in their arms; the name is put on afterwards."""
    room = Room("esketamine-trd-us").dosing()
    assert "locked" == room.refused("give_rescue", NOBODY, **RESCUE).code
    room.do("emergency", NOBODY)
    room.do("give_rescue", NOBODY, **RESCUE)
    waiting = room.state.nameless
    assert 2 == len(waiting)

    for entry in waiting:
        room.do("put_name", NURSE, entry=entry, name=OTHER.name)
    assert () == room.state.nameless
    assert "named" == room.refused("put_name", NURSE, entry=waiting[0], name="Other").code


def test_an_emergency_with_a_name_waits_for_none():
    room = Room("esketamine-trd-us").dosing()
    room.do("emergency", NURSE)
    assert () == room.state.nameless


def test_a_session_closes_with_a_missing_name_as_a_deviation():
    room = Room("esketamine-trd-us").dosing()
    room.do("emergency", NOBODY)
    noted = [d.body.get("what") for d in room.do("transfer_out", to="Ward", reason="unwell")]

    assert "An emergency entry was left without the name of who acted." in noted
    room.do("put_name", NURSE, entry=room.state.nameless[0], name=NURSE.name)


@pytest.mark.parametrize("kind", ["weigh", "acknowledge_alarm", "put_name", "stop"])
def test_a_locked_screen_records_nothing_else(kind):
    """An alarm that nobody with a name has seen goes on sounding."""
    room = Room("esketamine-trd-us").dosing()
    room.do("emergency", NOBODY)
    fields = {
        "weigh": {"weight": "70", "unit": "kg"}, "acknowledge_alarm": {"alarm": "sbp"},
        "put_name": {"entry": room.state.nameless[0], "name": "me"}, "stop": {"reason": "x"},
    }  # fmt: skip
    assert "locked" == room.refused(kind, NOBODY, **fields[kind]).code
