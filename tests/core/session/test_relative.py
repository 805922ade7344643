"""A rise or fall from the baseline stands at the gates, beside the absolute limits."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.core.monitoring.episodes import Sight, newest
from esker.core.monitoring.relative import met
from esker.core.protocols.schema import Cited, Phase, Priority, Relative, Strength
from esker.core.session.readings import Latest
from esker.core.session.vital_rules import up_to
from tests.core.session.clinicroom import START, Room

NASAL, INFUSION = "esketamine-trd-us", "ketamine-iv"


def rule(size=20, unit="%", lasting=0, change="rise", channel="sbp", strength=Strength.HOLD):
    def cited(value, unit):
        return Cited(value=Decimal(value), unit=unit, source="default")

    return Relative(
        id="moved", channel=channel, phase=(Phase.DOSE, Phase.RECOVER), change=change,
        at_least=cited(size, unit), lasting=cited(lasting, "min"), strength=strength,
        alarm=Priority.MEDIUM, because="Far from the value before dosing.",
    )  # fmt: skip


def dosed(*rules, protocol=NASAL):
    """The first device is in, five minutes ago; baseline 122 over 76, pulse 70, saturation 98."""
    room = Room(protocol)
    room.protocol = room.protocol.model_copy(update={"relative": rules})
    room.dosing()
    if protocol == NASAL:
        room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    return room


def more(room):
    if room.protocol.drug.form == "device":
        return room.ask("next_device", order_version=1, device=2)
    return room.ask("resume", order_version=1)


@pytest.mark.hazard(16)
@pytest.mark.parametrize(("sbp", "code"), [(146, None), (147, "relative"), (160, "relative")])
def test_a_fifth_above_baseline_holds_the_next_device(sbp, code):
    """Hazard 16: 160 is within the absolute limits of dosing, and far from this patient's 122."""
    room = dosed(rule())
    room.monitor(sbp=sbp)
    answer = more(room)

    assert code == getattr(answer, "code", None)


@pytest.mark.hazard(16)
@pytest.mark.parametrize("stage", ["resume", "discharge"])
def test_it_stands_at_resume_and_at_the_door(stage):
    room = dosed(rule(), protocol=INFUSION)
    if stage == "resume":
        room.do("pause", reason="dizzy")
    else:
        room.do("end_dose")
        room.wait(61)
        room.well()
    room.monitor(sbp=150)
    refused = more(room) if stage == "resume" else room.refused("discharge")

    assert "relative" == refused.code


def test_a_rise_that_must_last_holds_only_when_it_has():
    room = dosed(rule(lasting=10))
    room.monitor(sbp=150)
    early = room.window.readings
    assert not hasattr(more(room), "code")

    room = dosed(rule(lasting=10))
    room.monitor(sbp=150)
    early = room.window.readings
    room.wait(11)
    room.monitor(sbp=150)
    room.window = replace(room.window, readings=(*early, *room.window.readings))
    assert "relative" == more(room).code


@pytest.mark.hazard(16)
@given(
    st.lists(st.tuples(st.sampled_from([1, 5, 10, 11, 60, 300]), st.booleans()), max_size=20),
    st.integers(0, 400), st.sampled_from([0, 10, 30]),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_looking_back_as_far_as_a_rule_asks_is_enough(steps, lasting, calm):
    """Hazard 16: whether a change has lasted is the same however much older the window reaches."""
    lasting, calm, seen, second = timedelta(seconds=lasting), timedelta(seconds=calm), [], 0
    for gap, bad in steps:
        second += gap
        value = Decimal(150 if bad else 120)
        seen.insert(0, Latest(value, START + timedelta(seconds=second), None))
    at = START + timedelta(seconds=second)

    def sight(each):
        bad = each.value > 140
        return Sight(each.observed_at, bad, Priority.LOW, Strength.HOLD, each.value)

    def has_lasted(readings):
        found = newest(readings, sight, calm, at)
        return found is not None and found.until is None and found.lasted(at) >= lasting

    assert has_lasted(seen) == has_lasted(up_to(seen, at - lasting - calm))


@pytest.mark.hazard(14)
def test_no_baseline_is_no_calm_baseline():
    """Hazard 14: cleared without a pressure, a rise cannot be judged, and that holds."""
    room = dosed(rule())
    room.state = replace(room.state, baseline={})
    room.monitor()

    assert "relative:moved:unknown" == more(room).rule


@pytest.mark.hazard(14)
def test_a_missing_value_is_no_milder_than_the_strongest_change():
    """Hazard 14: a change that nobody may override is not got round by pulling off the cuff."""
    room = dosed(rule(strength=Strength.NEVER))
    room.wait(30)

    assert ("vitals_fresh", "never") == (more(room).code, more(room).strength)


@pytest.mark.hazard(39)
def test_a_signature_for_a_rise_covers_no_doubled_one():
    room = dosed(rule(size=10))
    room.monitor(sbp=136)
    mild = more(room).rule
    room.monitor(sbp=160)

    assert ("relative:moved:1", "relative:moved:3") == (mild, more(room).rule)


@pytest.mark.hazard(16)
@given(
    st.sampled_from(["rise", "fall"]), st.sampled_from(["%", "mmHg"]), st.integers(1, 60),
    st.integers(40, 280), st.integers(40, 280),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_farther_from_the_baseline_never_opens(change, unit, size, one, other):
    """Hazard 16: of two values on the same side the farther one is held at least as strongly."""
    moved = rule(size=size, unit=unit, change=change)
    near, far = sorted((one, other), key=lambda v: v if change == "rise" else -v)

    assert met(moved, Decimal(122), Decimal(near)) <= met(moved, Decimal(122), Decimal(far))


@pytest.mark.hazard(16)
@pytest.mark.parametrize("change", ["rise", "fall"])
def test_the_change_is_proved_monotone(change):
    """Hazard 16: over all real baselines, sizes and values at once, as z3 sees the same rule."""
    base, size, near, far = z3.Reals("base size near far")
    sign = 1 if change == "rise" else -1

    def holds(value):
        return sign * (value - base) >= size * base / 100

    solver = z3.Solver()
    solver.add(base > 0, size > 0, sign * far >= sign * near, holds(near), z3.Not(holds(far)))
    assert z3.unsat == solver.check()
    for value in (100, 121, 122, 123, 146, 147, 300):
        said = met(rule(change=change), Decimal(122), Decimal(value))
        assert said == (sign * (value - 122) * 100 >= 20 * 122)
