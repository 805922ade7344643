"""The chart's data, small: integers and differences, only what was received since the last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from esker.clinic.pages.words import moment

TENTHS = 10  # values travel in tenths, so that 36.6 stays itself and nothing is a float


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


def _line(points: Iterable[tuple[float, float]]) -> dict[str, list[int]]:
    whole = [(round(at), round(value * TENTHS)) for at, value in points]
    return {"t": _differences(at for at, _ in whole), "v": _differences(v for _, v in whole)}


def _differences(numbers: Iterable[int]) -> list[int]:
    found, before = [], 0
    for each in numbers:
        found.append(each - before)
        before = each
    return found


def _limit(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "from": _second(each["from"]), "until": _second(each["until"])}


def _second(at: object) -> int | None:
    when = moment(at)
    return int(when.timestamp()) if when else None
