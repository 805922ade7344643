"""Looking a value up in a protocol's tables: the one reading of them that everything uses."""

from __future__ import annotations

from decimal import Decimal

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Band, Phase, Protocol, Scale, Signal, Strength, Table


def table(protocol: Protocol, channel: Channel, phase: Phase) -> Table | None:
    """The table of this channel in this phase, if the protocol has one."""
    fits = (t for t in protocol.tables if t.channel == channel and phase in t.phase)
    return next(fits, None)


def band_of(table: Table, value: Decimal) -> Band | None:
    """The band that holds `value`; None is implausible."""
    return next((band for band in table.bands if band.holds(value)), None)


def band(protocol: Protocol, channel: Channel, phase: Phase, value: Decimal) -> Band | None:
    """The band of `value` in this phase; None where no table holds it."""
    found = table(protocol, channel, phase)
    return band_of(found, value) if found else None


def worst(protocol: Protocol, channel: Channel, phase: Phase) -> Strength:
    """The strongest that any value of this channel can meet here; what is missing is no milder."""
    found = table(protocol, channel, phase)
    met = [each.strength for each in found.bands] if found else []
    met += [r.strength for r in protocol.relative if r.channel == channel and phase in r.phase]
    return max((*met, Strength.HOLD), key=lambda strength: strength.rank)


def scale(protocol: Protocol, name: str) -> Scale | None:
    """A score of this protocol by its id."""
    return next((s for s in protocol.scales if s.id == name), None)


def signal(protocol: Protocol, channel: Channel) -> Signal | None:
    """How the protocol watches this channel."""
    return next((s for s in protocol.monitoring if s.channel == channel), None)
