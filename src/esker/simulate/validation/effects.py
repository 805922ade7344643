"""Effect rows: pressure, dissociation, thinking and wakefulness within a session."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from esker.core.pharmacology import Curves, parse_dose, simulate
from esker.core.pharmacology.tables_effects import EFFECTS

from .checks import Check, Kind, Set
from .kinetics import DAY, KG

C, X, E = Set.CALIBRATION, Set.EXTERNAL, Kind.EFFECT
READ_AT_MIN: Final = (40.0, 60.0, 90.0)  # readings of which a session's maximum is taken
MANY: Final = 20_000


def rows() -> Iterator[Check]:
    """All comparisons of effects within a session."""
    drip = simulate("ketamine", parse_dose("0.5 mg/kg iv 40 min", KG), DAY)
    spray = simulate("esketamine", parse_dose("84 mg nasal", KG), DAY)
    yield from pressure(drip, spray)
    yield from maxima()
    yield from dissociation(drip, spray)
    yield from recovery(spray)


def pressure(drip: Curves, spray: Curves) -> Iterator[Check]:
    """Rows 27 to 29."""
    for name, seen, unit in (
        ("delta_sbp_mmhg", 7.4, "mmHg"),
        ("delta_dbp_mmhg", 6.0, "mmHg"),
        ("delta_hr_bpm", 1.9, "/min"),
    ):
        yield Check(
            "27",
            C,
            E,
            f"racemate 0.5 mg/kg IV, {_words(name)} at 40 min",
            "135 (741 infusions)",
            seen,
            float(drip[name][0, 40]),
            unit,
            "abstract read",
        )
    for name, seen in (("delta_sbp_mmhg", 3.28), ("delta_dbp_mmhg", 3.17)):
        yield Check(
            "28",
            X,
            E,
            f"the same in an older cohort, {_words(name)} at 30 min",
            "66 (684 infusions)",
            seen,
            float(drip[name][0, 30]),
            "mmHg",
            "abstract read",
            known="this cohort rose half as much; no covariate explains it",
        )
    for minute, low, high in ((40, 7, 9), (90, 2, 5)):
        yield Check(
            "29",
            C,
            E,
            f"esketamine 84 mg nasal, systolic rise at {minute} min",
            "-",
            low,
            float(spray["delta_sbp_mmhg"][0, minute]),
            "mmHg",
            "phase 3 trials",
            observed_to=high,
            recalled=True,
        )


def maxima() -> Iterator[Check]:
    """Row 30: the mean of each person's highest reading, which noise raises without any drug."""
    rng, sd = np.random.default_rng(30), EFFECTS["pressure_reading_sd"].value
    noise = sd * rng.standard_normal((MANY, len(READ_AT_MIN)))
    drug = simulate("esketamine", parse_dose("84 mg nasal", KG), READ_AT_MIN, n=MANY, seed=30)
    for what, seen, values in (
        ("placebo", 6.1, noise),
        ("esketamine 84 mg", 13.3, drug["delta_sbp_mmhg"] + noise),
    ):
        yield Check(
            "30",
            X,
            E,
            f"mean of maxima of three readings, systolic, {what}",
            "1708",
            seen,
            float(values.max(axis=1).mean()),
            "mmHg",
            "Doherty 2020, doi:10.1007/s40263-020-00699-4",
        )


def dissociation(drip: Curves, spray: Curves) -> Iterator[Check]:
    """Rows 35 and 36."""
    yield Check(
        "35",
        C,
        E,
        "racemate 0.5 mg/kg IV, peak CADSS",
        "110",
        7.7,
        float(drip["cadss"].max()),
        "points",
        "abstract read",
        se=9.2 / math.sqrt(110),
    )
    score = spray["cadss"][0]
    over = float(np.flatnonzero(score >= 0.1 * score.max())[-1] + 1)
    yield Check(
        "36",
        X,
        E,
        "esketamine 84 mg nasal, dissociation below a tenth of its peak",
        "label",
        60,
        over,
        "min",
        "page quoting the label: over by 1.5 h",
        observed_to=120,
    )


def recovery(spray: Curves) -> Iterator[Check]:
    """Row 38: impaired or not at the times of testing; 1 stands for impaired."""
    limit = EFFECTS["recovered_below"].value
    for name, words, seen in (
        ("cognition_impairment", "thinking", {40: 1, 120: 0}),
        ("sedation_impairment", "wakefulness", {40: 1, 120: 1, 240: 0}),
    ):
        for minute, impaired in seen.items():
            found = float(spray[name][0, minute] >= limit)
            yield Check(
                "38",
                X,
                E,
                f"esketamine 84 mg nasal, {words} impaired at {minute} min",
                "24",
                impaired,
                found,
                "yes 1, no 0",
                "Morrison 2018, doi:10.1007/s00213-018-4828-5",
                observed_to=impaired,
                known="by construction",
            )


def _words(name: str) -> str:
    return {
        "delta_sbp_mmhg": "systolic rise",
        "delta_dbp_mmhg": "diastolic rise",
        "delta_hr_bpm": "heart rate rise",
    }[name]
