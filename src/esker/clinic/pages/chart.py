"""The chart's data, small: integers and differences, only what was received since the last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import sub
from typing import Any

from esker.clinic.pages.words import moment


def packed(series: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    """`lines` by channel: seconds and tenths, each as its difference from the one before.

    `after` goes back to the server with the next question; None when nothing was ever received.
    """
    start = moment(series["start"])
    assert start is not None  # a session has at least the instant that it was planned for
    base = int(start.timestamp())
    return {
        "base": base,
        "after": series["received"],
        "lines": {channel: _line(points) for channel, points in series["lines"].items()},
        "limits": [_limit(each) for each in frame["limits"]],
        "marks": [
            {"at": _second(each["at"]), "kind": each["kind"], "text": each["text"]}
            for each in frame["marks"]
        ],
    }


def _line(points: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    times, tenths = zip(*points, strict=True)
    return {"t": _differences(times), "v": _differences(tenths)}


def _differences(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:1], *map(sub, numbers[1:], numbers)]


def _limit(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "from": _second(each["from"]), "until": _second(each["until"])}


def _second(at: object) -> int | None:
    when = moment(at)
    return int(when.timestamp()) if when else None
