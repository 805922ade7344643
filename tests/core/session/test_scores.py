"""Scores are what the protocol says they are: known, in range, in its steps."""

from decimal import Decimal

import pytest

from esker.core.protocols.load import load
from esker.core.protocols.schema import Scale
from esker.core.session.may import may
from esker.protocol_files import text_of
from tests.core.session.clinicroom import DOCTOR, Room

PAIN = """
[[scales]]
id = "pain"
title = "Pain, 0 none to 10 worst"
min = 0
max = 10
step = 0.5
source = "default"

[[monitoring]]
channel = "sbp\""""


def clinic_own():
    """A session under a protocol to which a clinic added an observation of its own."""
    room = Room("ketamine-iv").arrived()
    text = text_of("ketamine-iv").replace('[[monitoring]]\nchannel = "sbp"', PAIN, 1)
    room.protocol, room.hash = load(text)
    return room


@pytest.mark.hazard(28)
@pytest.mark.parametrize(
    ("scale", "value", "said"),
    [
        ("moaa_s", "6", "MOAA/S goes from 0 to 5 in whole numbers."),
        ("moaa_s", "4.5", "MOAA/S goes from 0 to 5 in whole numbers."),
        ("cadss", "93", "CADSS total goes from 0 to 92 in whole numbers."),
        ("mood", "5", "This protocol has no score mood; it has MOAA/S, CADSS total."),
    ],
)
def test_what_is_no_score_is_sent_back(scale, value, said):
    """Hazard 28, an instrument scored wrongly: a total that the scale cannot have."""
    refused = Room("ketamine-iv").arrived().refused("record_scale", scale=scale, value=value)

    assert ("scale", said) == (refused.code, refused.sentence)


@pytest.mark.hazard(23)
@pytest.mark.parametrize("kind", ["answer_readiness", "assess_discharge"])
def test_an_answer_to_what_nobody_asks_is_sent_back(kind):
    """Hazard 23, early discharge: a mistyped name would look answered, and its question stay open.

    The right ones beside it are not recorded either: the sender mends the whole.
    """
    room = Room("ketamine-iv").arrived()
    right = (room.protocol.readiness if kind == "answer_readiness" else room.protocol.discharge)[0]
    refused = room.refused(kind, answers={right.id: "yes", "suicidaltiy": "no"})

    assert "question" == refused.code
    assert refused.sentence.startswith("Nobody asks suicidaltiy; asked are ")
    assert right.id in refused.sentence


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("review_deviation", {"entry": "x", "finding": "seen"}),
        ("accept_time", {"entry": "x"}),
        ("put_name", {"entry": "x", "name": "nurse"}),
    ],
)
def test_what_has_no_subject_is_not_offered(kind, said):
    """What the list of commands calls acceptable can be accepted."""
    room = Room("ketamine-iv").arrived()
    offered = may(room.state, room.window, kind, DOCTOR, room.protocol, room.now)

    assert offered is not None
    assert offered == room.refused(kind, DOCTOR, **said)


def test_a_clinic_may_have_a_score_of_its_own():
    room = clinic_own()
    room.do("record_scale", scale="pain", value="3.5")
    refused = room.refused("record_scale", scale="pain", value="3.2")

    assert Decimal("3.5") == room.state.observed[-1].value
    assert "Pain, 0 none to 10 worst goes from 0 to 10 in steps of 0.5." == refused.sentence


def test_steps_count_from_the_lowest_value():
    scale = Scale(id="s", title="S", min=1, max=7, step=2, source="default")

    assert [1, 3, 5, 7] == [n for n in range(10) if scale.holds(Decimal(n))]


def test_a_score_of_tomorrow_is_sent_back():
    room = Room("ketamine-iv").arrived()
    later = room.now.replace(hour=23).isoformat()
    refused = room.refused("record_scale", scale="cadss", value="3", observed_at=later)

    assert "future_time" == refused.code
