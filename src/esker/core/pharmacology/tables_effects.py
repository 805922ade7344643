"""What a concentration does within one session: pressure, dissociation, thinking, sleepiness.

Shapes are calibrated to published group means (medium confidence); sizes for one person are a
guess with an honest spread (low confidence). Constants marked "on its bound" are not identified.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .parameter import Confidence, Parameter, Table

OWN: Final = "own calibration to published group means"
RECALLED: Final = "recalled from TRANSFORM-2, not confirmed; a default to be checked"
M, L = Confidence.MEDIUM, Confidence.LOW

EFFECTS: Final[Table] = MappingProxyType(
    {
        "bridge": Parameter(1.5, "ratio", 0.0, OWN, M, "arterial-equivalent over venous, Model E"),
        "sbp_emax": Parameter(53.0, "mmHg", 60.0, OWN, L, "spread is of the size of the rise"),
        "sbp_c50": Parameter(
            600.0, "ng/mL arterial", 0.0, OWN, L, "on its bound: the map is linear"
        ),
        "sbp_m50": Parameter(47.0, "ng/mL arterial", 0.0, OWN, L),
        "sbp_tolerance_half_life": Parameter(90.0, "min", 0.0, OWN, L, "on its bound"),
        "dbp_per_sbp": Parameter(0.8, "mmHg/mmHg", 0.0, OWN, L),
        "hr_per_sbp": Parameter(0.26, "bpm/mmHg", 0.0, OWN, L),
        "pressure_reading_sd": Parameter(
            7.2, "mmHg", 0.0, OWN, M, "gives placebo mean of maxima 6.1"
        ),
        "cadss_reading_sd": Parameter(2.0, "points", 0.0, "own assumption on scoring noise", L),
        "cadss_reading_cv": Parameter(0.25, "fraction", 0.0, "own assumption on scoring noise", L),
        "cadss_emax": Parameter(39.0, "points", 110.0, OWN, L, "spread is of the sensitivity"),
        "cadss_zero_share": Parameter(
            0.09, "fraction", 0.0, "own: total spread 9.2 on mean 7.7", L
        ),
        "cadss_c50": Parameter(138.0, "ng/mL arterial", 0.0, OWN, L),
        "cadss_hill": Parameter(3.0, "1", 0.0, OWN, L),
        "cadss_m50": Parameter(40.0, "ng/mL arterial", 0.0, OWN, L, "on its bound"),
        "cadss_tolerance_half_life": Parameter(84.0, "min", 0.0, OWN, L),
        "cadss_max": Parameter(92.0, "points", 0.0, "CADSS: 23 items of 0 to 4", Confidence.HIGH),
        "cadss_fall_per_session": Parameter(0.08, "1/session", 0.0, RECALLED, L),
        "cadss_fall_floor": Parameter(0.5, "ratio", 0.0, RECALLED, L),
        "cognition_c50": Parameter(100.0, "ng/mL venous", 0.0, OWN, L),
        "sedation_c50": Parameter(50.0, "ng/mL venous", 0.0, OWN, L),
        "impairment_hill": Parameter(4.0, "1", 0.0, OWN, L),
        "recovered_below": Parameter(0.2, "fraction", 0.0, OWN, L, "never shortens an observation"),
    }
)
