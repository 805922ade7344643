"""What is given, when and by which route: typed, checked, and readable from text or JSON.

>>> parse_dose("84 mg nasal", weight_kg=70)[2]
Dose(at_min=10.0, route=<Route.NASAL: 'nasal'>, amount_mg=28.0, duration_min=0.0)

Doses are base, never salt (32.3 mg of esketamine hydrochloride is 28 mg of esketamine).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .covariates import InputError, finite, one_of

DEVICE_MG: Final = 28.0
DEVICE_SPACING_MIN: Final = 5.0
# Not a clinical ceiling: beyond this a number is a slip of unit, and the models mean nothing.
AMOUNT_MG_MAX: Final = 2000.0
FIELDS: Final = ("at_min", "route", "amount_mg", "duration_min")


class Route(StrEnum):
    """How a dose enters the body."""

    NASAL = "nasal"
    ORAL = "oral"
    IV = "iv"
    IM = "im"
    SC = "sc"


@dataclass(frozen=True, slots=True)
class Dose:
    """One row of a regimen: base, in mg; `duration_min` above 0 is an infusion (IV only)."""

    at_min: float
    route: Route
    amount_mg: float
    duration_min: float = 0.0

    def __post_init__(self) -> None:
        if finite("at_min", self.at_min) < 0:
            raise InputError(f"at_min must not be negative; it is {self.at_min:g}")
        object.__setattr__(self, "route", one_of("route", self.route, Route))
        if not 0 < finite("amount_mg", self.amount_mg) <= AMOUNT_MG_MAX:
            raise InputError(
                f"amount_mg must be above 0 and at most {AMOUNT_MG_MAX:g}; it is {self.amount_mg:g}"
            )
        if finite("duration_min", self.duration_min) < 0:
            raise InputError(f"duration_min must not be negative; it is {self.duration_min:g}")
        if self.duration_min and self.route is not Route.IV:
            raise InputError(f"duration_min is for iv only; {self.route.value} has its own uptake")


def from_rows(rows: Sequence[Mapping[str, object]]) -> tuple[Dose, ...]:
    """Doses from the JSON regimen: a list of objects with the fields of `Dose`.

    Raises
    ------
    InputError
        Naming the row and the field: a missing, unknown, negative or non-finite value.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        raise InputError("regimen must be a list with at least one dose")
    return tuple(_row(number, row) for number, row in enumerate(rows))


def _row(number: int, row: Mapping[str, object]) -> Dose:
    if not isinstance(row, Mapping):
        raise InputError(f"regimen[{number}] must be an object with {', '.join(FIELDS)}")
    unknown = [name for name in row if name not in FIELDS]
    if any("rate" in str(name) for name in unknown):
        raise InputError(
            f"regimen[{number}].{unknown[0]}: give amount_mg and duration_min, not a rate"
        )
    if unknown:
        raise InputError(f"regimen[{number}].{unknown[0]} is not a field; use {', '.join(FIELDS)}")
    for name in FIELDS[:3]:
        if name not in row:
            raise InputError(f"regimen[{number}].{name} is missing")
    try:
        return Dose(
            at_min=finite("at_min", row["at_min"]),
            route=one_of("route", str(row["route"]), Route),
            amount_mg=finite("amount_mg", row["amount_mg"]),
            duration_min=finite("duration_min", row.get("duration_min", 0.0)),
        )
    except InputError as wrong:
        raise InputError(f"regimen[{number}].{wrong}") from None


def by_device(doses: Sequence[Dose], where: str = "regimen") -> tuple[Dose, ...]:
    """The same doses, of which each nasal one is a device of 28 mg: what somebody has typed.

    `where` they stand, for the error.

    Raises
    ------
    InputError
        Naming the row: two devices in one row would be absorbed as one.
    """
    for number, dose in enumerate(doses):
        if dose.route is Route.NASAL and not math.isclose(dose.amount_mg, DEVICE_MG):
            raise InputError(
                f"{where}[{number}].amount_mg: a nasal row is one device of {DEVICE_MG:g} mg; "
                f"it is {dose.amount_mg:g} mg. Give a row for each device"
            )
    return tuple(doses)


