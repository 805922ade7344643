"""What a patient takes that moves the drug: asked, answered, corrected, and read by no gate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from esker.core.interactions import Interaction
from esker.core.session.commands import COMMANDS, Tri
from esker.core.session.decide import KINDS
from esker.core.session.gate import Gate
from esker.core.session.gates import findings
from esker.core.session.may import GATES, may
from esker.core.session.sentences import sentence
from esker.core.session.state import Interactions
from tests.core.session.clinicroom import DOCTOR, NURSE, Room

PROTOCOLS = ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv")
STAGES = ("opened", "arrived", "ready", "cleared", "dosing", "recovering")
ROOMS = {(p, stage): getattr(Room(p), stage)() for p in PROTOCOLS for stage in STAGES}
answers = st.none() | st.builds(
    Interactions, st.sampled_from(Tri), st.sets(st.sampled_from(Interaction)).map(tuple)
)


def said(room):
    return [sentence(each) for each in room.entries if each.kind == "interactions.recorded"]


def test_not_asked_not_known_and_none_are_three_things():
    room = Room("ketamine-iv").arrived()
    assert room.state.interactions is None
    room.do("record_interactions", answer="unknown")
    assert room.state.interactions == Interactions(Tri.UNKNOWN, ())
    room.do("record_interactions", answer="no")
    assert room.state.interactions == Interactions(Tri.NO, ())
    assert said(room) == ["Interactions: not known.", "Interactions: none of those asked about."]


def test_the_last_answer_counts_and_the_one_before_stays_in_the_record():
    """Also after the dose: what was found out late moves the bands from then on."""
    room = Room("esketamine-trd-us").dosing()
    room.do("record_interactions", answer="yes", interactions=["rifampicin"])
    room.do("record_interactions", answer="yes", interactions=["st_johns_wort", "grapefruit"])
    assert room.state.interactions.named == (Interaction.GRAPEFRUIT, Interaction.ST_JOHNS_WORT)
    assert said(room) == [
        "Interactions: rifampicin.", "Interactions: grapefruit juice, St John\u2019s wort.",
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [
    {"answer": "yes"}, {"answer": "no", "interactions": ["rifampicin"]},
    {"answer": "unknown", "interactions": ["rifampicin"]},
])  # fmt: skip
def test_an_answer_that_speaks_against_itself_is_sent_back(fields):
    """A tick beside no, a yes without a tick: either may be the slip, and neither is guessed."""
    room = Room("ketamine-iv").arrived()
    assert "With yes, say which" in room.refused("record_interactions", **fields).sentence
    assert room.state.interactions is None


@pytest.mark.parametrize("fields", [
    {"interactions": []}, {"answer": "none"}, {"answer": "yes", "interactions": ["aspirin"]},
    {"answer": "yes", "interactions": "grapefruit"},
])  # fmt: skip
def test_half_an_answer_and_another_medicine_are_no_command(fields):
    with pytest.raises(ValidationError):
        COMMANDS.validate_python({"kind": "record_interactions", **fields})


@pytest.mark.hazard(10)
@given(st.sampled_from(sorted(ROOMS)), answers)
def test_no_gate_and_no_button_depends_on_the_answer(place, answer):
    """Hazard 10, a prediction taken for a fact: what only the forecast reads opens and shuts nothing."""
    room = ROOMS[place]
    other = replace(room.state, interactions=answer)

    def gates(state):
        names = sorted(set(GATES.values()))
        found = [
            findings(Gate(g, state, room.window, room.protocol, room.now, NURSE)) for g in names
        ]
        asked = [may(state, room.window, k, DOCTOR, room.protocol, room.now) for k in KINDS]
        return found, asked

    assert gates(room.state) == gates(other)
