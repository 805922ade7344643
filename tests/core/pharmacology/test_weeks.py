"""The response cascade: its order, its limits, and the published curve it was fitted to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from esker.core.pharmacology import InputError, parse_dose, simulate
from esker.core.pharmacology.weeks import ORDER, Response, course, session_exposure

TWICE_WEEKLY = [0.0, 3.0, 7.0, 10.0, 14.0, 17.0, 21.0, 24.0]


def _reference(days: list[float]) -> np.ndarray:
    me, ln2 = Response(), math.log(2)
    kb, kc = 24 * ln2 / me.trigger_half_life_h, ln2 / me.consolidation_half_life_d
    x, found, knots = np.zeros(3), [], sorted({*TWICE_WEEKLY, *days})

    def f(_, y):
        b, g, held = y
        rise = me.kon_per_d * b / (me.b50 + b) * (1 - g) - me.koff_per_d * g
        return [-kb * b, rise, kc * (g - held)]

    for low, high in zip(knots, [*knots[1:], None], strict=True):
        if low in days:
            found.append(x[1:].copy())
        if low in TWICE_WEEKLY:
            x = x + np.array([1.07, 0, 0])
        if high is not None:
            x = solve_ivp(f, (low, high), x, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return np.array(found).T


def test_the_integrator_has_its_stated_order() -> None:
    """Halving the step divides the error by 2**4."""
    days = [1.0, 5.0, 28.0]
    true = _reference(days)
    steps = [0.5, 0.25, 0.125]
    errors = []
    for step in steps:
        found = course(TWICE_WEEKLY, [1.07] * 8, days, step_d=step)
        errors.append(np.abs(np.array([found.gain, found.consolidation]) - true).max())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]

    assert pytest.approx(ORDER, abs=0.4) == slope


def test_the_default_step_is_accurate() -> None:
    """Hourly steps are within 1e-6 of the reference solver."""
    days = [0.5, 3.0, 11.25, 28.0, 60.0]
    found = course(TWICE_WEEKLY, [1.07] * 8, days)

    assert np.abs(np.array([found.gain, found.consolidation]) - _reference(days)).max() < 1e-6


@pytest.mark.parametrize(("drug", "dose", "peak", "exposure"), [
    ("esketamine", "28 mg nasal", 0.10, 0.45), ("esketamine", "56 mg nasal", 0.16, 0.77),
    ("esketamine", "84 mg nasal", 0.22, 1.07), ("ketamine", "0.5 mg/kg iv 40 min", 0.26, 0.77),
])  # fmt: skip
def test_occupancy_of_a_session(drug: str, dose: str, peak: float, exposure: float) -> None:
    """Peak and integral agree with the ones the cascade was fitted with."""
    times = np.arange(0, 1441.0)
    occupied = simulate(drug, parse_dose(dose, 70), times)["nmda_occupancy"]

    assert pytest.approx(peak, abs=0.011) == occupied.max()
    assert pytest.approx(exposure, rel=0.05) == session_exposure(occupied, times)[0]


def test_no_session_no_change_and_never_below_zero() -> None:
    """Without drug the score stays; with any drug it stays above 0."""
    still = course([], [], [0.0, 28.0])
    much = course(TWICE_WEEKLY, [1e6] * 8, np.linspace(0, 60, 61))

    np.testing.assert_array_equal([40.0, 40.0], still.madrs(40.0))
    assert (much.madrs(40.0) > 0).all()
    assert (much.gain <= 1.0).all()


def test_tolerance_is_off_unless_asked_for() -> None:
    """With it, later sessions do less."""
    plain = course(TWICE_WEEKLY, [1.07] * 8, [24.5]).gain[0]
    tired = course(TWICE_WEEKLY, [1.07] * 8, [24.5], Response(tolerance_per_dose=0.5)).gain[0]

    assert tired < plain


def test_a_course_names_what_is_wrong() -> None:
    """Lengths, order, signs and NaN."""
    for days, exposure, at, names in (
        ([0.0], [], [1.0], "exposure_h"), ([0.0], [-1.0], [1.0], "exposure_h"),
        ([3.0, 0.0], [1.0, 1.0], [5.0], "session_days"), ([0.0], [1.0], [math.nan], "days"),
        ([0.0], [1.0], [], "days"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=names):
            course(days, exposure, at)
    with pytest.raises(InputError, match="dmax"):
        Response(dmax=-1.0)
