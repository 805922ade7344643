"""What a sender is answered. AA or CA only after the commit; else the reason.

AR or CR: no message, or none that is taken here, and sending it again will not help. AE or CE: it
could not be kept now, and must be sent again.

Without MSH-15 and MSH-16 (original mode) every message is answered with AA, AE or AR. Where a
sender sets them (enhanced mode), MSH-15 asks whether the receipt is acknowledged (CA, CE, CR),
MSH-16 whether the result is (AA, AE, AR). Both are known at the same moment here, so one answer is
sent: a second frame on the connection would be taken for the answer to the next message.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from esker.clinic.devices.hl7 import Header

UNSAFE = re.compile(r"[|^~\\&\r\n\x0b\x1c]")
WANTED = {"AL": (True, True), "NE": (False, False), "SU": (True, False), "ER": (False, True)}
UNSAID = {"": (False, False)}  # in enhanced mode; any other word asks for every answer


def positive(header: Header, at: datetime) -> bytes:
    """After the commit, whether the message was read or only kept. Empty: no answer is wanted."""
    return _answer(header, at, "A", "")


def negative(header: Header, at: datetime, reason: str) -> bytes:
    """For what is no message, or none that is taken here; sending it again will not help."""
    return _answer(header, at, "R", reason)


def again(header: Header, at: datetime, reason: str) -> bytes:
    """For what could not be kept, through no fault of the message: it must be sent again."""
    return _answer(header, at, "E", reason)


def _answer(header: Header, at: datetime, code: str, text: str) -> bytes:
    if not (header.accept or header.application):
        return _message(f"A{code}", header, at, text)
    failed = code != "A"
    if _wanted(header.accept)[failed]:
        return _message(f"C{code}", header, at, text)
    if _wanted(header.application)[failed]:
        return _message(f"A{code}", header, at, text)
    return b""


def _wanted(said: str) -> tuple[bool, bool]:
    return (WANTED | UNSAID).get(said.upper(), (True, True))


def _message(code: str, header: Header, at: datetime, text: str) -> bytes:
    """An ACK of this code; UNKNOWN where the sender gave no control id that can be said back."""
    control_id = header.control_id[:180]
    if not control_id.isprintable() or not control_id:
        control_id = "UNKNOWN"
    said = UNSAFE.sub(" ", text)[:200] if text else ""
    first = (
        f"MSH|^~\\&|ESKER|CLINIC|||{_sent(int(at.timestamp()))}||ACK^R01^ACK|{control_id}-A|P|2.6"
    )
    return f"{first}\rMSA|{code}|{control_id}|{said}\r".encode()


@lru_cache(maxsize=64)  # those of a batch arrived within one second, or two
def _sent(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y%m%d%H%M%S}+0000"
