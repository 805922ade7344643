"""One HL7 v2 message into readings and unread lines. Strict: nothing is guessed.

A reading is used only when code, name, unit, status and plausible range all agree. Values carry
their own observation time: OBX-14, else OBR-7, never the message's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from esker.clinic.devices.codes import CODES, PLAUSIBLE, UNITS, Meaning
from esker.core.monitoring.channels import Channel

STATUSES = frozenset({"R", "F", "C"})  # preliminary, final, corrected
AHEAD = timedelta(minutes=5)
LARGEST = 1 << 20  # bytes
LONGEST_NAME = 180  # characters of a control id or a sender
TIME = re.compile(  # some monitors write milliseconds without the point
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6})|(\d{3}))?)?"
    r"([+-]\d\d[0-5]\d)?", re.ASCII,
)  # fmt: skip
NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,6})?", re.ASCII)  # Decimal would take 1_0 and 1e3


class Malformed(Exception):
    """Not a message that can be understood; the text is for the sender's log.

    `header` is what its first line said, as far as that could be read.
    """

    def __init__(self, text: str, header: Header | None = None) -> None:
        super().__init__(text)
        self.header = header or Header()


@dataclass(frozen=True, slots=True)
class Header:
    """MSH: who sends, what is asked back, and when it was sent, as text of the wire."""

    sender: str = ""
    sent: str = ""
    kind: str = ""
    control_id: str = ""
    processing: str = ""
    accept: str = ""  # MSH-15, when the receipt is to be acknowledged
    application: str = ""  # MSH-16, when the result is


@dataclass(frozen=True, slots=True)
class Heard:
    channel: Channel
    method: str
    value: Decimal
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    code: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message; `monitor` is the EUI of OBX-18 or MSH-3, else the sender with its place."""

    header: Header
    monitor: str
    patient_ids: tuple[str, ...]
    readings: tuple[Heard, ...]
    unread: tuple[Unread, ...]
    sent_at: datetime | None


Zones = Callable[[str], tzinfo]


def parse(raw: bytes, zone: tzinfo | Zones = UTC, received_at: datetime | None = None) -> Message:
    """Read one message without its frame. Raises Malformed when there is no header to answer.

    `zone` is the sender's, for times without an offset; or a function of the monitor's identity.
    """
    lines = _lines(raw)
    header = _header(lines[0])
    _one_message(raw, lines, header)
    rows = [line.split("|") for line in lines]
    devices = {row[18].split("^")[0].strip() for row in rows if row[0] == "OBX" and row[18:]} - {""}
    monitor = _monitor(header.sender, devices, rows)
    if len(monitor) > LONGEST_NAME:
        raise Malformed("the sender's name is too long", header)
    local = zone if isinstance(zone, tzinfo) else zone(monitor)
    mixed = _mixed(rows, devices)
    readings: list[Heard] = []
    unread: list[Unread] = []
    for each in _found(header, rows, mixed, local, received_at):
        if isinstance(each, Heard):
            readings.append(each)
        else:
            unread.append(each)
    return Message(
        header, monitor, _patients(rows), tuple(readings), tuple(unread),
        moment(header.sent, local),
    )  # fmt: skip


def _lines(raw: bytes) -> list[str]:
    if len(raw) > LARGEST:
        raise Malformed(f"a message of more than {LARGEST} bytes", _glimpse(raw))
    lines = [line for line in _text(raw).replace("\n", "\r").split("\r") if line]
    if lines and lines[0][:3] in ("FHS", "BHS"):
        raise Malformed("a batch file is not read here: send each message in a frame of its own")
    if not lines or not lines[0].startswith("MSH|^~\\&|"):
        raise Malformed("message does not begin with MSH|^~\\&|")
    return lines


def _glimpse(raw: bytes) -> Header:
    """The header of a message that is too large to be looked at whole."""
    first = _text(raw[:2000]).replace("\n", "\r").split("\r")[0]
    return _header(first) if first.startswith("MSH|^~\\&|") else Header()


def _header(line: str) -> Header:
    row = ["MSH", *line.split("|")]  # MSH-1 is the separator itself, so that row[n] is MSH-n
    kind = "^".join(_field(row, 9).split("^")[:2])
    processing = _field(row, 11).split("^")[0]
    return Header(
        _field(row, 3), _field(row, 7), kind, _field(row, 10), processing,
        _field(row, 15), _field(row, 16),
    )  # fmt: skip


def _one_message(raw: bytes, lines: list[str], header: Header) -> None:
    if b"\0" in raw:
        raise Malformed("message contains NUL", header)  # no database column of text takes it
    if any(line.startswith("MSH") for line in lines[1:]):
        raise Malformed("more than one message in a frame", header)
    if not header.control_id:
        raise Malformed("MSH-10 is empty: there is nothing to acknowledge", header)
    if len(header.control_id) > LONGEST_NAME or not header.control_id.isprintable():
        raise Malformed("MSH-10 is too long or not printable", header)


def _patients(rows: list[list[str]]) -> tuple[str, ...]:
    """The identifiers of PID-3, each repetition's first component, as text."""
    named = (
        unescape(one.split("^")[0]).strip()
        for row in rows
        if row[0] == "PID"
        for one in _field(row, 3).split("~")
    )
    return tuple(name for name in named if name)


