"""Worse vitals never open a gate."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.core.ledger import Refused
from esker.core.protocols.schema import Strength
from esker.core.protocols.tables import table
from esker.core.session.gate import Gate
from esker.core.session.gates import findings
from tests.core.session.clinicroom import NURSE, Room

RANGES = {"sbp": (20, 300), "dbp": (10, 200), "hr": (0, 300), "spo2": (0, 120), "rr": (0, 80)}
ROOMS = {name: Room(name).ready() for name in ("esketamine-trd-us", "ketamine-iv")}


def strength(room, channel, value):
    """How strongly the clearing gate objects when this channel shows `value`."""
    room.monitor(**{channel: value})
    gate = Gate("clear", room.state, room.window, room.protocol, room.now, NURSE)
    about = (f"vitals_fresh:{channel}", f"vitals_within:{channel}")
    ranks = [each.strength.rank for each in findings(gate) if each.rule.startswith(about)]
    return max(ranks, default=Strength.GO.rank)


@pytest.mark.hazard(16)
@given(st.sampled_from(sorted(ROOMS)), st.sampled_from(["sbp", "dbp", "hr", "spo2"]), st.data())
@settings(max_examples=200, deadline=None)
def test_outward_never_opens(name, channel, data):
    """Hazard 16: farther from normal, in either direction, the gate is never more open."""
    room = ROOMS[name]
    low, high = table(room.protocol, channel, "clear").normal
    one, other = (data.draw(st.integers(*RANGES[channel])) for _ in range(2))
    near, far = sorted((one, other), key=lambda v: max(low - v, v - high, Decimal(0)))
    if (near < low) == (far < low):
        assert strength(room, channel, near) <= strength(room, channel, far)


@pytest.mark.hazard(14)
@pytest.mark.parametrize("name", ROOMS)
def test_missing_never_permits_more(name):
    """Hazard 14: no reading at all is at least as strong as the worst valid one."""
    room = Room(name).ready()
    room.window = type(room.window)(
        consent=room.window.consent, prescribers_on_site=room.window.prescribers_on_site
    )
    refused = room.ask("clear", order_version=1)

    assert isinstance(refused, Refused)
    assert "vitals_fresh" == refused.code
