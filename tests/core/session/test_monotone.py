"""Worse vitals never open a gate: every gate, every channel, every protocol."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.core.protocols.schema import Cited, Phase, Priority, Relative, Strength
from esker.core.protocols.tables import table
from esker.core.session.gate import Gate
from esker.core.session.gates import findings
from tests.core.session.clinicroom import CALM, NURSE, Room

PROTOCOLS = ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv")
RANGES = {"sbp": (20, 300), "dbp": (10, 200), "hr": (0, 300), "spo2": (0, 120)}
STAGES = {"clear": "ready", "start": "cleared", "next": "dosing", "resume": "dosing",
          "discharge": "recovering"}  # fmt: skip


def moved(channel, change):
    """A change from the baseline that is stronger than the tables, so that it would show."""
    cited = Cited(value=Decimal(20), unit="%", source="default")
    return Relative(
        id=f"{channel}-{change}", channel=channel, phase=(Phase.DOSE, Phase.RECOVER),
        change=change, at_least=cited if channel != "spo2" else cited.model_copy(
            update={"value": Decimal(5)}
        ), lasting=cited.model_copy(update={"value": Decimal(0), "unit": "min"}),
        strength=Strength.NEVER, alarm=Priority.HIGH, because="Far from before dosing.",
    )  # fmt: skip


def room_at(protocol, stage):
    room = Room(protocol)
    rules = tuple(moved(c, way) for c in RANGES for way in ("rise", "fall"))
    room.protocol = room.protocol.model_copy(update={"relative": rules})
    return getattr(room, stage)()


ROOMS = {(p, stage): room_at(p, stage) for p in PROTOCOLS for stage in set(STAGES.values())}


def gate_of(room, gate):
    return Gate(gate, room.state, room.window, room.protocol, room.now, NURSE)


def objection(room, gate, channel):
    """How strongly this gate objects to what this channel shows."""
    found = findings(gate_of(room, gate))
    ranks = [
        each.strength.rank for each in found if channel in each.rule or channel in each.sentence
    ]
    return max(ranks, default=Strength.GO.rank)


def showing(room, channel, value):
    room.monitor(**{channel: value})
    return room


@pytest.mark.hazard(16)
@pytest.mark.parametrize("gate", STAGES)
@pytest.mark.parametrize("channel", RANGES)
@given(st.sampled_from(PROTOCOLS), st.data())
@settings(max_examples=60, deadline=None)
def test_outward_never_opens(gate, channel, protocol, data):
    """Hazard 16: farther from normal, on the same side, the gate is never more open.

    The baseline is fixed and lies in the normal interval, as monotone is defined.
    """
    room = ROOMS[protocol, STAGES[gate]]
    low, high = table(room.protocol, channel, gate_of(room, gate).phase).normal
    one, other = (data.draw(st.integers(*RANGES[channel])) for _ in range(2))
    near, far = sorted((one, other), key=lambda v: max(low - v, v - high, Decimal(0)))
    same_side = near >= CALM[channel] if far > high else near <= CALM[channel]
    if same_side and not low <= far <= high:
        nearer = objection(showing(room, channel, near), gate, channel)
        assert nearer <= objection(showing(room, channel, far), gate, channel)


@pytest.mark.hazard(14)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("gate", STAGES)
@pytest.mark.parametrize("channel", RANGES)
def test_missing_never_permits_more(gate, channel, protocol):
    """Hazard 14: no reading at all objects at least as strongly as the worst valid one."""
    room = ROOMS[protocol, STAGES[gate]]
    values = range(*RANGES[channel], 5)
    worst = max(objection(showing(room, channel, value), gate, channel) for value in values)
    room.monitor()
    rest = tuple(each for each in room.window.readings if each.channel != channel)
    room.window = replace(room.window, readings=rest)

    assert objection(room, gate, channel) >= worst >= Strength.HOLD.rank
