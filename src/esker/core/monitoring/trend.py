"""Readings sealed into compact blocks: JSON that a person can decode, small enough to keep.

A block has one table of receipt times (all readings of a message share one), and one group per
sensor with times, values and receipts as differences, where `[3, 1000000]` in a run-length list
means three steps of 1,000,000. Not compressed: an auditor should need no library to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, groupby, pairwise
from typing import Any

from esker.core.ledger import instant, moment
from esker.core.monitoring.channels import Channel, Reading, Source
from esker.core.monitoring.series import in_order, reading_id

VERSION = 1
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
    receipts = sorted({each.received_at for each in ordered})
    place = {received: index for index, received in enumerate(receipts)}
    groups = groupby(sorted(ordered, key=_sensor), key=_sensor)
    return {
        "version": VERSION,
        "start": instant(start),
        "late": ordered[0].late,
        "count": len(ordered),
        "received": _deltas([(each - start) // MICROSECOND for each in receipts]),
        "groups": [_group(list(group), start, place) for _, group in groups],
    }


def unblock(data: Mapping[str, Any]) -> tuple[Reading, ...]:
    """The readings of a block, exactly as they were. Raises ValueError on any other version."""
    if data["version"] != VERSION:
        raise ValueError(f"trend block version {data['version']} is not known")
    start = moment(data["start"])
    receipts = [start + each * MICROSECOND for each in accumulate(data["received"])]
    found = in_order(
        each for group in data["groups"] for each in _readings(group, start, receipts, data["late"])
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


def _group(
    readings: list[Reading], start: datetime, place: Mapping[datetime, int]
) -> dict[str, Any]:
    one = readings[0]
    exponent = _exponent(one.value)
    return {
        "channel": str(one.channel),
        "unit": one.unit,
        "source": str(one.source),
        "device": one.device,
        "method": one.method,
        "confirmed_by": one.confirmed_by,
        "exponent": exponent,
        "observed": _runs(
            _deltas([(each.observed_at - start) // MICROSECOND for each in readings])
        ),
        "received": _runs(_deltas([place[each.received_at] for each in readings])),
        "values": _deltas([int(each.value.scaleb(-exponent)) for each in readings]),
        "ids": _ids(readings),
    }


def _ids(readings: Sequence[Reading]) -> Any:
    """None where every id follows from its key; run-length differences where they are numbers."""
    ids = [each.id for each in readings]
    if all(each.id == reading_id(each) for each in readings):
        return None
    if all(text.isascii() and text.isdigit() and str(int(text)) == text for text in ids):
        return {"numbers": _runs(_deltas([int(text) for text in ids]))}
    return ids


def _readings(
    group: Mapping[str, Any], start: datetime, receipts: Sequence[datetime], late: bool
) -> Iterable[Reading]:
    observed = list(accumulate(_unrun(group["observed"])))
    received = list(accumulate(_unrun(group["received"])))
    values = list(accumulate(group["values"]))
    ids = _unids(group["ids"], len(values))
    for offset, place, value, id_ in zip(observed, received, values, ids, strict=True):
        at = start + offset * MICROSECOND
        bare = Reading(
            id_ or "", Channel(group["channel"]), Decimal(value).scaleb(group["exponent"]),
            group["unit"], at, receipts[place], Source(group["source"]), group["device"],
            group["method"], late, group["confirmed_by"],
        )  # fmt: skip
        yield bare if id_ is not None else _with_id(bare)


def _with_id(bare: Reading) -> Reading:
    return replace(bare, id=reading_id(bare))


def _unids(ids: Any, count: int) -> list[str | None]:
    if ids is None:
        return [None] * count
    if isinstance(ids, Mapping):
        return [str(number) for number in accumulate(_unrun(ids["numbers"]))]
    return list(ids)


def _deltas(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:1], *(after - before for before, after in pairwise(numbers))]


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    return [[len(list(group)), number] for number, group in groupby(numbers)]


def _unrun(runs: Iterable[Sequence[int]]) -> list[int]:
    return [number for count, number in runs for _ in range(count)]
