"""Times of the wire: what an HL7 v2 time stamp (TS, DTM) says, and nothing that it does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

LONGEST = 26  # characters; what is longer is no time
TIME = re.compile(  # some monitors write milliseconds without the point
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6})|(\d{3}))?)?"
    r"([+-]\d\d[0-5]\d)?", re.ASCII,
)  # fmt: skip


@lru_cache(maxsize=4096)  # a message says one instant many times, a batch some of them
def said(text: str) -> datetime | None:
    """In UTC where the text has an offset, else without a zone; None when unreadable.

    Texts are remembered: ask for none that is longer than LONGEST.
    """
    found = TIME.fullmatch(text)
    if not found:
        return None
    *parts, second, point, bare, offset = found.groups()
    year, month, day, hour, minute = map(int, parts)
    micro = int((point or bare or "0").ljust(6, "0"))
    try:
        zone = _zone(offset) if offset else None
        at = datetime(year, month, day, hour, minute, int(second or 0), micro, zone)
        return at.astimezone(UTC) if zone else at
    except (ValueError, OverflowError):  # the 31st of June; year 1 in the east
        return None


@lru_cache(maxsize=256)
def _zone(offset: str) -> tzinfo:
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:])))


def placed(local: datetime, zone: tzinfo) -> datetime | None:
    """A time of this zone in UTC; None where that is before the first year or after the last."""
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None
