"""One virtual patient whom a simulated monitor can follow.

>>> demo = VirtualPatient("esketamine", Covariates(weight_kg=82), seed=7)
>>> felt = demo.respond(parse_dose("84 mg nasal", 82), minutes=[0, 40, 90])

No compiler is loaded: one patient is solved by the dense solver in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .covariates import Covariates
from .engine import run
from .individuals import Individuals, population, typical
from .regimen import Dose
from .simulate import describe, study

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Felt:
    """What the drug does to this patient at the asked minutes; changes from the own baseline."""

    minutes: Floats
    concentration_ng_ml: Floats
    delta_sbp_mmhg: Floats
    delta_dbp_mmhg: Floats
    delta_hr_bpm: Floats
    cadss: Floats
    sedation: Floats
    cognition: Floats


@dataclass(frozen=True, slots=True)
class VirtualPatient:
    """A patient of fixed kinetics and sensitivity; without a seed, the typical one.

    Attributes
    ----------
    drug
        "esketamine" or "ketamine".
    seed
        Same seed and covariates, same patient.
    """

    drug: str
    covariates: Covariates = field(default_factory=Covariates)
    seed: int | None = None

    def respond(self, doses: Sequence[Dose], minutes: ArrayLike) -> Felt:
        """The response to what has been given so far, without measurement noise.

        Parameters
        ----------
        doses
            Rows of route, start, amount and duration, in minutes of the same clock as `minutes`.
            None at all gives zeros.
        minutes
            Sorted, not negative.

        Raises
        ------
        InputError
            Naming the field.
        """
        times = np.atleast_1d(np.asarray(minutes, dtype=np.float64))
        if not doses:
            return Felt(times, *(np.zeros(times.size) for _ in range(7)))
        request = study(self.drug, doses, times, self.covariates)
        who = self._one(request.plan.model)
        amounts = request.plan.amounts(who)
        curves = run(who, amounts, request.timeline, times, True, False).curves
        named = describe(request.drug, who.model, curves, who.feel)
        parent = "ketamine_venous_ng_ml" if "ketamine_venous_ng_ml" in named else "esketamine_ng_ml"
        return Felt(times, *(named[name][0] for name in (
            parent, "delta_sbp_mmhg", "delta_dbp_mmhg", "delta_hr_bpm", "cadss",
            "sedation_impairment", "cognition_impairment",
        )))  # fmt: skip

    def _one(self, model: str) -> Individuals:
        if self.seed is None:
            return typical(model, self.covariates)
        return population(model, self.covariates, self.seed, 0, 1)
