"""What happened after an assessment makes the patient a stranger again: look once more."""

import pytest

from esker.core.discharge import criteria
from tests.core.session.clinicroom import Room

NASAL = "esketamine-trd-us"
SHAKEN = {
    "rescue": ("give_rescue", {"medicine": "midazolam", "dose": "2", "unit": "mg", "route": "iv"}),
    "severe": ("adverse_event", {"term": "seizure", "severity": "severe", "serious": False}),
    "serious": ("adverse_event", {"term": "chest pain", "severity": "mild", "serious": True}),
}


def ready_to_leave():
    room = Room(NASAL).recovering()
    room.wait(121)
    room.well()
    room.wait(1)
    return room


@pytest.mark.hazard(23)
@pytest.mark.parametrize("what", SHAKEN)
def test_a_rescue_or_a_grave_event_asks_for_a_new_assessment(what):
    """Hazard 23, discharge too early: awake and steady were said before the midazolam."""
    room = ready_to_leave()
    kind, said = SHAKEN[what]
    room.do(kind, **said)
    refused = room.refused("discharge")

    assert ("discharge_criteria", "hold") == (refused.code, refused.strength)
    assert "before the last event" in refused.sentence
    room.wait(1)
    room.well()
    room.do("discharge")


@pytest.mark.hazard(23)
def test_an_emergency_that_ended_asks_for_a_new_assessment():
    room = ready_to_leave()
    room.do("emergency")
    room.do("end_emergency", outcome="well again")

    assert "discharge_criteria" == room.refused("discharge").code


@pytest.mark.hazard(23)
def test_what_was_assessed_before_the_last_device_is_assessed_again():
    """Hazard 23: a protocol without an age for its answers takes none from before the drug."""
    room = Room("esketamine-trd-eu").recovering()
    ageless = tuple(c.model_copy(update={"fresh_for": None}) for c in room.protocol.discharge)
    room.protocol = room.protocol.model_copy(update={"discharge": ageless})
    room.well()
    room.wait(1)
    room.do("device_given", device=3, vial="V3", order_version=1)
    room.wait(121)
    room.monitor()
    room.do("escort_seen", name="Demo Friend", relation="friend", drives="yes")

    assert "discharge_criteria:alert:old" == room.refused("discharge").rule


def test_a_mild_event_does_not():
    room = ready_to_leave()
    room.do("adverse_event", term="headache", severity="mild", serious=False)
    room.do("discharge")


@pytest.mark.hazard(23)
@pytest.mark.parametrize(("first", "then"), [("5", "3"), ("3", "5")])
def test_of_two_scores_of_one_minute_the_last_told_counts(first, then):
    """Hazard 23: 5 was a slip, and 3 is what stands, though both were of the same minute."""
    room = ready_to_leave()
    room.do("record_scale", scale="moaa_s", value=first)
    room.do("record_scale", scale="moaa_s", value=then)

    assert ("3" == then) == hasattr(room.ask("discharge"), "code")


@pytest.mark.hazard(24)
@pytest.mark.parametrize("name", ["Demo Alder", " demo  ALDER "])
def test_the_patient_is_nobodys_escort(name):
    """Hazard 24: in whatever spelling."""
    room = Room(NASAL).recovering()

    assert "escort" == room.refused("escort_seen", name=name, relation="self", drives="yes").code


@pytest.mark.hazard(24)
def test_who_came_along_in_the_morning_is_seen_again_at_the_door():
    """Hazard 24, the patient drives home: an escort who was seen before the drug may have gone."""
    room = Room(NASAL).ready()
    escort = {"name": "Demo Friend", "relation": "friend", "drives": "yes"}
    room.do("escort_seen", **escort)
    room.wait(5)
    room.monitor()
    for vial in ("V1", "V2"):
        room.scan(vial)
    room.do("clear", order_version=1)
    room.do("start", order_version=1)
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.do("end_dose")
    room.wait(121)
    room.monitor()
    room.do("record_scale", scale="moaa_s", value="5")
    room.do("record_scale", scale="cadss", value="1")
    answers = {each.id: "yes" for each in room.protocol.discharge if each.kind == "answer"}
    room.do("assess_discharge", answers=answers)

    assert "escort:before" == room.refused("discharge").rule
    room.do("escort_seen", **escort)
    room.do("discharge")


@pytest.mark.hazard(23)
def test_an_answer_that_the_door_does_not_take_says_so_beside_itself():
    """Hazard 23: the page shows as undone exactly what discharge would refuse as old."""
    room = ready_to_leave()

    def outdated():
        found = (c for c in room.protocol.discharge if criteria.outdated(room.state, c, room.now))
        return {each.id for each in found}

    assert set() == outdated()
    room.wait(31)
    assert {"oriented", "gait", "nausea"} == outdated()
    room.do("device_given", device=3, vial="V3", order_version=1)
    assert {"oriented", "gait", "nausea", "safe", "escort"} == outdated()
    room.wait(1)
    room.well()
    assert set() == outdated()
