"""The real models at work: 240 one-minute steps, everything reduced on the fly, one thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from esker.core.pharmacology import Covariates, parse_dose, study
from esker.core.pharmacology.engine import run
from esker.core.pharmacology.individuals import population

MINUTES = np.arange(1.0, 241.0)
CASES = {"E": ("esketamine", "84 mg nasal"), "R": ("ketamine", "0.5 mg/kg iv 40 min")}


def prepared(model: str, patients: int) -> Callable[[], object]:
    """A call that goes from the parameter table to every patient's summary."""
    drug, dose = CASES[model]
    request = study(drug, parse_dose(dose, 70), MINUTES, n=patients, seed=1)
    who = population(model, Covariates(), 1, 0, patients)
    amounts = request.plan.amounts(who)
    return lambda: run(who, amounts, request.timeline, MINUTES, False, True)
