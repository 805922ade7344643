"""Whose page sounds: worked out for each page from who listens."""

import pytest

from esker.clinic.live.feed import Feed, Look
from esker.clinic.live.views import Page

ALARM = {"id": "limit:sbp", "status": "sounding", "escalated": 0}


def heard(username, listening):
    source, look = Feed("c"), Look(alarms={"s": [ALARM]}, nurses={"s": "hazel"})
    source.people.update(listening)
    (alarm,) = Page("c", username, ("nurse",))._heard(source, look, "s")
    return alarm["heard"]


@pytest.mark.hazard(17)
def test_a_chair_whose_nurse_has_no_page_open_calls_everyone_at_once():
    """An alarm raised and not heard (hazard 17): her tablet sleeps, so nobody waits for her."""
    assert heard("hazel", ["hazel", "rowan"])
    assert not heard("rowan", ["hazel", "rowan"])
    assert heard("rowan", ["rowan"])
