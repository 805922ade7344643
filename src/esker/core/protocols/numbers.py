"""Every cited number of a protocol, with the place where it stands and the unit it must have.

The core reads `dose.rest` as minutes whatever its unit says, so a rest of 300 "s" would be five
hours. The unit is therefore checked and never converted: the paper and the code say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from esker.core.monitoring.channels import UNIT
from esker.core.protocols.schema import Cited, Protocol, Relative, Signal

# Field name -> unit, for fields that mean the same wherever they stand.
UNITS = {
    "check_window": "min",
    "clearance": "min",
    "fresh": "min",
    "fresh_for": "min",
    "minimum": "min",
    "rest": "min",
    "duration": "min",
    "at": "min",
    "every": "min",
    "first": "min",
    "until": "min",
    "lasting": "min",
    "interval": "h",
    "weight_valid": "d",
    "weight_change": "%",
    "drawn_tolerance": "%",
    "rate_tolerance": "%",
    "ceiling": "mg",
    "device": "mg",
    "ceiling_per_kg": "mg/kg",
    "soft_per_kg": "mg/kg",
    "lost_after": "s",
    "flat_after": "s",
    "jump_within": "s",
    "pause": "s",
    "escalate_high": "s",
    "escalate_medium": "s",
    "delay": "s",
    "clear_after": "s",
    "hold_at_most": "score",
    "least_age": "y",
    "from_age": "y",
    "at_most": "mg",
}
MAY_BE_ZERO = ("delay", "clear_after", "lasting", "limit", "hold_at_most")


def numbers(part: BaseModel, place: str = "") -> Iterator[tuple[str, BaseModel, str, Cited]]:
    """(place, the model that holds it, field name, number) of every cited number below `part`."""
    for name, value in part:
        yield from _below(part, name, value, f"{place}.{name}".strip("."))


def _below(
    holder: BaseModel, name: str, value: Any, place: str
) -> Iterator[tuple[str, BaseModel, str, Cited]]:
    if isinstance(value, Cited):
        yield place, holder, name, value
    elif isinstance(value, BaseModel):
        yield from numbers(value, place)
    elif isinstance(value, tuple):
        for count, item in enumerate(value, start=1):
            yield from _below(holder, name, item, f"{place}[{getattr(item, 'id', count)}]")


def number_faults(protocol: Protocol) -> Iterator[str]:
    """Numbers in another unit than the core reads them in, and waits that are no waits."""
    for place, holder, name, number in numbers(protocol):
        wanted = _units(protocol, holder, name)
        if wanted and number.unit not in wanted:
            yield f"{place} is read in {' or '.join(wanted)}, and says {number.unit}."
        if number.value < 0 or (number.value == 0 and name not in MAY_BE_ZERO):
            yield f"{place} must be above 0, and is {number.value}."


def _units(protocol: Protocol, holder: BaseModel, name: str) -> tuple[str, ...]:
    match holder:
        case Signal() if name in ("plausible", "jump"):
            return (UNIT[holder.channel],)
        case Relative() if name == "at_least":
            return (UNIT[holder.channel], "%")
    if name == "steps":
        return ("mg",) if protocol.drug.form == "device" else ("mg/kg",)
    return (UNITS[name],) if name in UNITS else ()
