"""From occupied receptors to mood over weeks: the response cascade's constants.

Quick fit of ours to ten published group means. Dose-response is weakly identified by public data,
and every page that shows a curve from here must say so.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .parameter import Confidence, Parameter, Table

FIT: Final = "own fit to 10 published means (Daly 2018, TRANSFORM-2, Price 2022, Fava 2018)"
FIXED: Final = "fixed, not estimated"
SHAFFER: Final = "Shaffer 2014 (rat, unbound plasma); split between enantiomers 3:1 is ours"
M, L = Confidence.MEDIUM, Confidence.LOW

WEEKS: Final[Table] = MappingProxyType(
    {
        "ic50_s": Parameter(947.0, "nmol/L unbound", 0.0, SHAFFER, L),
        "ic50_r": Parameter(2840.0, "nmol/L unbound", 0.0, SHAFFER, L),
        "ic50_nk": Parameter(9110.0, "nmol/L unbound", 0.0, "Shaffer 2014 (rat)", L),
        "fu_s": Parameter(0.56, "fraction", 0.0, "esketamine label, 43-45 % bound", M),
        "fu_r": Parameter(0.60, "fraction", 0.0, "own, after fu S .65 and R .71 reported", L),
        "fu_nk": Parameter(0.56, "fraction", 0.0, "assumed as for esketamine", L),
        "trigger_half_life_h": Parameter(7.0, "h", 0.0, FIXED, L),
        "dmax": Parameter(0.33, "fraction", 19.0, FIT, M, "spread is the fit's standard error"),
        "b50": Parameter(0.37, "occupancy h", 68.0, FIT, L, "spread is the fit's standard error"),
        "kon": Parameter(7.4, "1/d", 86.0, FIT, L, "spread is the fit's standard error"),
        "koff": Parameter(0.082, "1/d", 43.0, FIT, M, "spread is the fit's standard error"),
        "w": Parameter(0.34, "1", 63.0, FIT, L, "spread is the fit's standard error"),
        "consolidation_half_life_d": Parameter(21.0, "d", 0.0, FIXED, L),
        "tolerance_per_dose": Parameter(
            0.0, "1/(occupancy h)", 0.0, "off: public data do not identify it", L
        ),
        "tolerance_half_life_d": Parameter(30.0, "d", 0.0, FIXED, L),
        "residual_sd": Parameter(4.5, "MADRS points", 0.0, "own, 4 to 5", L),
    }
)