_DOSE = re.compile(
    r"(?P<amount>\S+)\s*(?P<unit>mg/kg/h|mg/kg|mg/h|mg)\s+(?P<route>[a-z]+)"
    r"(?:\s+(?:over\s+)?(?P<duration>\S+)\s*(?P<time>min|h))?",
    re.IGNORECASE,
)


RACEMIC_NASAL: Final = (
    "route nasal: racemic nasal sprays differ several-fold between devices (11 to 45 % absorbed), "
    "so no model fits; choose esketamine for the licensed device"
)


def parse_dose(text: str, weight_kg: float, drug: str = "esketamine") -> tuple[Dose, ...]:
    """Doses from words such as "84 mg nasal" or "0.5 mg/kg iv 40 min".

    A nasal amount is whole devices of 28 mg at 0, 5, 10 ... minutes. A rate ("20 mg/h iv 40 min")
    needs its duration.

    Raises
    ------
    InputError
        Naming the part of the text that cannot be read.
    """
    found = _DOSE.fullmatch(text.strip())
    if not found:
        raise InputError(f'dose {text!r} is not like "84 mg nasal" or "0.5 mg/kg iv 40 min"')
    amount = _number("dose amount", found["amount"])
    unit, route = found["unit"].lower(), one_of("dose route", found["route"].lower(), Route)
    duration = _number("dose duration", found["duration"]) if found["duration"] else 0.0
    minutes = duration * (60.0 if (found["time"] or "").lower() == "h" else 1.0)
    if "/h" in unit:
        if not minutes:
            raise InputError(f"dose {text!r} is a rate: its duration is missing")
        amount *= minutes / 60.0
    if "/kg" in unit:
        amount *= weight_kg
    if route is not Route.NASAL:
        return (Dose(0.0, route, amount, minutes),)
    if drug == "ketamine":
        raise InputError(RACEMIC_NASAL)
    if minutes:
        raise InputError(f"dose {text!r}: a nasal dose has no duration")
    return _devices(amount)


def _number(field: str, text: str) -> float:
    try:
        return finite(field, float(text))
    except ValueError as wrong:
        raise InputError(f"{field} {text!r} is not a number") from wrong


def _devices(amount_mg: float) -> tuple[Dose, ...]:
    count = amount_mg / DEVICE_MG
    if not math.isclose(count, round(count)) or not 1 <= round(count) <= 10:
        raise InputError(
            f"nasal amount must be whole devices of {DEVICE_MG:g} mg; it is {amount_mg:g} mg"
        )
    return tuple(Dose(DEVICE_SPACING_MIN * k, Route.NASAL, DEVICE_MG) for k in range(round(count)))


def parse_times(text: str) -> tuple[float, ...]:
    """Output times in minutes from "0:24h:5min" (start:end:step), ends included.

    Raises
    ------
    InputError
        When it is not three durations in order.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3:
        raise InputError(f'times {text!r} is not like "0:24h:5min"')
    start, end, step = (finite("times", _minutes(part, text)) for part in parts)
    if step <= 0 or end < start or start < 0:
        raise InputError(f"times {text!r}: the step must be above 0 and the end after the start")
    steps = (end - start) / step + 1e-9
    if steps > 1_000_000:
        raise InputError(f"times {text!r} asks for {steps + 1:.0f} times; at most 1000000")
    count = math.floor(steps)
    return tuple(start + step * k for k in range(count + 1))


def _minutes(part: str, text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(min|h|d)?", part)
    if not found:
        raise InputError(f"times {text!r}: {part!r} is not a time such as 0, 5min or 24h")
    if found[2] is None and float(found[1]) != 0:
        raise InputError(f"times {text!r}: {part!r} has no unit; write {part}min or {part}h")
    return float(found[1]) * {None: 1.0, "min": 1.0, "h": 60.0, "d": 1440.0}[found[2]]
