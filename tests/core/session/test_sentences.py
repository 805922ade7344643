"""Every kind of entry has its own plain sentence."""

import pytest

from esker.core.session.decide import KINDS
from esker.core.session.sentences import WORDS, sentence
from tests.core.session.clinicroom import DOCTOR, Room


def test_every_kind_has_words():
    assert set(KINDS.values()) | {"alarm.raised", "alarm.cleared"} == set(WORDS)


@pytest.mark.parametrize("protocol", ["esketamine-trd-us", "ketamine-iv"])
def test_a_whole_session_reads_as_sentences(protocol):
    """From the order to the door, no line is empty, half, or a raw value of the program."""
    room = Room(protocol).recovering()
    room.do("adverse_event", term="headache", severity="mild", serious=False)
    room.do("give_rescue", medicine="labetalol", dose="10", unit="mg", route="iv")
    room.do("waste", vial="V1", amount_ml="9.3", witness="nurse2")
    room.do("review_deviation", DOCTOR, entry=room.state.deviations[0], finding="agreed")
    room.do("transfer_out", to="hospital", reason="chest pain")
    said = [sentence(entry) for entry in room.entries]

    assert [] == [line for line in said if not line or "None" in line or "{" in line]
    assert said[-1].startswith("The patient was transferred to hospital: chest pain")
    assert "labetalol 10 mg iv given on a verbal order." in said
