"""Who hears an alarm: the chair's nurse, then the clinic's screens, then the prescriber's."""

import pytest

from esker.clinic.alarms.hearing import hears
from esker.clinic.live.feed import Feed, Look
from esker.clinic.live.views import Page

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


@pytest.mark.hazard(17)
@pytest.mark.parametrize(("stays", "heard"), [("Chair 1", True), ("Chair 2", False), (None, False)])
def test_a_chairs_own_screen_sounds_at_once_though_nobody_is_signed_in(stays, heard):
    """An alarm raised and not heard (hazard 17): the screen beside the patient does not wait."""
    alarm = {"id": "a", "status": "sounding", "escalated": 0}
    look = Look(alarms={"s": [alarm]}, nurses={"s": "hazel"}, chairs={"s": "Chair 1"})
    page, source = Page("clinic", "", (), locked=True, chair=stays), Feed("clinic")
    source.people["hazel"] = 1
    assert [heard] == [each["heard"] for each in page._heard(source, look, "s")]
