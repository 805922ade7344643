"""One HL7 v2 message into readings and unread lines. Strict: nothing is guessed.

A reading is used only when code, name, unit, status and plausible range all agree. Values carry
their own observation time: OBX-14, else OBR-7, never the message's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from esker.clinic.devices import times
from esker.clinic.devices.observations import AHEAD, Fields, Instants, Unread, hear

LARGEST = 1 << 20  # bytes
LONGEST_NAME = 180  # characters of a control id or a sender
EMPTY = [""] * 19  # as many fields as are looked at: to OBX-18, which names the device
Zones = Callable[[str], tzinfo]


class Malformed(Exception):
    """Not a message that can be understood; the text is for the sender's log.

    `header` is what its first line said, as far as that could be read.
    """

    def __init__(self, text: str, header: Header | None = None) -> None:
        super().__init__(text)
        self.header = header or Header()


class Header(NamedTuple):
    """MSH: who sends, what is asked back, and when it was sent, as text of the wire."""

    sender: str = ""
    sent: str = ""
    kind: str = ""
    control_id: str = ""
    processing: str = ""
    accept: str = ""  # MSH-15, when the receipt is to be acknowledged
    application: str = ""  # MSH-16, when the result is


class Message(NamedTuple):
    """A parsed message; `monitor` is the EUI of OBX-18 or MSH-3, else the sender with its place."""

    header: Header
    monitor: str
    patient_ids: tuple[str, ...]
    instants: Instants
    unread: tuple[Unread, ...]
    sent_at: datetime | None


def parse(raw: bytes, zone: tzinfo | Zones = UTC, received_at: datetime | None = None) -> Message:
    """Read one message without its frame. Raises Malformed when there is no header to answer.

    `zone` is the sender's, for times without an offset; or a function of the monitor's identity,
    which is asked only where there is such a time.
    """
    lines = _lines(raw)
    rows = [_cut(line) for line in lines]
    header = _header(rows[0])
    _one_message(raw, lines, header)
    devices = _devices(rows)
    monitor = _monitor(header.sender, devices, rows)
    if len(monitor) > LONGEST_NAME:
        raise Malformed("the sender's name is too long", header)

    def moment(text: str) -> datetime | None:
        at = times.said(text) if len(text) <= times.LONGEST else None
        if at is None or at.tzinfo is not None:
            return at
        return times.placed(at, zone if isinstance(zone, tzinfo) else zone(monitor))

    patients = [row for row in rows if row[0] == "PID"]
    refused = _refused(header)
    instants: Instants = {}
    unread: Sequence[Unread] = (refused,) if refused else ()
    if not refused:
        latest = received_at + AHEAD if received_at else None
        instants, unread = hear(lines, rows, _mixed(devices, patients), moment, latest)
    return Message(header, monitor, _named(patients), instants, tuple(unread), moment(header.sent))


def _lines(raw: bytes) -> list[str]:
    if len(raw) > LARGEST:
        raise Malformed(f"a message of more than {LARGEST} bytes", glimpse(raw))
    if raw.endswith(b"\x0b"):  # as the listener hands it on
        raise Malformed("given up before its end: another frame began in it", glimpse(raw))
    lines = list(filter(None, _text(raw).replace("\n", "\r").split("\r")))
    if lines and lines[0][:3] in ("FHS", "BHS"):
        raise Malformed("a batch file is not read here: send each message in a frame of its own")
    if not lines or not lines[0].startswith("MSH|^~\\&|"):
        raise Malformed("message does not begin with MSH|^~\\&|")
    return lines


def glimpse(raw: bytes) -> Header:
    """The header, from the beginning alone; an empty one of what does not begin with one."""
    first = _text(raw[:2000]).replace("\n", "\r").split("\r")[0]
    return _header(_cut(first)) if first.startswith("MSH|^~\\&|") else Header()


def _text(raw: bytes) -> str:
    """UTF-8, else Latin-1 as older monitors send: only names of people and places can differ."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _cut(line: str) -> Fields:
    """The fields of a segment, each that is looked at: row[n] is field n, empty when not sent."""
    row = line.split("|")
    return row if len(row) >= len(EMPTY) else row + EMPTY[len(row) :]


def _header(row: Fields) -> Header:
    """MSH-1 is the separator itself, so that MSH-n is row[n - 1]."""
    kind = "^".join(row[8].strip().split("^", 2)[:2])
    return Header(
        row[2].strip(), row[6].strip(), kind, row[9].strip(), row[10].strip().split("^")[0],
        row[14].strip(), row[15].strip(),
    )  # fmt: skip


def _one_message(raw: bytes, lines: list[str], header: Header) -> None:
    if b"\0" in raw:
        raise Malformed("message contains NUL", header)  # no database column of text takes it
    if raw.count(b"MSH") > 1 and any(line.startswith("MSH") for line in lines[1:]):
        raise Malformed("more than one message in a frame", header)
    if not header.control_id:
        raise Malformed("MSH-10 is empty: there is nothing to acknowledge", header)
    if len(header.control_id) > LONGEST_NAME or not header.control_id.isprintable():
        raise Malformed("MSH-10 is too long or not printable", header)


def _devices(rows: Sequence[Fields]) -> set[str]:
    """The devices that OBX-18 names."""
    named = {row[18] for row in rows if row[0] == "OBX"}
    return {each.split("^")[0].strip() for each in named} - {""}


def _monitor(sender: str, devices: set[str], rows: Sequence[Fields]) -> str:
    """The EUI of OBX-18 or MSH-3, else the sender with its place; of several, no one's readings."""
    if devices:
        return min(devices)
    parts = sender.split("^")
    if len(parts) > 2 and parts[2] == "EUI-64":
        return parts[1]
    place = next((row[3].strip() for row in rows if row[0] == "PV1"), "")
    return f"{parts[0]}@{place}" if place else parts[0]


def _named(patients: Sequence[Fields]) -> tuple[str, ...]:
    """The identifiers of PID-3, each repetition's first component, as text."""
    named = (
        unescape(one.split("^")[0]).strip()
        for row in patients if row[3]
        for one in row[3].strip().split("~")
    )  # fmt: skip
    return tuple(name for name in named if name)


def _refused(header: Header) -> Unread | None:
    """The one line that a message leaves which is no result of a patient."""
    if header.kind != "ORU^R01":
        return _said(header, "this message kind is not read")
    if header.processing != "P":
        mode = header.processing[:20] or "empty"
        return _said(header, f"processing mode is {mode}, not P: training and tests stay out")
    return None


def _said(header: Header, reason: str) -> Unread:
    return Unread(header.kind[:200], reason, f"{header.kind} {header.control_id}")


def _mixed(devices: set[str], patients: Sequence[Fields]) -> str | None:
    """Why nothing of this message can be put to one monitor and one patient."""
    if len(devices) > 1:
        return "several devices in one message"
    return "several patients in one message" if len(patients) > 1 else None


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
