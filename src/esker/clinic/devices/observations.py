"""One OBX into a reading, or into a line that nobody used. Strict: nothing is guessed.

A monitor says the same things each second but for the value and its time. What its other fields
mean is judged once and remembered, so that a repeat costs a look in a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from esker.clinic.devices.codes import CODES, PLAUSIBLE, UNITS
from esker.core.monitoring.channels import Channel

STATUSES = frozenset({"R", "F", "C"})  # preliminary, final, corrected
AHEAD = timedelta(minutes=5)
NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,6})?", re.ASCII)  # Decimal would take 1_0 and 1e3
REMEMBERED = 400  # characters; what is longer is judged each time, or memory would be a sender's
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


def observed(
    line: str, row: list[str], panel: str, moment: Moment, latest: datetime | None
) -> Heard | Unread | None:
    """What an OBX says, `row` being its fields, 15 at least; None for a container.

    `panel` is OBR-7, for an OBX without a time of its own; nothing is observed after `latest`.
    """
    sensor = _sensor(row[2], row[3], row[6], row[11])
    if isinstance(sensor, str):
        return None if structural(row) else unread(line, row, sensor)
    value = _value(row[5], sensor.low, sensor.high)
    if isinstance(value, str):
        return unread(line, row, value)
    at = moment(row[14].strip() or panel)
    if at is None:
        return unread(line, row, "no time of observation")
    if latest is not None and at > latest:
        return unread(line, row, "observed in the future")
    return Heard(sensor.channel, sensor.method, value, at)


def unread(line: str, row: list[str], reason: str) -> Unread:
    return Unread(row[3].strip()[:200], reason[:300], line[:2000])


def structural(row: list[str]) -> bool:
    """A container of the device tree: no value type, no value, and no sensor's code."""
    return not (row[2].strip() or row[5].strip() or _key(row[3].strip()) in CODES)


def _sensor(kind: str, code: str, unit: str, status: str) -> Sensor | str:
    short = len(kind) + len(code) + len(unit) + len(status) <= REMEMBERED
    return (_remembered if short else _judged)(kind, code, unit, status)


def _judged(kind: str, code: str, unit: str, status: str) -> Sensor | str:
    """Which sensor it is, or why it is not believed."""
    kind, code, unit, status = kind.strip(), code.strip(), unit.strip(), status.strip()
    meaning = CODES.get(_key(code))
    if meaning is None:
        return "unknown code"
    if [*code.split("^"), ""][1].casefold() not in meaning.names:
        return "code and name disagree"
    if _key(unit) not in UNITS[meaning.channel]:
        return "unit does not fit the code"
    if status not in STATUSES:
        return f"status is {status[:20] or 'empty'}"
    if kind != "NM":
        return "not a number"
    return Sensor(meaning.channel, meaning.method, *PLAUSIBLE[meaning.channel])


_remembered = lru_cache(maxsize=4096)(_judged)


def _key(field: str) -> tuple[str, str]:
    parts = [*field.split("^"), "", ""]
    return parts[0], parts[2]


def _value(text: str, low: int, high: int) -> Decimal | str:
    return (_number if len(text) <= REMEMBERED else _read)(text, low, high)


def _read(text: str, low: int, high: int) -> Decimal | str:
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


_number = lru_cache(maxsize=4096)(_read)
