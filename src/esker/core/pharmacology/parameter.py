"""A number with its unit, its spread between people, its paper and how far to trust it.

Every constant of the models is one of these, so that no page and no table can show a figure
without being able to say where it came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How far a number carries: by what it rests on, not by how precise it looks."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One constant of a model.

    Attributes
    ----------
    value, unit
        The typical value; rates of Model E are per hour as printed, kernels work in minutes.
    cv_percent
        Between-patient coefficient of variation of a log-normal, or 0 when none is given.
    source
        Whom to cite. "own" marks a fit made for Esker from published means.
    note
        What a reader must know before relying on it.
    """

    value: float
    unit: str
    cv_percent: float
    source: str
    confidence: Confidence
    note: str = ""

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm that belongs to `cv_percent`."""
        return math.sqrt(math.log1p((self.cv_percent / 100.0) ** 2))


Table = Mapping[str, Parameter]


def cv_of_variance(log_variance: float) -> float:
    """The CV in percent of a log-normal whose log has this variance (papers print either)."""
    return 100.0 * math.sqrt(math.expm1(log_variance))
