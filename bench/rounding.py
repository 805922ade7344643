"""./dev bench rounding: how exact the fast kernels are for whom they keep, and how many they pass on.

Random people, dose after dose and grid after grid: everybody whose rounding comes near what is borne
is solved again by the careful solver, and the largest difference is printed, of an output's peak.
"""

from __future__ import annotations

import argparse

import numpy as np

from esker.core.pharmacology import Covariates, engine, parse_dose, study
from esker.core.pharmacology.individuals import population
from esker.core.pharmacology.layout import ROWS, SUMMARIES

GRIDS = {
    "13 times in a day": np.array([5.0, 10, 20, 30, 40, 60, 90, 120, 180, 240, 480, 720, 1440]),
    "240 minutes": np.arange(1.0, 241.0),
    "five minutes for a day": np.arange(5.0, 1441.0, 5.0),
    "ten seconds for an hour": np.arange(1.0, 361.0) / 6.0,
}
DOSES = (
    ("esketamine", "84 mg nasal"),
    ("esketamine", "84 mg oral"),
    ("ketamine", "0.5 mg/kg iv 40 min"),
    ("ketamine", "0.5 mg/kg im"),
)
# Who is looked at: those whose amplification is at least this share of the limit.
NEAR = 0.02
AT_ONCE = 10_000


def looked_at(drug: str, dose: str, times: np.ndarray, n: int, seed: int) -> tuple[int, float]:
    """How many are passed on, and the largest error of the others."""
    request = study(drug, parse_dose(dose, 70), times, n=n, seed=seed)
    who = population(request.plan.model, Covariates(), seed, 0, n)
    amounts, timeline = request.plan.amounts(who), request.timeline
    out = np.empty((len(ROWS[who.model]), times.size, n))
    found = engine.fast(who, amounts, timeline, times, out, np.empty((len(SUMMARIES), 0)))
    limit = engine.bearable(timeline)
    kept = found <= limit
    near = np.flatnonzero(kept & (found > NEAR * limit))
    true, _, _ = engine.dense_rows(who.model, who.parameters[:, near], amounts[:, near], timeline)
    off = np.abs(out[:, :, near] - true).max(axis=1) / true.max(axis=1)
    return n - int(kept.sum()), float(off.max(initial=0.0))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("-n", type=int, default=100_000, help="people for each dose and grid")
    rest = words.parse_args().n
    for drug, dose in DOSES:
        for grid, times in GRIDS.items():
            seeds = range(1, 1 + -(-rest // AT_ONCE))
            each = [looked_at(drug, dose, times, AT_ONCE, seed) for seed in seeds]
            share = sum(passed for passed, _ in each) / (AT_ONCE * len(each))
            worst = max(off for _, off in each)
            print(
                f"{drug} {dose}, {grid}: passed on {share:.3%}, largest error of the others {worst:.1e}"
            )


if __name__ == "__main__":
    main()
