"""Numbers, times and marks as a person reads them. UTC ends here: pages show the clinic's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

VITAL_LABELS = {
    "sbp": "Systolic", "dbp": "Diastolic", "hr": "Heart rate", "spo2": "SpO\u2082",
    "rr": "Breaths", "map": "Mean pressure", "temp": "Temperature",
}  # fmt: skip
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "hr": "/min", "spo2": "%", "rr": "/min", "map": "mmHg"}
ROUTES = {"iv": "intravenous", "im": "intramuscular", "po": "by mouth", "nasal": "nasal"}
# Text and shape beside colour: one man in twelve does not see the colour.
BANDS = {
    "go": ("\u25cf", "in limits"), "note": ("\u25c6", "note"), "hold": ("\u25b2", "hold"),
    "never": ("\u25a0", "stop"),
}  # fmt: skip
MARKS = {"high": "\u25a0 HIGH", "medium": "\u25b2 MEDIUM", "low": "\u25c6 LOW"}


def moment(at: object) -> datetime | None:
    """An instant of a query's answer; None stays None."""
    if not at:
        return None
    return at if isinstance(at, datetime) else datetime.fromisoformat(str(at))


def clock(at: object, zone: str) -> str:
    """14:32:05 in the clinic's zone; nothing for None."""
    when = moment(at)
    return f"{when.astimezone(ZoneInfo(zone)):%H:%M:%S}" if when else ""


def short_clock(at: object, zone: str) -> str:
    """14:32 in the clinic's zone."""
    return clock(at, zone)[:5]


def date_time(at: object, zone: str) -> str:
    """24 Nov 2026, 14:32:05 GMT: the whole of it, for paper."""
    when = moment(at)
    return f"{when.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M:%S %Z}" if when else ""


def day(at: object) -> str:
    """12 Apr 1984, for a date that is no instant."""
    text = str(at or "")
    return f"{datetime.fromisoformat(text).replace(tzinfo=UTC):%-d %b %Y}" if text else ""


def span(seconds: float) -> str:
    """4:05, or 1:02:05 from an hour on."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def number(text: object) -> str:
    """Without noise: 32.000 is 32."""
    value = Decimal(str(text))
    return f"{value.normalize():f}" if value else "0"


def limits(low: str | None, high: str | None, unit: str) -> str:
    """The normal interval, both ends included."""
    if low is None or high is None:
        return ""
    if unit == "%" and Decimal(high) >= 100:  # nobody is above 100 %: there is one limit only
        return f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"
