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
SESSIONS: Final = 8  # of four weeks, twice weekly
LARGE_RISE: Final = np.array([40.0, 25.0])[:, None, None]  # mmHg, systolic and diastolic
POOLED: Final = (
    "three readings in each of eight sessions, all of 84 mg, and one noise for both pressures are "
    "assumed; the label pools doses and trials"
)
DRIFT: Final = (
    "reading noise of one size for everybody seldom adds 25 mmHg; in people pressure also moves "
    "between rest and treatment, so do not read rare rises off these models"
)


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
    """Rows 30 and 32: the highest of three readings, which noise raises without any drug."""
    rng, sd = np.random.default_rng(30), EFFECTS["pressure_reading_sd"].value
    shape = (SESSIONS, 2, MANY, len(READ_AT_MIN))  # systolic, diastolic
    noise = sd * rng.standard_normal(shape)
    drug = simulate("esketamine", parse_dose("84 mg nasal", KG), READ_AT_MIN, n=MANY, seed=30)
    rise = noise + np.stack([drug["delta_sbp_mmhg"], drug["delta_dbp_mmhg"]])
    source = "Doherty 2020, doi:10.1007/s40263-020-00699-4"
    for k, which, without, seen in ((0, "systolic", 6.1, 13.3), (1, "diastolic", 4.9, 8.7)):
        for who, figure, values in (("placebo", without, noise), ("esketamine 84 mg", seen, rise)):
            what = f"mean of maxima of three readings, {which}, {who}"
            value = float(values[0, k].max(axis=-1).mean())
            set_by_it = which == "systolic" and who == "placebo"
            yield Check(
                "30", X, E, what, "1708", figure, value, "mmHg", source, constructed=set_by_it,
                known="the noise was chosen to give this" if set_by_it else "",
            )  # fmt: skip
    for who, low, high, values in (("placebo", 1, 4, noise), ("esketamine 84 mg", 8, 19, rise)):
        what = f"systolic +40 or diastolic +25 in one of eight sessions, {who}"
        value = 100 * float((values >= LARGE_RISE).any(axis=(0, 1, 3)).mean())
        yield Check(
            "32", X, E, what, "label", low, value, "% of patients", "esketamine label",
            observed_to=high, known=DRIFT if who == "placebo" else POOLED,
        )  # fmt: skip


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
        90,
        over,
        "min",
        "page quoting the label: over by 1.5 h",
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
                known="the limits were chosen to give this",
                constructed=True,
            )


def _words(name: str) -> str:
    return {
        "delta_sbp_mmhg": "systolic rise",
        "delta_dbp_mmhg": "diastolic rise",
        "delta_hr_bpm": "heart rate rise",
    }[name]
