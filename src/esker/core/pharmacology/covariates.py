"""Who is treated and what else they take: the covariates that move a parameter.

Only what published data support has an effect; the rest (sex, renal function) was tested in the
source of Model E and not kept. A value outside the studied range is answered and marked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from esker.core import units
from esker.core.interactions import Interaction

Kind = TypeVar("Kind", bound=StrEnum)


class InputError(ValueError):
    """Input that cannot be simulated; the message names the field and what it must be."""


class Ancestry(StrEnum):
    """Groups in which the source of Model E found other kinetics; `OTHER` has none."""

    OTHER = "other"
    ASIAN = "asian"
    JAPANESE = "japanese"


@dataclass(frozen=True, slots=True)
class Shift:
    """What an interaction does: factors on intrinsic clearance, gut fraction and liver flow."""

    clint: float
    fgut: float
    qh: float
    source: str
    fgut_is_whole: bool = False


SHIFTS: Final = MappingProxyType(
    {
        Interaction.TICLOPIDINE: Shift(
            0.42, 1.0, 1.0, "Peltoniemi 2011, doi:10.1038/clpt.2011.140"
        ),
        Interaction.ITRACONAZOLE: Shift(1.0, 1.0, 1.0, "Peltoniemi 2011: no change"),
        Interaction.CLARITHROMYCIN: Shift(1.0, 1.0, 1.0, "recalled: nasal x1.04, oral x2.6"),
        Interaction.GRAPEFRUIT: Shift(0.52, 1.0, 1.0, "Peltoniemi 2012", fgut_is_whole=True),
        Interaction.RIFAMPICIN: Shift(2.0, 0.28, 1.0, "Peltoniemi 2012, n=11"),
        Interaction.ST_JOHNS_WORT: Shift(
            1.0, 0.42, 1.0, "Peltoniemi 2012, doi:10.1007/s00228-012-1214-9"
        ),
        Interaction.HEPATIC_MODERATE: Shift(0.4, 1.0, 0.6, "own; the label's areas are recalled"),
    }
)

# CYP2B6 genotype on clearance: chronic subcutaneous use only (Li 2015); single doses showed none.
CYP2B6_CHRONIC: Final = MappingProxyType({"*1/*1": 1.0, "*1/*6": 0.60, "*6/*6": 0.32})

WEIGHT_KG: Final = (float(units.WEIGHT_KG[0]), float(units.WEIGHT_KG[1]))
STUDIED_WEIGHT_KG: Final = (45.0, 130.0)
AGE_YEARS: Final = (0.0, 120.0)
STUDIED_AGE_YEARS: Final = MappingProxyType({"E": (18.0, 86.0), "R": (19.0, 32.0)})


@dataclass(frozen=True, slots=True)
class Covariates:
    """One patient as the models see them.

    Raises
    ------
    InputError
        Naming the field that cannot be right.
    """

    weight_kg: float = 70.0
    age_years: float = 45.0
    ancestry: Ancestry = Ancestry.OTHER
    interactions: tuple[Interaction, ...] = ()
    cyp2b6_chronic: str | None = None
    session_number: int = 1

    def __post_init__(self) -> None:
        within("weight_kg", self.weight_kg, *WEIGHT_KG)
        within("age_years", self.age_years, *AGE_YEARS)
        object.__setattr__(self, "ancestry", one_of("ancestry", self.ancestry, Ancestry))
        object.__setattr__(
            self,
            "interactions",  # each once: a name said twice is no second medicine
            tuple(
                dict.fromkeys(
                    one_of("interactions", name, Interaction) for name in self.interactions
                )
            ),
        )
        if self.cyp2b6_chronic is not None and self.cyp2b6_chronic not in CYP2B6_CHRONIC:
            raise InputError(f"cyp2b6_chronic must be one of {', '.join(CYP2B6_CHRONIC)}")
        within("session_number", self.session_number, 1, 10_000)

    def clearance_shift(self) -> Shift:
        """All interactions together: factors multiply, a gut fraction of 1 wins."""
        clint = fgut = qh = 1.0
        whole = False
        for name in self.interactions:
            shift = SHIFTS[name]
            clint, fgut, qh = clint * shift.clint, fgut * shift.fgut, qh * shift.qh
            whole = whole or shift.fgut_is_whole
        return Shift(clint, fgut, qh, "combined", whole)

    def notes(self, model: str) -> tuple[str, ...]:
        """Sentences on what is extrapolated for this person in this model."""
        found = []
        low, high = STUDIED_AGE_YEARS[model]
        if not low <= self.age_years <= high:
            found.append(
                f"Extrapolated: Model {model} was measured at ages {low:.0f} to {high:.0f}."
            )
        low, high = STUDIED_WEIGHT_KG
        if not low <= self.weight_kg <= high:
            found.append(f"Extrapolated: weights from {low:.0f} to {high:.0f} kg are supported.")
        if Interaction.CLARITHROMYCIN in self.interactions:
            found.append("Clarithromycin raises oral exposure about 2.6 times; not modelled.")
        if Interaction.HEPATIC_MODERATE in self.interactions:
            found.append("Hepatic impairment: own estimate, low confidence.")
        return tuple(found)


def within(field: str, value: object, low: float, high: float) -> float:
    """The number, or an InputError that names the field."""
    number = finite(field, value)
    if not low <= number <= high:
        raise InputError(f"{field} must be between {low:g} and {high:g}; it is {number:g}")
    return number


def finite(field: str, value: object) -> float:
    """The value as a finite number, or an InputError that names the field."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{field} must be a number; it is {value!r}")
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{field} must be a finite number; it is {number}")
    return number


def one_of(field: str, value: str, kind: type[Kind]) -> Kind:
    """The member of `kind`, or an InputError that lists what there is."""
    try:
        return kind(value)
    except ValueError:
        raise InputError(f"{field} must be one of {listed(kind)}; it is {value!r}") from None


def listed(names: Iterable[str]) -> str:
    """Names as a reader would list them."""
    return ", ".join(str(name) for name in names)
