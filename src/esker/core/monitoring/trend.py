"""Readings sealed into compact blocks: JSON that a person can decode, small enough to keep.

A block has a table of the instants observed and one of those received (all readings of a message
share both), and one group per sensor with its values and its places in the tables. Every list holds
differences, and `[3, 1000000]` in it stands for three of 1,000,000. Not compressed: an auditor
should need no library to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, groupby, pairwise
from typing import Any

from esker.core.ledger import instant, moment
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.series import identity, in_order, reading_id

VERSION = 2
MILLI = 1000  # microseconds: the step of a block whose instants all are whole milliseconds
WORTH = 3  # equal differences that are shorter as a pair
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def block(readings: Iterable[Reading]) -> dict[str, Any]:
    """The readings as one JSON-able block; late ones belong in a block of their own.

    Raises ValueError when there are none, or when late and timely ones are mixed.
    """
    ordered = in_order(readings)
    if not ordered or len({each.late for each in ordered}) != 1:
        raise ValueError("a block holds readings, all of them late or none")
    start = ordered[0].observed_at
    observed = sorted({each.observed_at for each in ordered})
    received = sorted({each.received_at for each in ordered})
    places = _places(observed), _places(received)
    offsets = [[(at - start) // MICROSECOND for at in table] for table in (observed, received)]
    step = 1 if any(each % MILLI for table in offsets for each in table) else MILLI
    groups = groupby(sorted(ordered, key=_sensor), key=_sensor)
    return {
        "version": VERSION,
        "start": instant(start),
        "late": ordered[0].late,
        "count": len(ordered),
        "step_us": step,
        "observed": _differences([each // step for each in offsets[0]]),
        "received": _differences([each // step for each in offsets[1]]),
        "groups": [_group(list(group), *places) for _, group in groups],
    }


def unblock(data: Mapping[str, Any]) -> tuple[Reading, ...]:
    """The readings of a block, exactly as they were. Raises ValueError on any other version."""
    if data["version"] != VERSION:
        raise ValueError(f"trend block version {data['version']} is not known")
    start = moment(data["start"])
    step = data["step_us"] * MICROSECOND
    observed = [start + each * step for each in _sums(data["observed"])]
    received = [start + each * step for each in _sums(data["received"])]
    found = in_order(
        each
        for group in data["groups"]
        for each in _readings(group, observed, received, data["late"])
    )
    if len(found) != data["count"]:
        raise ValueError("the block does not hold as many readings as it says")
    return found


def _sensor(one: Reading) -> tuple[str, ...]:
    """What a group shares. The number of decimals is part of it: 97 and 97.0 stay apart."""
    return (
        str(one.channel), one.unit, str(one.source), *_optional(one.device), *_optional(one.method),
        *_optional(one.confirmed_by), str(_exponent(one.value)),
    )  # fmt: skip


def _optional(text: str | None) -> tuple[str, str]:
    return ("", "") if text is None else ("=", text)


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)  # readings are finite


def _places(instants: Iterable[datetime]) -> dict[datetime, int]:
    return {instant: place for place, instant in enumerate(instants)}


# What a group leaves out: it has these unless it says otherwise, and the places 0, 1, 2 ...
USUAL: dict[str, Any] = {
    "source": "monitor", "device": None, "method": None, "confirmed_by": None, "exponent": 0,
    "ids": None,
}  # fmt: skip


def _group(
    readings: list[Reading], observed: Mapping[datetime, int], received: Mapping[datetime, int]
) -> dict[str, Any]:
    one = readings[0]
    exponent = _exponent(one.value)
    said = {
        "channel": str(one.channel),
        "unit": one.unit,
        "source": str(one.source),
        "device": one.device,
        "method": one.method,
        "confirmed_by": one.confirmed_by,
        "exponent": exponent,
        "observed": _differences([observed[each.observed_at] for each in readings]),
        "received": _differences([received[each.received_at] for each in readings]),
        "values": _differences([int(each.value.scaleb(-exponent)) for each in readings]),
        "ids": _ids(readings),
    }
    every = _differences(range(len(readings)))
    usual = USUAL | {"observed": every, "received": every, "unit": UNIT[one.channel]}
    return {name: value for name, value in said.items() if value != usual.get(name, ...)}


def _ids(readings: Sequence[Reading]) -> Any:
    """None where every id follows from its key; run-length differences where they are numbers."""
    ids = [each.id for each in readings]
    if all(each.id == reading_id(each) for each in readings):
        return None
    if all(text.isascii() and text.isdigit() and str(int(text)) == text for text in ids):
        return {"numbers": _differences([int(text) for text in ids])}
    return ids


def _readings(
    group: Mapping[str, Any], observed: Sequence[datetime], received: Sequence[datetime], late: bool
) -> Iterable[Reading]:
    values = _sums(group["values"])
    group = USUAL | {"unit": UNIT[Channel(group["channel"])]} | dict(group)
    every = range(len(values))
    places = [_sums(group[name]) if name in group else every for name in ("observed", "received")]
    ids = _unids(group["ids"], len(values))
    channel, source = Channel(group["channel"]), Source(group["source"])
    of = group["device"] or "", channel, source, group["method"] or ""
    for at, place, value, id_ in zip(*places, values, ids, strict=True):
        yield Reading(
            identity(of, observed[at]) if id_ is None else id_, channel,
            Decimal(value).scaleb(group["exponent"]), group["unit"], observed[at], received[place],
            source, group["device"], group["method"], late, group["confirmed_by"],
        )  # fmt: skip


def _unids(ids: Any, count: int) -> list[str | None]:
    if ids is None:
        return [None] * count
    if isinstance(ids, Mapping):
        return [str(number) for number in _sums(ids["numbers"])]
    return list(ids)


def _differences(numbers: Sequence[int]) -> list[Any]:
    """The first number and the steps after it; long runs of one step as [count, step]."""
    steps = [*numbers[:1], *(after - before for before, after in pairwise(numbers))]
    found: list[Any] = []
    for step, group in groupby(steps):
        count = len(list(group))
        found += [[count, step]] if count >= WORTH else [step] * count
    return found


def _sums(differences: Iterable[Any]) -> list[int]:
    """The inverse of `_differences`."""
    steps: list[int] = []
    for each in differences:
        steps += [each[1]] * each[0] if isinstance(each, list) else [each]
    return list(accumulate(steps))