def _found(
    header: Header,
    rows: list[list[str]],
    mixed: str | None,
    zone: tzinfo,
    received_at: datetime | None,
) -> Iterable[Heard | Unread]:
    if header.kind != "ORU^R01":
        return [_said(header, "this message kind is not read")]
    if header.processing != "P":
        mode = header.processing[:20] or "empty"
        return [_said(header, f"processing mode is {mode}, not P: training and tests stay out")]
    return _observations(rows, mixed, zone, received_at)


def _said(header: Header, reason: str) -> Unread:
    return Unread(header.kind[:200], reason, f"{header.kind} {header.control_id}")


def _text(raw: bytes) -> str:
    """UTF-8, else Latin-1 as older monitors send: only names of people and places can differ."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _field(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _monitor(sender: str, devices: set[str], rows: list[list[str]]) -> str:
    """The EUI of OBX-18 or MSH-3, else the sender with its place; of several, no one's readings."""
    parts = sender.split("^")
    if devices:
        return min(devices)
    if len(parts) > 2 and parts[2] == "EUI-64":
        return parts[1]
    place = next((_field(row, 3) for row in rows if row[0] == "PV1"), "")
    return f"{parts[0]}@{place}" if place else parts[0]


def _mixed(rows: list[list[str]], devices: set[str]) -> str | None:
    """Why nothing of this message can be put to one monitor and one patient."""
    if len(devices) > 1:
        return "several devices in one message"
    if sum(row[0] == "PID" for row in rows) > 1:
        return "several patients in one message"
    return None


def _observations(
    rows: list[list[str]], mixed: str | None, zone: tzinfo, received_at: datetime | None
) -> Iterator[Heard | Unread]:
    panel = ""
    for row in rows:
        if row[0] == "OBR":
            panel = _field(row, 7)
        if row[0] != "OBX" or _structural(row):
            continue
        if mixed:
            yield _unread(row, mixed)
        else:
            yield _observation(row, panel, zone, received_at)


def _unread(row: list[str], reason: str) -> Unread:
    return Unread(_field(row, 3)[:200], reason[:300], "|".join(row)[:2000])


def _structural(row: list[str]) -> bool:
    """A container of the device tree: no value type, no value, and no sensor's code."""
    return not (_field(row, 2) or _field(row, 5) or _key(_field(row, 3)) in CODES)


def _observation(
    row: list[str], panel: str, zone: tzinfo, received_at: datetime | None
) -> Heard | Unread:
    _, _, kind, code, _, value, unit, *_, at = (*map(str.strip, row[:15]), *[""] * (15 - len(row)))
    meaning = _meaning(code, unit)
    if isinstance(meaning, str):
        return _unread(row, meaning)
    observed = moment(at or panel, zone)
    reason = (
        _bad_status(_field(row, 11))
        or _bad_value(kind, value, meaning.channel)
        or _bad_time(observed, received_at)
    )
    if reason is not None or observed is None:
        return _unread(row, reason or "no time of observation")
    return Heard(meaning.channel, meaning.method, Decimal(value), observed)


@lru_cache(maxsize=1024)
def _meaning(code: str, unit: str) -> Meaning | str:
    """What a code with a unit means, or why it is not believed."""
    meaning = CODES.get(_key(code))
    if meaning is None:
        return "unknown code"
    if [*code.split("^"), ""][1].casefold() not in meaning.names:
        return "code and name disagree"
    return meaning if _key(unit) in UNITS[meaning.channel] else "unit does not fit the code"


def _key(field: str) -> tuple[str, str]:
    parts = [*field.split("^"), "", ""]
    return parts[0], parts[2]


def _bad_status(status: str) -> str | None:
    return None if status in STATUSES else f"status is {status[:20] or 'empty'}"


def _bad_value(kind: str, text: str, channel: Channel) -> str | None:
    low, high = PLAUSIBLE[channel]
    if kind != "NM":
        return "not a number"
    if "~" in text:
        return "several values in one field"
    if not text:
        return "no value"
    if not NUMBER.fullmatch(text):
        return "not a number"
    if not low <= Decimal(text) <= high:
        return "not plausible for this channel"
    return None


def _bad_time(observed: datetime | None, received_at: datetime | None) -> str | None:
    if observed is None:
        return "no time of observation"
    if received_at and observed > received_at + AHEAD:
        return "observed in the future"
    return None


@lru_cache(maxsize=1024)
def moment(text: str, zone: tzinfo) -> datetime | None:
    """An HL7 time in UTC; without an offset it is in the sender's zone. None when unreadable."""
    found = TIME.fullmatch(text)
    if not found:
        return None
    *parts, second, point, bare, offset = found.groups()
    year, month, day, hour, minute = (int(part) for part in parts)
    micro = int((point or bare or "0").ljust(6, "0"))
    try:
        if offset:
            zone = datetime.strptime(offset, "%z").tzinfo or zone
        local = datetime(year, month, day, hour, minute, int(second or 0), micro, zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of June; year 1 in the east
        return None


ESCAPES = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}
ESCAPE = re.compile(r"\\([FSTRE]|X(?:[0-9A-Fa-f]{2})+|H|N|\.[a-z]{2}[^\\]{0,8})\\")


def unescape(text: str) -> str:
    """Text for a person. Done after a field was cut out, so that no escape can move a field."""
    return ESCAPE.sub(_escaped, text) if "\\" in text else text


def _escaped(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] == "X":
        return "".join(c for c in bytes.fromhex(said[1:]).decode("latin-1") if c.isprintable())
    return ESCAPES.get(said, " " if said.startswith(".") else "")
