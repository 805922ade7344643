"""Whose readings a monitor's are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esker.core.monitoring.pairing import Pairing, begins, contradicts, identifier, named_from

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def after(minutes):
    return START + timedelta(minutes=minutes)


PAIRED = Pairing("M1", "Chair 1", after(0), after(60))


@pytest.mark.hazard(13)
@given(st.integers(-600, 600), st.integers(-600, 600), st.booleans())
def test_a_reading_outside_the_interval_is_nobodys(observed, received, wrong):
    """A monitor's readings on another patient: neither clock may carry them over."""
    held = PAIRED.holds(after(observed), after(received), wrong)

    assert held <= (0 <= observed <= 60 and received >= 0)
    assert not (held and wrong) or received <= 60


@pytest.mark.hazard(13)
@given(st.integers(-30, 30), st.none() | st.integers(-30, 30), st.none() | st.integers(-30, 30))
def test_the_grace_reaches_neither_before_the_patient_nor_into_another_session(at, came, free):
    """A monitor's readings on another patient: what was on the screen before is the last one's."""
    found = begins(
        after(at), None if came is None else after(came), None if free is None else after(free)
    )

    assert found >= after(at) - timedelta(minutes=2)
    assert came is None or found >= after(came)
    assert free is None or found > after(free)


@pytest.mark.hazard(13)
@given(st.integers(-30, 30), st.none() | st.integers(-30, 30))
def test_a_message_that_names_the_patient_still_reaches_into_no_other_session(at, free):
    """A monitor's readings on another patient: a name in the message is no key to their time."""
    found = named_from(after(at), None if free is None else after(free))

    assert free is None or found > after(free)


def test_what_the_monitor_showed_before_the_arrival_counts_when_it_names_the_patient():
    held = Pairing("M1", "Chair 1", after(0), None, named_from(after(0), None))

    assert held.holds(after(-1), after(1), wrong_clock=False, named=True)
    assert not held.holds(after(-1), after(1), wrong_clock=False)


def test_a_late_reading_inside_the_interval_is_the_sessions_unless_the_clock_is_wrong():
    assert PAIRED.holds(after(30), after(90), wrong_clock=False)
    assert not PAIRED.holds(after(30), after(90), wrong_clock=True)


@pytest.mark.parametrize(
    ("heard", "number", "expected"),
    [("", "DEMO-1", False), ("~demo-1~", " Demo - 1", False), ("~demo-2~", "DEMO-1", True),
     ("~x9~demo-1~", "DEMO-1", False), ("~demo-11~", "DEMO-1", True)],
)  # fmt: skip
def test_a_patient_number_contradicts_by_itself_case_and_spaces_aside(heard, number, expected):
    assert contradicts(heard, number) == expected
    assert identifier(" Demo - 1") == "demo-1"
