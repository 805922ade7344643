"""Who hears an alarm: the chair's nurse, then the clinic's screens, then the prescriber's."""

import pytest

from esker.clinic.alarms.hearing import hears

NURSE, OTHER, BOTH = ["nurse"], ["nurse"], ["nurse", "prescriber"]
PRESCRIBER, DESK = ["prescriber"], ["front_desk"]


@pytest.mark.hazard(17)
@pytest.mark.parametrize(
    ("escalated", "heard"),
    [(0, {"hazel"}), (1, {"hazel", "rowan", "both", "desk"}),
     (2, {"hazel", "rowan", "both", "desk", "linden"})],
)  # fmt: skip
def test_an_unanswered_alarm_reaches_more_people(escalated, heard):
    """An alarm raised and not heard (hazard 17): each step adds people and drops nobody."""
    people = {"hazel": NURSE, "rowan": OTHER, "both": BOTH, "desk": DESK, "linden": PRESCRIBER}
    assert {n for n, roles in people.items() if hears(escalated, "hazel", n, roles)} == heard


def test_a_chair_without_a_nurse_calls_all_screens_at_once():
    assert hears(0, None, "rowan", OTHER)
    assert not hears(0, None, "linden", PRESCRIBER)


def test_a_prescriber_who_runs_the_chair_hears_it_first():
    assert hears(0, "linden", "linden", PRESCRIBER)
