"""The floor board: every chair at a glance."""

import re

import pytest
from django.template.loader import render_to_string

from esker.clinic.pages import board


def test_an_empty_chair_is_on_the_board(session):
    """Chairs without a session are shown as empty, in the clinic's order."""
    found = board.floor({"sessions": [session]}, ["Chair 1", "Chair 2"])
    assert ["Chair 1", "Chair 2"] == [seat["chair"] for seat in found["chairs"]]
    assert [None, session["id"]] == [seat["session"] for seat in found["chairs"]]


def test_a_patient_without_a_chair_is_expected(session):
    """Nobody disappears for want of a chair."""
    found = board.floor({"sessions": [{**session, "chair": None}]}, [])
    assert [session["id"]] == [each["session"] for each in found["waiting"]]


def test_a_chair_shows_its_worst_alarm_and_how_many_more(session):
    """One line for the worst, and a count."""
    seat = board.floor({"sessions": [session]}, [])["chairs"][0]
    assert ("high", 1) == (seat["worst"]["id"], seat["more"])


@pytest.mark.hazard(17)
def test_an_answered_alarm_on_the_floor_silences_no_other(session):
    """Hazard 17, raised and not heard: the high one is shown, and the low one still sounds."""
    session["alarms"][1] |= {"status": "acknowledged"}
    floor = board.floor({"sessions": [session]}, [])
    page = render_to_string("_floor.html", {"floor": floor})

    assert "High. <small>acknowledged</small> <small>and 1 more, 1 sounding</small>" in " ".join(
        page.replace("</strong>", "</strong> ").split()
    )
    assert [f'data-of="{session["id"]} low"'] == re.findall(r'data-of="[^"]+"', page)
