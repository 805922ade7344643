"""Every condition that holds is raised, and no other: against an oracle that looks at everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.core.monitoring.alarms import conditions, lookback
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.series import Growing, charted, reading_id
from esker.core.protocols.load import load
from esker.core.protocols.schema import Cited, Phase, Priority, Relative, Strength
from esker.core.session.state import Session, Window
from esker.protocol_files import builtin_ids, text_of
from tests.core.monitoring.oracle import expected

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHORT = {"limit", "relative", "implausible", "flat", "jump", "lost_signal", "device_skew"}


def cited(value, unit):
    return Cited(value=Decimal(value), unit=unit, source="default")


RULES = (
    Relative(
        id="sbp-rise", channel="sbp", phase=(Phase.DOSE,), change="rise", at_least=cited(20, "%"),
        lasting=cited(1, "min"), strength=Strength.HOLD, alarm=Priority.MEDIUM, because="Risen.",
    ),
    Relative(
        id="hr-fall", channel="hr", phase=(Phase.DOSE,), change="fall", at_least=cited(15, "/min"),
        lasting=cited(0, "min"), strength=Strength.NOTE, alarm=Priority.LOW, because="Fallen.",
    ),
)  # fmt: skip
PROTOCOLS = {
    name: load(text_of(name))[0].model_copy(update={"relative": RULES}) for name in builtin_ids()
}
VALUES = {
    Channel.SPO2: [97, 98, 93, 91, 85, 20, 62], Channel.HR: [70, 71, 55, 45, 115, 130, 300],
    Channel.SBP: [120, 121, 145, 150, 170, 190, 300], Channel.DBP: [75, 95, 105, 115, 10],
    Channel.RR: [14, 9, 31, 1],
}  # fmt: skip


@st.composite
def series(draw):
    """Readings of one or two sensors, with gaps, repeats, lateness, and clocks that run ahead."""
    readings, second = [], 0
    for _ in range(draw(st.integers(1, 30))):
        second += draw(st.sampled_from([0, 1, 1, 1, 2, 5, 9, 10, 11, 16, 40, 120, 400]))
        channel = draw(st.sampled_from(list(VALUES)))
        observed = START + timedelta(seconds=second + draw(st.sampled_from([0] * 8 + [200, 400])))
        heard = START + timedelta(seconds=second + draw(st.sampled_from([0] * 6 + [3, 30])))
        bare = Reading(
            "", channel, Decimal(draw(st.sampled_from(VALUES[channel]))), UNIT[channel], observed,
            heard, Source.MONITOR, draw(st.sampled_from(["M1", "M1", "M1", "M2"])),
            draw(st.sampled_from(["oximeter", "oximeter", "ecg"])),
        )  # fmt: skip
        readings.append(replace(bare, id=reading_id(bare)))
    return charted(readings), START + timedelta(seconds=second + draw(st.integers(0, 500)))


def watching(phase):
    return Session(
        id="s", arrived_at=START, paired_at=START, monitor="M1", phase=phase,
        baseline={"sbp": Decimal(120), "hr": Decimal(70)},
    )  # fmt: skip


def told(state, readings, protocol, at):
    window = Window(readings=readings, screens_watching=1)
    return {
        each.id: (each.priority, each.since, each.until)
        for each in conditions(state, window, protocol, at)
        if each.kind in SHORT
    }


@pytest.mark.hazard(16)
@given(
    st.sampled_from(sorted(PROTOCOLS)), series(),
    st.sampled_from([Phase.CLEAR, Phase.DOSE, Phase.RECOVER]),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_what_holds_is_raised_and_nothing_else(name, heard, phase):
    """Hazard 16, an alarm condition not covered: each one, with its priority and its beginning."""
    (readings, at), protocol, state = heard, PROTOCOLS[name], watching(phase)

    assert expected(state, readings, protocol, at) == told(state, readings, protocol, at)


def steady(seconds, **channels):
    """One reading a second of each channel; a list is walked through again and again."""
    readings = []
    for second in range(seconds):
        when = START + timedelta(seconds=second)
        for channel, values in channels.items():
            value = values[second % len(values)] if isinstance(values, list) else values
            bare = Reading(
                "", Channel(channel), Decimal(value), UNIT[Channel(channel)], when, when,
                Source.MONITOR, "M1", "oximeter",
            )  # fmt: skip
            readings.append(replace(bare, id=reading_id(bare)))
    return charted(readings), START + timedelta(seconds=seconds - 1)


@pytest.mark.hazard(18)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_steady_saturation_with_a_living_pulse_does_not_ring(name):
    """Hazard 18, alarm fatigue: a healthy 98 % for eight minutes is no frozen probe."""
    readings, at = steady(480, spo2=98, hr=[70, 71, 69, 72])

    assert "flat:spo2" not in told(watching(Phase.DOSE), readings, PROTOCOLS[name], at)


@pytest.mark.hazard(15)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_frozen_sensor_rings(name):
    """Hazard 15, a flat line believed: saturation and pulse of one sensor both stand still."""
    readings, at = steady(480, spo2=98, hr=70)

    assert {"flat:spo2", "flat:hr"} <= set(
        told(watching(Phase.DOSE), readings, PROTOCOLS[name], at)
    )


@pytest.mark.hazard(16)
@pytest.mark.parametrize("name", PROTOCOLS)
@given(heard=series())
@settings(max_examples=60, deadline=None)
def test_a_window_of_the_lookback_is_enough(name, heard):
    """Hazard 16: what the loop hands in, each channel as far back as asked, misses no condition."""
    (readings, at), protocol, state = heard, PROTOCOLS[name], watching(Phase.DOSE)
    back = lookback(protocol)
    last = {r.id for c in VALUES for r in [r for r in readings if r.channel == c][-9:]}
    kept = tuple(r for r in readings if r.observed_at >= at - back[r.channel] or r.id in last)

    assert set(told(state, readings, protocol, at)) == set(told(state, kept, protocol, at))


def test_only_an_emergency_calls_after_the_end():
    """The patient who falls at the door; the chair's other alarms ended with the session."""
    closed = replace(
        watching(Phase.HOME), closed_at=START, emergency_at=START + timedelta(minutes=1)
    )  # fmt: skip
    found = conditions(closed, Window(), PROTOCOLS["ketamine-iv"], START + timedelta(minutes=2))

    assert ["emergency"] == [each.id for each in found]


