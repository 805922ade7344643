"""From concentrations to pressure, dissociation and recovery: maps without memory.

All memory (the effect site and tolerance) is linear and was solved exactly before; what is left
is arithmetic on values of one instant. Arterial-equivalent effect-site concentration throughout,
except cognition and sedation, whose C50s are venous and are reached by the named bridge.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .matrix import C50, Arterial, Venous, power, venous_from_arterial
from .tables_effects import EFFECTS

Floats = NDArray[np.float64]

COGNITION: Final = C50(Venous, EFFECTS["cognition_c50"].value)
SEDATION: Final = C50(Venous, EFFECTS["sedation_c50"].value)


def delta_sbp(effect: Arterial, tolerance: Floats, size: Floats | float = 1.0) -> Floats:
    """Rise of systolic pressure, mmHg; `size` is the patient's own factor (mean 1)."""
    c50 = EFFECTS["sbp_c50"].value * (1.0 + tolerance / EFFECTS["sbp_m50"].value)
    return size * EFFECTS["sbp_emax"].value * effect.ng_ml / (c50 + effect.ng_ml)


def delta_dbp(rise_sbp: Floats) -> Floats:
    """Rise of diastolic pressure, mmHg, that goes with a systolic rise."""
    return EFFECTS["dbp_per_sbp"].value * rise_sbp


def delta_hr(rise_sbp: Floats) -> Floats:
    """Rise of heart rate, beats/min, that goes with a systolic rise."""
    return EFFECTS["hr_per_sbp"].value * rise_sbp


def cadss(effect: Arterial, tolerance: Floats, sensitivity: Floats | float = 1.0) -> Floats:
    """Dissociation score (CADSS, at most 39 in the mean patient, cut at the scale's end)."""
    c50 = EFFECTS["cadss_c50"].value * (1.0 + tolerance / EFFECTS["cadss_m50"].value)
    hill = EFFECTS["cadss_hill"].value
    raised = power(effect.ng_ml, hill)
    share = raised / (power(c50, hill) + raised)
    return np.minimum(sensitivity * EFFECTS["cadss_emax"].value * share, EFFECTS["cadss_max"].value)


def impairment(effect: Arterial, c50: C50[Venous]) -> Floats:
    """Share of full impairment (0 to 1) of thinking or wakefulness."""
    return c50.effect(
        venous_from_arterial(effect, EFFECTS["bridge"].value), EFFECTS["impairment_hill"].value
    )


def session_factor(session_number: int) -> float:
    """How much smaller dissociation has become by the nth session (low confidence)."""
    fall = math.exp(-EFFECTS["cadss_fall_per_session"].value * (session_number - 1))
    return max(fall, EFFECTS["cadss_fall_floor"].value)


def recovery_limit(c50: C50[Venous]) -> float:
    """Arterial-equivalent effect-site concentration below which a person counts as recovered."""
    below = EFFECTS["recovered_below"].value
    ratio = (below / (1.0 - below)) ** (1.0 / EFFECTS["impairment_hill"].value)
    return c50.ng_ml * ratio * EFFECTS["bridge"].value


def kernel_constants() -> Floats:
    """The constants that the summary kernel needs, in its order.

    Raises
    ------
    AssertionError
        When the table asks for a Hill exponent that the kernel does not have.
    """
    assert EFFECTS["cadss_hill"].value == 3.0, "the kernel cubes; change both"
    sbp, score = EFFECTS["sbp_c50"].value, EFFECTS["cadss_c50"].value
    return np.array(
        [
            sbp,
            sbp / EFFECTS["sbp_m50"].value,
            score,
            score / EFFECTS["cadss_m50"].value,
            EFFECTS["cadss_max"].value,
            recovery_limit(COGNITION),
            recovery_limit(SEDATION),
        ]
    )
