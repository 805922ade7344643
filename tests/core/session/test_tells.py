"""What happened is recorded whatever the rules say, also when the session is over."""

import pytest

from esker.core.protocols.schema import Phase
from esker.core.session import dosing
from esker.core.session.commands import ASKS
from esker.core.session.decide import KINDS
from esker.core.session.state import Dosing
from tests.core.session.clinicroom import DOCTOR, NURSE, OTHER, Room

PROTOCOLS = ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv")
STAGES = ("opened", "arrived", "ready", "cleared", "dosing", "recovering")
TELLS = {
    "answer_readiness": {"answers": {"food": "yes"}},
    "record_interactions": {"answer": "yes", "interactions": ["rifampicin"]},
    "weigh": {"weight": "70", "unit": "kg"},
    "unpair_monitor": {"reason": "needed elsewhere"},
    "record_vitals": {"vitals": [{"channel": "hr", "value": "71", "unit": "/min"}]},
    "record_scale": {"scale": "moaa_s", "value": "5"},
    "adverse_event": {"term": "nausea", "severity": "mild", "serious": False},
    "emergency": {},
    "end_emergency": {"outcome": "woke up"},
    "give_rescue": {"medicine": "labetalol", "dose": "10", "unit": "mg", "route": "iv"},
    "device_given": {"device": 1, "vial": "V1", "order_version": 1},
    "change_rate": {"pump_rate_ml_per_h": "60", "reason": "dizzy"},
    "pause": {"reason": "dizzy"},
    "stop": {"reason": "dizzy", "given_ml": "20"},
    "end_dose": {},
    "waste": {"vial": "V1", "amount_mg": "1", "witness": OTHER.id},
    "acknowledge_alarm": {"alarm": "limit:spo2"},
    "hand_over": {"to": OTHER.id},
    "assess_discharge": {"answers": {"gait": "yes"}},
    "escort_seen": {"name": "Demo Friend", "relation": "friend", "drives": "yes"},
    "leave_against_advice": {"advice": "stay"},
    "transfer_out": {"to": "hospital", "reason": "chest pain"},
    "deviation": {"what": "the lights went out"},
}


def test_every_tell_is_tried_here():
    assert set(KINDS) - ASKS == set(TELLS)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", TELLS)
def test_no_phase_refuses_a_tell(kind, stage, protocol):
    """The first entry is what was told; what is out of rule stands beside it as a deviation."""
    room = getattr(Room(protocol), stage)()
    told, *beside = room.do(kind, NURSE, **TELLS[kind])

    assert KINDS[kind] == told.kind
    assert {"deviation.noted"} >= {draft.kind for draft in beside}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", TELLS)
def test_the_end_refuses_no_tell_and_is_not_undone(kind, stage, protocol):
    room = getattr(Room(protocol), stage)()
    room.do("transfer_out", to="hospital", reason="chest pain")
    before = room.state
    room.wait(1)
    told, *_ = room.do(kind, NURSE, **TELLS[kind])

    after = room.state
    assert KINDS[kind] == told.kind
    assert (Phase.HOME, "transferred", before.closed_at) == (
        after.phase, after.outcome, after.closed_at
    )  # fmt: skip
    assert (before.chair, before.monitor) == (after.chair, after.monitor)


@pytest.mark.parametrize("kind", ["clear", "start", "resume", "discharge", "scan_vial", "withhold"])
def test_the_end_refuses_asks(kind):
    room = Room("ketamine-iv").recovering()
    room.do("transfer_out", to="hospital", reason="chest pain")
    said = {"reason": "late"} if kind == "withhold" else {"order_version": 1}
    answer = room.scan("V7") if kind == "scan_vial" else None
    refused = answer or room.refused(kind, **({} if kind == "discharge" else said))

    assert "closed" == refused.code


@pytest.mark.parametrize(
    ("channel", "value", "unit"), [("temp", "39.4", "Cel"), ("map", "92", "mmHg")]
)
def test_what_the_protocol_does_not_watch_is_recorded_all_the_same(channel, value, unit):
    """A fever was measured; that no rule asks for it is no reason to send it back."""
    room = Room("esketamine-trd-us").recovering()
    room.do("record_vitals", vitals=[{"channel": channel, "value": value, "unit": unit}])

    assert (channel, value) == (room.state.observed[-1].what, str(room.state.observed[-1].value))


@pytest.mark.hazard(4)
def test_a_device_told_after_the_end_counts():
    """Hazard 4, too much in all: the patient went home with three devices in, not two."""
    room = Room("esketamine-trd-us").recovering()
    room.do("leave_against_advice", advice="stay")
    room.do("device_given", device=3, vial="V3", order_version=1)

    assert 84 == dosing.given_mg(room.state, room.now)
    assert room.state.closed_at is not None


@pytest.mark.hazard(4)
def test_an_end_told_after_the_close_is_the_end_of_the_infusion():
    """Hazard 4: closed with the pump on record as running, then the true end is told."""
    room = Room("ketamine-iv").dosing()
    room.wait(10)
    stopped = room.now
    room.wait(3)
    room.do("leave_against_advice", advice="stay")
    room.wait(1)
    room.do("stop", reason="the patient pulled it", occurred_at=stopped.isoformat())

    assert stopped == room.state.given[-1].until
    assert "8.75" == str(dosing.given_mg(room.state, room.now))


@pytest.mark.hazard(16)
def test_a_pump_that_runs_without_a_start_is_on_record():
    """Hazard 16: a running pump that nobody was allowed to start is watched like any other."""
    room = Room("ketamine-iv").ready()
    drafts = room.do("change_rate", pump_rate_ml_per_h="75", reason="it was already running")

    assert Dosing.RUNNING is room.state.dosing
    assert "deviation.noted" in {draft.kind for draft in drafts}


def test_a_volume_without_any_start_is_a_dose():
    """Observation and the door count from it, since drug went in."""
    room = Room("ketamine-iv").cleared()
    room.do("stop", reason="found it running", given_ml="20")

    assert 14 == dosing.given_mg(room.state, room.now)
    assert "observation" == room.refused("discharge").code


def test_a_nurse_is_not_asked_to_withhold_what_was_given():
    room = Room("esketamine-trd-us").recovering()

    assert "phase" == room.refused("withhold", reason="feverish").code


@pytest.mark.hazard(3)
def test_a_second_end_is_a_deviation_and_ends_nothing_again():
    room = Room("ketamine-iv").recovering()
    ended = room.state.given[-1].until
    room.wait(5)
    told = room.do("end_dose")

    assert ended == room.state.given[-1].until
    assert "Dosing had been ended already." == told[1].body["what"]


def test_a_closing_told_twice_keeps_the_first():
    room = Room("esketamine-trd-us").recovering()
    room.do("leave_against_advice", advice="stay")
    told = room.do("transfer_out", DOCTOR, to="hospital", reason="fell at the door")

    assert "left" == room.state.outcome
    assert "The session had been closed already: left." in [d.body.get("what") for d in told]
