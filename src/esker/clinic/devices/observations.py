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
from operator import itemgetter
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


class Heard(NamedTuple):
    channel: Channel
    method: str
    value: Decimal
    observed_at: datetime


class Unread(NamedTuple):
    code: str
    reason: str
    raw: str


class Sensor(NamedTuple):
    """What code, name, unit and status agree on, and the range in which a value is plausible."""

    channel: Channel
    method: str
    low: int
    high: int


def hear(
    lines: Sequence[str], rows: Sequence[Fields], mixed: str | None, moment: Moment,
    latest: datetime | None,
) -> tuple[list[Heard], list[Unread]]:  # fmt: skip
    """What the segments say; `rows` are their fields.

    `mixed` says why nothing of this message can be used. Nothing is observed after `latest`.
    """
    readings: list[Heard] = []
    said: list[str] = []  # the line of each reading
    unread: list[Unread] = []
    panel = ""  # OBR-7, for an OBX without a time of its own
    for line, row in zip(lines, rows, strict=True):
        if row[0] == "OBR":
            panel = row[7].strip()
        elif row[0] == "OBX":
            found = mixed or _observed(line, row, panel, moment, latest)
            if isinstance(found, Heard):
                readings.append(found)
                said.append(line)
            elif not _structural(row):
                unread.append(Unread(_code(line), found[:300], line[:2000]))
    if len(set(map(_instant, readings))) < len(readings):
        readings, others = _without_contradictions(readings, said)
        unread += others
    return readings, unread


_instant = itemgetter(0, 1, 3)  # channel, method and time of a reading


def _without_contradictions(
    readings: Sequence[Heard], lines: Sequence[str]
) -> tuple[list[Heard], list[Unread]]:
    """Of a sensor with two values at one instant neither is used: which is true is a guess."""
    values: dict[tuple[Channel, str, datetime], set[Decimal]] = {}
    for one in readings:
        values.setdefault(_instant(one), set()).add(one.value)
    used = [one for one in readings if len(values[_instant(one)]) == 1]
    return used, [
        Unread(_code(line), TWO_VALUES, line[:2000])
        for one, line in zip(readings, lines, strict=True)
        if len(values[_instant(one)]) > 1
    ]


def _code(line: str) -> str:
    return line.split("|", 4)[3].strip()[:200]


def _observed(
    line: str, row: Fields, panel: str, moment: Moment, latest: datetime | None
) -> Heard | str:
    """The reading of an OBX, or why it is none."""
    sensor_of, value_of = REMEMBERED if len(line) <= SHORT else JUDGED
    sensor = sensor_of(row[2], row[3], row[6], row[11])
    if isinstance(sensor, str):
        return sensor
    value = value_of(row[5], sensor.low, sensor.high)
    if isinstance(value, str):
        return value
    at = moment(row[14].strip() or panel)
    if at is None:
        return "no time of observation"
    if latest is not None and at > latest:
        return "observed in the future"
    return Heard(sensor.channel, sensor.method, value, at)


def _structural(row: Fields) -> bool:
    """A container of the device tree: no value type, no value, and no sensor's code."""
    return not (row[2].strip() or row[5].strip() or _key(row[3].strip()) in CODES)


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
    return Sensor(meaning.channel, meaning.method, *PLAUSIBLE[meaning.channel])


def _key(field: str) -> tuple[str, str]:
    parts = [*field.split("^"), "", ""]
    return parts[0], parts[2]


def _name(field: str) -> str:
    return [*field.split("^"), ""][1].strip().casefold()


def _value(text: str, low: int, high: int) -> Decimal | str:
    """The number, or why it is none that this sensor can show."""
    text = text.strip()
    if "~" in text:
        return "several values in one field"
    if not text:
        return "no value"
    if not NUMBER.fullmatch(text):
        return "not a number"
    value = Decimal(text)
    return value if low <= value <= high else "not plausible for this channel"


JUDGED = _sensor, _value
REMEMBERED = lru_cache(maxsize=4096)(_sensor), lru_cache(maxsize=4096)(_value)
