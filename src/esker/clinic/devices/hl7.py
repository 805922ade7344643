"""One HL7 v2 message into readings and unread lines. Strict: nothing is guessed.

A reading is used only when code, name, unit, status and plausible range all agree. Values carry
their own observation time: OBX-14, else OBR-7, never the message's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from esker.clinic.devices.codes import CODES, PLAUSIBLE, UNITS
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
    """Not a message that can be answered as understood; the text is for the sender's log."""


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
    """A parsed message; `monitor` is the EUI of MSH-3, else the sender with its place."""

    monitor: str
    control_id: str
    kind: str
    patient_ids: tuple[str, ...]
    readings: tuple[Heard, ...]
    unread: tuple[Unread, ...]
    sent_at: datetime | None


def parse(raw: bytes, zone: tzinfo = UTC, received_at: datetime | None = None) -> Message:
    """Read one message without its frame. Raises Malformed when there is no header to answer."""
    if len(raw) > LARGEST:
        raise Malformed(f"message of {len(raw)} bytes is larger than {LARGEST}")
    lines = [line for line in re.split(r"[\r\n]+", _text(raw)) if line]
    if b"\0" in raw:
        raise Malformed("message contains NUL")  # no database column of text takes it
    if not lines or not lines[0].startswith("MSH|^~\\&|"):
        raise Malformed("message does not begin with MSH|^~\\&|")
    if any(line.startswith("MSH") for line in lines[1:]):
        raise Malformed("more than one message in a frame")
    rows = [line.split("|") for line in lines]
    header = ["MSH", *rows[0]]  # MSH-1 is the separator itself, so that header[n] is MSH-n
    control = _field(header, 10)
    _answerable(control)
    kind = "^".join(_field(header, 9).split("^")[:2])
    place = next((_field(row, 3) for row in rows if row[0] == "PV1"), "")
    monitor = _monitor(_field(header, 3), _eui(rows), place)
    if len(monitor) > LONGEST_NAME:
        raise Malformed("the sender's name is too long")
    found = list(_observations(rows, zone, received_at)) if kind == "ORU^R01" else [
        Unread(kind, "this message kind is not read", lines[0])
    ]  # fmt: skip
    return Message(
        monitor,
        control,
        kind,
        tuple(_field(row, 3).split("^")[0] for row in rows if row[0] == "PID" and _field(row, 3)),
        tuple(each for each in found if isinstance(each, Heard)),
        tuple(each for each in found if isinstance(each, Unread)),
        moment(_field(header, 7), zone),
    )


def _text(raw: bytes) -> str:
    """UTF-8, else Latin-1 as older monitors send: only names of people and places can differ."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _answerable(control: str) -> None:
    if not control:
        raise Malformed("MSH-10 is empty: there is nothing to acknowledge")
    if len(control) > LONGEST_NAME or not control.isprintable():
        raise Malformed("MSH-10 is too long or not printable")


def _field(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _eui(rows: list[list[str]]) -> str:
    named = (_field(row, 18).split("^")[0] for row in rows if row[0] == "OBX")
    return next((name for name in named if name), "")


def _monitor(sender: str, eui: str, place: str) -> str:
    parts = sender.split("^")
    if eui:
        return eui
    if len(parts) > 2 and parts[2] == "EUI-64":
        return parts[1]
    return f"{parts[0]}@{place}" if place else parts[0]


def _observations(
    rows: list[list[str]], zone: tzinfo, received_at: datetime | None
) -> Iterator[Heard | Unread]:
    panel, mixed = "", _mixed(rows)
    for row in rows:
        if row[0] == "OBR":
            panel = _field(row, 7)
        if row[0] != "OBX" or _structural(row):
            continue
        if mixed:
            yield _unread(row, mixed)
        else:
            yield _observation(row, panel, zone, received_at)


def _mixed(rows: list[list[str]]) -> str | None:
    """Why nothing of this message can be put to one monitor and one patient."""
    if len({_field(row, 18).split("^")[0] for row in rows if row[0] == "OBX"} - {""}) > 1:
        return "several devices in one message"
    if sum(row[0] == "PID" for row in rows) > 1:
        return "several patients in one message"
    return None


def _unread(row: list[str], reason: str) -> Unread:
    return Unread(_field(row, 3)[:200], reason[:300], "|".join(row)[:2000])


def _structural(row: list[str]) -> bool:
    """A container of the device tree: no value type, no value, and no sensor's code."""
    return not (_field(row, 2) or _field(row, 5) or _key(_field(row, 3)) in CODES)


def _observation(
    row: list[str], panel: str, zone: tzinfo, received_at: datetime | None
) -> Heard | Unread:
    observed = moment(_field(row, 14) or panel, zone)
    reason = _reason(row, observed, received_at)
    if reason is not None or observed is None:
        return _unread(row, reason or "no time of observation")
    meaning = CODES[_key(_field(row, 3))]
    return Heard(meaning.channel, meaning.method, Decimal(_field(row, 5)), observed)


def _key(field: str) -> tuple[str, str]:
    parts = [*field.split("^"), "", ""]
    return parts[0], parts[2]


def _reason(row: list[str], observed: datetime | None, received_at: datetime | None) -> str | None:
    """Why this value is not used, or None when everything agrees."""
    meaning = CODES.get(_key(_field(row, 3)))
    if meaning is None:
        return "unknown code"
    name = [*_field(row, 3).split("^"), ""][1].casefold()
    if name not in meaning.names:
        return "code and name disagree"
    if _field(row, 11) not in STATUSES:
        return f"status is {_field(row, 11)[:20] or 'empty'}"
    if _key(_field(row, 6)) not in UNITS[meaning.channel]:
        return "unit does not fit the code"
    return _bad_value(row, meaning.channel) or _bad_time(observed, received_at)


def _bad_value(row: list[str], channel: Channel) -> str | None:
    text, (low, high) = _field(row, 5), PLAUSIBLE[channel]
    if _field(row, 2) != "NM":
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


def acknowledge(code: str, control_id: str, at: datetime, text: str = "") -> bytes:
    """An ACK: AA after the commit, AE or AR with the reason."""
    sent = f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"
    said = re.sub(r"[|^~\\&\r\n\x0b\x1c]", " ", text)[:200]
    header = f"MSH|^~\\&|ESKER|CLINIC|||{sent}||ACK^R01^ACK|{control_id[:180]}-A|P|2.6"
    return f"{header}\rMSA|{code}|{control_id}|{said}\r".encode()
