"""Model E: esketamine by nose, mouth or vein, with the liver between gut and blood (venous plasma).

Typical values and spread of Perez-Ruixo 2021 (820 volunteers and patients), per hour and litre.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .parameter import Confidence, Parameter, Table

PEREZ: Final = "Perez-Ruixo 2021, doi:10.1007/s40262-020-00953-4"
OWN: Final = "own choice"
H, M, L = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

MODEL_E: Final[Table] = MappingProxyType(
    {
        "frn": Parameter(0.54, "fraction", 0.0, PEREZ, H, "nasal fraction; spread is on the logit"),
        "frn_logit_sd": Parameter(0.708, "logit", 0.0, PEREZ, H),
        "frn_later": Parameter(
            0.62, "ratio", 0.0, PEREZ, H, "second and later device of a session"
        ),
        "kan": Parameter(2.93, "1/h", 61.5, PEREZ, H),
        "dsw": Parameter(0.53, "h", 0.0, PEREZ, H, "zero-order delivery of the swallowed part"),
        "kasw": Parameter(1.45, "1/h", 132.0, PEREZ, M),
        "dpo": Parameter(0.32, "h", 0.0, PEREZ, M),
        "kapo": Parameter(0.97, "1/h", 132.0, PEREZ, M),
        "fgut": Parameter(
            0.64, "fraction", 0.0, PEREZ, M, "oral use overall fails a check: F .18, seen .08"
        ),
        "vc": Parameter(192.0, "L", 27.5, PEREZ, H),
        "q1": Parameter(84.3, "L/h", 0.0, PEREZ, H),
        "vp1": Parameter(143.0, "L", 49.3, PEREZ, H),
        "q2": Parameter(37.6, "L/h", 0.0, PEREZ, H),
        "vp2": Parameter(417.0, "L", 0.0, PEREZ, H),
        "qh": Parameter(151.0, "L/h", 23.2, PEREZ, H),
        "vh": Parameter(101.0, "L", 34.6, PEREZ, H),
        "kel": Parameter(1.11, "1/h", 120.0, PEREZ, H),
        "kmet": Parameter(
            2.77, "1/h", 30.0, PEREZ, M, "the spread is blank in the paper; 30 is ours"
        ),
        "vn": Parameter(70.0, "L", 31.6, PEREZ, M),
        "cln": Parameter(38.0, "L/h", 25.4, PEREZ, M),
        "vpn": Parameter(115.0, "L", 0.0, PEREZ, M, "printed AUC tables want no return from here"),
        "qn": Parameter(26.1, "L/h", 0.0, PEREZ, M),
        "fh": Parameter(0.33, "fraction", 0.0, "own refit, grafted from Model R", L),
        "residual_log_sd": Parameter(0.276, "log", 0.0, PEREZ, H),
        "residual_log_sd_nk": Parameter(0.422, "log", 0.0, PEREZ, H),
        "qh_per_year_over_60": Parameter(-2.19, "L/h/year", 0.0, PEREZ, H),
        "kel_asian": Parameter(0.36, "ratio", 0.0, PEREZ, H),
        "cln_asian": Parameter(0.81, "ratio", 0.0, PEREZ, H),
        "frn_japanese": Parameter(
            1.34, "ratio", 0.0, PEREZ, H, "clamped: a fraction stays below 1"
        ),
        "device_mg": Parameter(28.0, "mg base", 0.0, "esketamine nasal label", H),
        "session_gap_h": Parameter(2.0, "h", 0.0, OWN, L, "a longer gap starts a new session"),
        "ke0_half_life_min": Parameter(4.0, "min", 0.0, "own calibration, venous driver", L),
    }
)
