"""One OBX into a reading, or into a line that nobody used. Strict: nothing is guessed.

A monitor says the same things each second but for the value and its time. What its other fields
mean is judged once and remembered, so that a repeat costs a look in a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from esker.clinic.devices.codes import CODES, PLAUSIBLE, UNITS
from esker.core.monitoring.channels import Channel

STATUSES = frozenset({"R", "F", "C"})  # preliminary, final, corrected
AHEAD = timedelta(minutes=5)
NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,6})?", re.ASCII)  # Decimal would take 1_0 and 1e3
TWO_VALUES = "two values for one instant in one message"
SHORT = 1000  # characters; a longer OBX is judged each time, or memory would be a sender's
Fields = list[str]  # of a segment, its name first, to OBX-18 at least
Moment = Callable[[str], datetime | None]
Sense = tuple[Channel, str]  # a channel and the method by which it is measured
Shown = dict[Sense, Decimal]
Instants = dict[datetime, Shown]


class Unread(NamedTuple):
    code: str
    reason: str
    raw: str


class Sensor(NamedTuple):
    """What code, name, unit and status agree on, and the range in which a value is plausible."""

    sense: Sense
    low: int
    high: int


class Measured(NamedTuple):
    sense: Sense
    value: Decimal


def hear(
    lines: Sequence[str], rows: Sequence[Fields], mixed: str | None, moment: Moment,
    latest: datetime | None,
) -> tuple[Instants, list[Unread]]:  # fmt: skip
    """What the segments show, instant by instant; `rows` are their fields.

    `mixed` says why nothing of this message can be used. Nothing is observed after `latest`.
    """
    instants: Instants = {}
    heard: list[tuple[str, datetime, Measured]] = []
    unread: list[Unread] = []
    panel = ""  # OBR-7, for an OBX without a time of its own
    last, at = "", None  # most of a message has one time
    for line, row in zip(lines, rows, strict=True):
        if row[0] == "OBR":
            panel = row[7].strip()
        elif row[0] == "OBX":
            said = row[14].strip() or panel
            if said != last:
                last, at = said, moment(said)
            found = mixed or _observed(line, row, at, latest)
            if at and isinstance(found, Measured):
                heard.append((line, at, found))
                instants.setdefault(at, {})[found.sense] = found.value
            elif not _structural(row):
                unread.append(Unread(_code(line), str(found)[:300], line[:2000]))
    if sum(map(len, instants.values())) < len(heard):
        unread += _without_contradictions(instants, heard)
    return instants, unread


def _without_contradictions(
    instants: Instants, heard: Sequence[tuple[str, datetime, Measured]]
) -> list[Unread]:
    """Of a sensor with two values at one instant neither is used: which is true is a guess."""
    values: dict[tuple[datetime, Sense], set[Decimal]] = {}
    for _, at, one in heard:
        values.setdefault((at, one.sense), set()).add(one.value)
    torn = {of for of, found in values.items() if len(found) > 1}
    for at, sense in torn:
        del instants[at][sense]
        if not instants[at]:
            del instants[at]
    return [
        Unread(_code(line), TWO_VALUES, line[:2000])
        for line, at, one in heard
        if (at, one.sense) in torn
    ]


def _code(line: str) -> str:
    return line.split("|", 4)[3].strip()[:200]


def _observed(
    line: str, row: Fields, at: datetime | None, latest: datetime | None
) -> Measured | str:  # fmt: skip
    """What an OBX measures, or why it cannot be used."""
    measured = _remembered if len(line) <= SHORT else _measured
    found = measured(row[2], row[3], row[5], row[6], row[11])
    if isinstance(found, str):
        return found
    if at is None:
        return "no time of observation"
    if latest is not None and at > latest:
        return "observed in the future"
    return found


def _structural(row: Fields) -> bool:
    """A container of the device tree: no value type, no value, and no sensor's code."""
    return not (row[2].strip() or row[5].strip() or _key(row[3].strip()) in CODES)


def _measured(kind: str, code: str, value: str, unit: str, status: str) -> Measured | str:
    """The value of a sensor, or why it is not believed."""
    sensor = _sensor(kind, code, unit, status)
    return sensor if isinstance(sensor, str) else _valued(sensor, value)


def _sensor(kind: str, code: str, unit: str, status: str) -> Sensor | str:
    """Which sensor it is, or why it is not believed."""
    kind, code, unit, status = kind.strip(), code.strip(), unit.strip(), status.strip()
    meaning = CODES.get(_key(code))
    if meaning is None:
        return "unknown code"
    if _name(code) not in meaning.names:
        return "code and name disagree"
    names = UNITS[meaning.channel].get(_key(unit))
    if names is None:
        return "unit does not fit the code"
    if _name(unit) and _name(unit) not in names:
        return "the unit's code and name disagree"
    if status not in STATUSES:
        return f"status is {status[:20] or 'empty'}"
    if kind != "NM":
        return "not a number"
    return Sensor((meaning.channel, meaning.method), *PLAUSIBLE[meaning.channel])


def _key(field: str) -> tuple[str, str]:
    parts = [*field.split("^"), "", ""]
    return parts[0], parts[2]


def _name(field: str) -> str:
    return [*field.split("^"), ""][1].strip().casefold()


def _valued(sensor: Sensor, text: str) -> Measured | str:
    """The number, or why it is none that this sensor can show."""
    text = text.strip()
    if "~" in text:
        return "several values in one field"
    if not text:
        return "no value"
    if not NUMBER.fullmatch(text):
        return "not a number"
    value = Decimal(text)
    if not sensor.low <= value <= sensor.high:
        return "not plausible for this channel"
    return Measured(sensor.sense, value)


_remembered = lru_cache(maxsize=4096)(_measured)
