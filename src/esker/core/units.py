"""Quantities that know their unit, so that milligrams cannot be added to millilitres.

>>> volume(Mg("35"), MgPerMl("50"))
Ml('0.7')
>>> Mg("35") + Ml("1")
Traceback (most recent call last):
TypeError: Mg and Ml cannot be combined

Values are decimals: a syringe is drawn to 0.01 mL, and a float would round where nobody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import ClassVar, Self

POUND_KG = Decimal("0.45359237")  # international avoirdupois pound, exact
# What the models answer for; what is typed outside is a slip of the point or the unit.
WEIGHT_KG = (Decimal(30), Decimal(250))


class UnitError(ValueError):
    """A number that cannot be a quantity of this unit; the message is for the person typing."""


@dataclass(frozen=True, slots=True, repr=False)
class Quantity:
    """A finite decimal in one unit; combines and compares only with its own kind."""

    value: Decimal
    unit: ClassVar[str] = ""

    def __init__(self, value: Decimal | int | str) -> None:
        if isinstance(value, float):
            raise UnitError("give a decimal number as text, not a float")
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise UnitError(f"{value!r} is not a number of {self.unit}") from None
        if not number.is_finite():
            raise UnitError(f"{value!r} is not a finite number of {self.unit}")
        object.__setattr__(self, "value", number)

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self.value}')"

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"

    def _same(self, other: object) -> Decimal:
        if type(other) is not type(self):
            mine, theirs = type(self).__name__, type(other).__name__
            raise TypeError(f"{mine} and {theirs} cannot be combined")
        return other.value

    def __add__(self, other: Self) -> Self:
        return type(self)(self.value + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.value - self._same(other))

    def __mul__(self, factor: int | Decimal) -> Self:
        return type(self)(self.value * factor)

    def __lt__(self, other: Self) -> bool:
        return self.value < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.value <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.value > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.value >= self._same(other)


class Mg(Quantity):
    """Mass of drug, always as base, never as salt."""

    unit = "mg"


class Ml(Quantity):
    unit = "mL"


class MgPerMl(Quantity):
    unit = "mg/mL"


class MgPerKg(Quantity):
    unit = "mg/kg"


class MlPerH(Quantity):
    unit = "mL/h"


class Kg(Quantity):
    unit = "kg"


class Minutes(Quantity):
    unit = "min"


def volume(dose: Mg, strength: MgPerMl) -> Ml:
    """The millilitres of a solution of `strength` that hold `dose`, to 0.01 mL."""
    if strength.value <= 0:
        raise UnitError("a strength must be above 0 mg/mL")
    return Ml((dose.value / strength.value).quantize(Decimal("0.01"), ROUND_HALF_UP))


def mass(amount: Ml, strength: MgPerMl) -> Mg:
    """The milligrams in `amount` of a solution of `strength`."""
    return Mg(amount.value * strength.value)


def by_weight(dose: MgPerKg, weight: Kg) -> Mg:
    """The milligrams that a per-kilogram dose means for this weight, to 0.1 mg."""
    return Mg((dose.value * weight.value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def from_pounds(pounds: Decimal) -> Kg:
    """A weight given in pounds, in kilograms to 0.1 kg."""
    return Kg((pounds * POUND_KG).quantize(Decimal("0.1"), ROUND_HALF_UP))


def heavy_as_a_patient(kg: Decimal) -> bool:
    """Whether a patient can weigh this: 7.15 and 715 are 71.5 with its point in the wrong place."""
    return WEIGHT_KG[0] <= kg <= WEIGHT_KG[1]


def plain(number: Decimal) -> str:
    """A decimal without an exponent or trailing zeros: 0.70 is '0.7', 1E+2 is '100'."""
    text = format(number.normalize(), "f")
    return "0" if text == "-0" else text
