"""Who cannot be roused gets no more drug, and rings; whoever takes the monitor off rings too."""

import pytest

from esker.core.monitoring.alarms import conditions
from esker.core.protocols.schema import Priority
from tests.core.session.clinicroom import DOCTOR, Room

EVERY = ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv")


def dosed(protocol):
    """In the middle of dosing, one step before more drug."""
    room = Room(protocol).dosing()
    if room.protocol.drug.form == "device":
        room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    room.monitor()
    return room


def more(room):
    if room.protocol.drug.form == "device":
        return room.ask("next_device", order_version=1, device=2)
    room.ask("pause", reason="drowsy")
    return room.ask("resume", order_version=1)


def ringing(room):
    found = conditions(room.state, room.window, room.protocol, room.now)
    return {each.id: each for each in found}


@pytest.mark.hazard(16)
@pytest.mark.parametrize("protocol", EVERY)
@pytest.mark.parametrize(("score", "shut"), [("5", False), ("3", False), ("2", True), ("0", True)])
def test_deep_sedation_stops_further_drug_and_rings(protocol, score, shut):
    """Hazard 16, a condition that is not covered: a low MOAA/S was recorded and did nothing."""
    room = dosed(protocol)
    room.do("record_scale", scale="moaa_s", value=score)
    rung = ringing(room).get("score:moaa_s")
    answer = more(room)

    assert shut == (rung is not None and rung.priority is Priority.HIGH)
    assert shut == (getattr(answer, "rule", None) == f"scores:moaa_s:{score}")


@pytest.mark.hazard(16)
def test_deep_sedation_asks_for_the_pump_to_be_paused():
    room = dosed("ketamine-iv")
    room.do("record_scale", scale="moaa_s", value="1")

    assert "MOAA/S 1" in ringing(room)["hold_during_infusion"].sentence
    room.do("pause", reason="cannot be roused")
    assert "hold_during_infusion" not in ringing(room)


@pytest.mark.hazard(16)
def test_it_stands_until_a_better_score_is_recorded():
    """Hazard 16: nobody wakes up by being left alone for an hour."""
    room = dosed("esketamine-trd-us")
    room.do("record_scale", scale="moaa_s", value="2")
    since = room.now
    room.wait(30)
    room.do("record_scale", scale="moaa_s", value="1")
    room.wait(30)

    assert since == ringing(room)["score:moaa_s"].since
    room.do("record_scale", scale="moaa_s", value="4")
    assert "score:moaa_s" not in ringing(room)


@pytest.mark.hazard(39)
def test_a_signature_for_one_score_covers_no_lower_one():
    room = dosed("esketamine-trd-us")
    room.do("record_scale", scale="moaa_s", value="2")
    room.do("sign_override", DOCTOR, rule=more(room).rule, reason="seen, rouses to voice")
    room.do("record_scale", scale="moaa_s", value="1")

    assert "scores:moaa_s:1" == more(room).rule


@pytest.mark.hazard(17)
@pytest.mark.parametrize("stage", ["dosing", "recovering"])
def test_taking_the_monitor_off_rings(stage):
    """Hazard 17, an alarm that nobody hears: without a monitor no channel could fall silent."""
    room = getattr(Room("ketamine-iv"), stage)()
    assert "lost_signal:monitor" not in ringing(room)
    room.do("unpair_monitor", reason="needed elsewhere")
    let_go = room.now
    room.wait(20)

    assert let_go == ringing(room)["lost_signal:monitor"].since
    room.do("pair_monitor", chair="Chair 1", monitor="MON-2")
    assert "lost_signal:monitor" not in ringing(room)


def test_before_any_drug_no_monitor_is_missed():
    """The gate asks for one; until then there is nothing to watch."""
    room = Room("ketamine-iv").arrived()
    room.do("unpair_monitor", reason="a lead is broken")

    assert "lost_signal:monitor" not in ringing(room)
