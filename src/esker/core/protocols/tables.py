"""Looking a value up in a protocol's tables: the one reading of them that everything uses."""

from __future__ import annotations

from decimal import Decimal

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Band, Phase, Protocol, Signal, Strength, Table


def table(protocol: Protocol, channel: Channel, phase: Phase) -> Table | None:
    """The table of this channel in this phase, if the protocol has one."""
    fits = (t for t in protocol.tables if t.channel == channel and phase in t.phase)
    return next(fits, None)


def band_of(table: Table, value: Decimal) -> Band | None:
    """The band that holds `value`; the last band includes its upper end. None is implausible."""
    for band in table.bands:
        if band.low <= value < band.high:
            return band
    last = max(table.bands, key=lambda band: band.high)
    return last if value == last.high else None


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


def signal(protocol: Protocol, channel: Channel) -> Signal | None:
    """How the protocol watches this channel."""
    return next((s for s in protocol.monitoring if s.channel == channel), None)