@pytest.mark.hazard(17)
def test_a_lost_gateway_is_a_condition():
    """Hazard 17: when nothing can reach Esker, the chair says so, beside each silent channel."""
    window = Window(screens_watching=1, gateway_lost_since=START)
    state = watching(Phase.DOSE)
    found = {c.id: c for c in conditions(state, window, PROTOCOLS["ketamine-iv"], START)}

    assert START == found["no_gateway"].since
    assert "No monitor reaches Esker" in found["no_gateway"].sentence


@pytest.mark.hazard(17)
def test_a_full_gateway_is_the_same_condition_in_other_words():
    """Hazard 17: monitors that are connected are heard, and a sentence that denies it is not believed."""
    window = Window(screens_watching=1, gateway_lost_since=START, gateway_full=True)
    found = conditions(watching(Phase.DOSE), window, PROTOCOLS["ketamine-iv"], START)
    [full] = [each for each in found if each.id == "no_gateway"]

    assert "takes no further monitor" in full.sentence
    assert "No monitor reaches" not in full.sentence


@pytest.mark.hazard(16)
@given(st.sampled_from(sorted(PROTOCOLS)), series(), st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_series_that_is_led_on_shows_what_the_whole_shows(name, heard, cuts):
    """Hazard 16: the loop's copy grows second by second, and raises what the record raises."""
    (readings, at), protocol, state = heard, PROTOCOLS[name], watching(Phase.DOSE)
    grown, places = Growing(), sorted({min(cut, len(readings)) for cut in (0, *cuts)})
    for start, end in pairwise([*places, len(readings)]):
        grown.extend(readings[start:end])

    assert readings == tuple(grown)
    assert told(state, readings, protocol, at) == told(state, grown, protocol, at)
