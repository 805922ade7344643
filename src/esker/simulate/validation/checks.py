"""One comparison: an observed figure, the model's, and the rule by which they agree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Set(StrEnum):
    """Whether the models were made with this row or never saw it."""

    CALIBRATION = "C"
    EXTERNAL = "X"


class Kind(StrEnum):
    KINETIC = "kinetic"
    EFFECT = "effect"


# Means of concentrations and areas within these factors of what was observed.
WITHIN: Final = {Set.CALIBRATION: (0.8, 1.25), Set.EXTERNAL: (0.67, 1.5)}
STANDARD_ERRORS: Final = 2.0  # effects, where a standard error is known; else the wide factors


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the validation table.

    Attributes
    ----------
    row
        Its number in the reference table.
    observed, predicted
        Means in `unit`; `observed_to` makes the observation a range.
    se
        Standard error of the observed mean, where it was published or follows from SD and n.
    recalled
        The observation was recalled, not read: to be confirmed before it is relied on.
    known
        Why a failure is known, or a remark that belongs beside the row.
    constructed
        The model was made so that this row holds: its agreement proves nothing.
    """

    row: str
    set: Set
    kind: Kind
    what: str
    n: str
    observed: float
    predicted: float
    unit: str
    source: str
    observed_to: float | None = None
    se: float | None = None
    recalled: bool = False
    known: str = ""
    constructed: bool = False

    @property
    def holds(self) -> bool:
        if self.observed_to is not None:
            return self.observed <= self.predicted <= self.observed_to
        if self.kind is Kind.EFFECT and self.se is not None:
            return abs(self.predicted - self.observed) <= STANDARD_ERRORS * self.se
        low, high = WITHIN[Set.EXTERNAL if self.kind is Kind.EFFECT else self.set]
        return low <= self.predicted / self.observed <= high

    @property
    def verdict(self) -> str:
        if self.holds:
            return "by construction" if self.constructed else "holds"
        return "**fails, known**" if self.known else "**fails**"
