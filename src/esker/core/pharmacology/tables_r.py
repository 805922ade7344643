"""Model R: racemate or esketamine by vein, muscle or skin, each enantiomer apart (arterial plasma).

Disposition of Simons 2022 at 70 kg, per minute and litre; metabolite constants refitted by us to
Kamp 2020 and Hasan 2021, because the published set misses both.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .parameter import Confidence, Parameter, Table, cv_of_variance

SIMONS: Final = "Simons 2022, doi:10.3389/fpain.2022.946486"
WANG: Final = "Wang 2019, doi:10.2147/DDDT.S224553"
REFIT: Final = "own refit to Kamp 2020 (doi:10.1097/ALN.0000000000003577) and Hasan 2021"
PATIENTS: Final = "own widening; the 20 healthy men of the source vary far less than patients"
H, M, L = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

MODEL_R: Final[Table] = MappingProxyType(
    {
        "v1": Parameter(11.6, "L", 30.0, SIMONS, H, PATIENTS),
        "v2": Parameter(39.0, "L", 30.0, SIMONS, H, PATIENTS),
        "v3": Parameter(174.0, "L", 30.0, SIMONS, H, PATIENTS),
        "cl": Parameter(1.48, "L/min", 30.0, SIMONS, H, PATIENTS),
        "q2": Parameter(2.43, "L/min", 45.0, SIMONS, H, "varies jointly with q3; " + PATIENTS),
        "q3": Parameter(1.21, "L/min", 45.0, SIMONS, H, "varies jointly with q2; " + PATIENTS),
        "cl_r_ratio": Parameter(0.86, "ratio", 0.0, WANG, H, "R against S clearance"),
        "mtt": Parameter(22.2, "min", cv_of_variance(0.021), REFIT, M),
        "fm": Parameter(0.8, "fraction", 0.0, SIMONS, M, "fixed in the source"),
        "cln_s": Parameter(0.715, "L/min", cv_of_variance(0.050), REFIT, M),
        "cln_r": Parameter(0.512, "L/min", cv_of_variance(0.050), REFIT, M),
        "qn": Parameter(1.55, "L/min", 0.0, REFIT, M),
        "vn2": Parameter(221.0, "L", 0.0, SIMONS, M),
        "fh": Parameter(0.33, "fraction", 0.0, REFIT, L),
        "vh1": Parameter(4.4, "L", cv_of_variance(1.22), SIMONS, L),
        "vh2": Parameter(87.5, "L", 0.0, SIMONS, L),
        "clh": Parameter(0.933, "L/min", cv_of_variance(0.103), SIMONS, L),
        "qhnk": Parameter(1.70, "L/min", cv_of_variance(0.287), SIMONS, L),
        "venous_fast_share": Parameter(0.40, "fraction", 0.0, "own fit, venous link", L),
        "venous_fast_half_life": Parameter(1.0, "min", 0.0, "own fit, venous link", L),
        "venous_slow_half_life": Parameter(30.0, "min", 40.0, "own fit, venous link", L),
        "im_f": Parameter(0.93, "fraction", 0.0, "own; target recalled, not confirmed", L),
        "im_min": Parameter(20.0, "min", 0.0, "own; first-order input peaks too early", L),
        "sc_f": Parameter(0.90, "fraction", 0.0, "own; target recalled, not confirmed", L),
        "sc_min": Parameter(30.0, "min", 0.0, "own", L),
        "exponent_flow": Parameter(
            0.75, "exponent", 0.0, "allometry by convention; not printed", M
        ),
        "exponent_volume": Parameter(
            1.0, "exponent", 0.0, "allometry by convention; not printed", M
        ),
        "ke0_half_life_min": Parameter(
            8.3, "min", 0.0, "Olofsen 2022, doi:10.1097/ALN.0000000000004176", M
        ),
    }
)
