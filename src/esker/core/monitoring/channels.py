"""The channels that a session watches, and what one reading of a channel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Channel(StrEnum):
    """A vital sign; the value is the name used in protocols, entries and the API."""

    SBP = "sbp"
    DBP = "dbp"
    MAP = "map"
    HR = "hr"
    SPO2 = "spo2"
    RR = "rr"
    TEMP = "temp"

    __hash__ = str.__hash__  # an enum's own runs in Python, and a second of fifty chairs asks often


UNIT = {
    Channel.SBP: "mmHg",
    Channel.DBP: "mmHg",
    Channel.MAP: "mmHg",
    Channel.HR: "/min",
    Channel.SPO2: "%",
    Channel.RR: "/min",
    Channel.TEMP: "Cel",
}
NAME = {
    Channel.SBP: "systolic pressure",
    Channel.DBP: "diastolic pressure",
    Channel.MAP: "mean pressure",
    Channel.HR: "heart rate",
    Channel.SPO2: "oxygen saturation",
    Channel.RR: "breathing rate",
    Channel.TEMP: "temperature",
}


class Source(StrEnum):
    """Where a reading comes from: the same beat has several counters, and they are kept apart."""

    MONITOR = "monitor"  # a device over HL7; `device` names it
    NURSE = "nurse"  # typed or confirmed by a person: only these satisfy a due check

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one channel at the instant it was observed (not received)."""

    id: str
    channel: Channel
    value: Decimal
    unit: str
    observed_at: datetime
    received_at: datetime
    source: Source
    device: str | None = None  # monitor identity, EUI-64 where it has one
    method: str | None = None  # which sensor of the device: oximeter, ecg, cuff ...
    late: bool = False  # arrived after newer ones: charted and listed, never rung as now
    confirmed_by: str | None = None


Readings = Sequence[Reading]
