"""The response cascade over weeks: occupancy, trigger, synaptic gain, consolidation, MADRS.

    B' = -kB B, B += X at each session        trigger
    G' = kon B/(B50+B) (1-G) - koff G         synaptic gain
    L' = kc (G - L)                           consolidation
    D  = Dmax (G + w L)/(1 + w);  MADRS = S0 (1 - P)(1 - D)

B is exact. For G the integrating factor is known in closed form, so only one integral is left,
taken by two-point Gauss-Legendre; L by Simpson with exact decay. Both are of order 4 in the step.
Sessions may fall anywhere: steps end at them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .covariates import InputError, finite
from .tables_weeks import WEEKS

Floats = NDArray[np.float64]
ORDER = 4
STEP_D = 1.0 / 24.0
MOLAR_KETAMINE, MOLAR_NORKETAMINE = 237.73, 223.70  # g/mol
_GAUSS = 0.5 / math.sqrt(3.0)


def occupancy(s_venous: Floats, r_venous: Floats | float, nk: Floats | float) -> Floats:
    """NMDA receptor occupancy, 0 to 1, from venous plasma in ng/mL.

    Rat affinities and assumed binding: low confidence.
    """
    t = WEEKS
    u = (
        t["fu_s"].value * 1000.0 / MOLAR_KETAMINE / t["ic50_s"].value * s_venous
        + t["fu_r"].value * 1000.0 / MOLAR_KETAMINE / t["ic50_r"].value * r_venous
        + t["fu_nk"].value * 1000.0 / MOLAR_NORKETAMINE / t["ic50_nk"].value * nk
    )
    return np.asarray(u / (1.0 + u), dtype=np.float64)


def session_exposure(occupied: Floats, times_min: Floats) -> Floats:
    """Integral of occupancy over a session, in hours: the one number that the weeks need."""
    return np.asarray(np.trapezoid(occupied, times_min, axis=-1) / 60.0)


@dataclass(frozen=True, slots=True)
class Response:
    """Constants of one person's response; the defaults are the population's."""

    dmax: float = WEEKS["dmax"].value
    b50: float = WEEKS["b50"].value
    kon_per_d: float = WEEKS["kon"].value
    koff_per_d: float = WEEKS["koff"].value
    w: float = WEEKS["w"].value
    trigger_half_life_h: float = WEEKS["trigger_half_life_h"].value
    consolidation_half_life_d: float = WEEKS["consolidation_half_life_d"].value
    tolerance_per_dose: float = WEEKS["tolerance_per_dose"].value
    tolerance_half_life_d: float = WEEKS["tolerance_half_life_d"].value

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = finite(name, getattr(self, name))
            if value < 0 or (value == 0 and name != "tolerance_per_dose"):
                raise InputError(f"{name} must be above 0; it is {value:g}")


@dataclass(frozen=True, slots=True)
class Course:
    """Gain, consolidation and the share by which the score falls, at the asked days."""

    days: Floats
    gain: Floats
    consolidation: Floats
    reduction: Floats

    def madrs(self, baseline: float, placebo: Floats | float = 0.0) -> Floats:
        """MADRS from a baseline, with `placebo` the share that falls without the drug."""
        return baseline * (1.0 - np.asarray(placebo)) * (1.0 - self.reduction)


def course(
    session_days: Sequence[float], exposure_h: Sequence[float], days: ArrayLike,
    who: Response | None = None, step_d: float = STEP_D,
) -> Course:  # fmt: skip
    """The cascade through a course of sessions.

    Parameters
    ----------
    session_days, exposure_h
        When each session was, in order, and its `session_exposure`.
    days
        Sorted days at which to report; on the day of a session, just before its effect begins.
    step_d
        Longest step of the order-4 integrator.

    Raises
    ------
    InputError
        Naming the field.
    """
    at = np.asarray(days, dtype=np.float64)
    _check(session_days, exposure_h, at)
    me = who or Response()
    state = _State(0.0, 0.0, 0.0, 0.0)
    now, found, sessions = 0.0, [], list(zip(session_days, exposure_h, strict=True))
    for day in at:
        while sessions and sessions[0][0] < day:
            when, exposure = sessions.pop(0)
            state = _advance(me, state, when - now, step_d)
            state, now = _dose(me, state, exposure), when
        state, now = _advance(me, state, day - now, step_d), day
        found.append((state.gain, state.consolidation))
    gain, held = np.array(found).T
    return Course(at, gain, held, me.dmax * (gain + me.w * held) / (1.0 + me.w))


def _check(session_days: Sequence[float], exposure_h: Sequence[float], days: Floats) -> None:
    if len(session_days) != len(exposure_h):
        raise InputError("exposure_h must have one value for each of session_days")
    for number, value in enumerate(exposure_h):
        if finite(f"exposure_h[{number}]", value) < 0:
            raise InputError(f"exposure_h[{number}] must not be negative")
    for name, values in (
        ("session_days", np.asarray(session_days, dtype=np.float64)),
        ("days", days),
    ):
        if not np.isfinite(values).all() or (values < 0).any() or (np.diff(values) < 0).any():
            raise InputError(f"{name} must be finite, not negative and sorted")
    if days.ndim != 1 or days.size == 0:
        raise InputError("days must hold at least one day")


@dataclass(frozen=True, slots=True)
class _State:
    trigger: float
    gain: float
    consolidation: float
    tolerance: float


def _dose(me: Response, state: _State, exposure: float) -> _State:
    """Tolerance (off by default) weakens this session by what came before it."""
    felt = exposure / (1.0 + state.tolerance)
    return _State(
        state.trigger + felt,
        state.gain,
        state.consolidation,
        state.tolerance + me.tolerance_per_dose * exposure,
    )


def _advance(me: Response, state: _State, span_d: float, step_d: float) -> _State:
    steps = max(1, math.ceil(span_d / step_d - 1e-9)) if span_d > 0 else 0
    for _ in range(steps):
        state = _step(me, state, span_d / steps)
    return state


def _step(me: Response, state: _State, h: float) -> _State:
    ln2 = math.log(2.0)
    kb, kc = 24.0 * ln2 / me.trigger_half_life_h, ln2 / me.consolidation_half_life_d
    middle = _gain(me, state.trigger, state.gain, h / 2, kb)
    half_trigger = state.trigger * math.exp(-kb * h / 2)
    gain = _gain(me, half_trigger, middle, h / 2, kb)
    held = state.consolidation * math.exp(-kc * h) + kc * h / 6.0 * (
        state.gain * math.exp(-kc * h) + 4.0 * middle * math.exp(-kc * h / 2) + gain
    )
    ku = ln2 / me.tolerance_half_life_d
    return _State(
        state.trigger * math.exp(-kb * h), gain, held, state.tolerance * math.exp(-ku * h)
    )


def _gain(me: Response, trigger: float, gain: float, h: float, kb: float) -> float:
    """Gain after `h` days: 1 - G decays by a known factor, and koff refills it (the integral)."""

    def decay(start: float) -> float:
        """What is left at `h` of a unit of (1 - G) at `start`."""
        b0, b1 = trigger * math.exp(-kb * start), trigger * math.exp(-kb * h)
        rise = ((me.b50 + b1) / (me.b50 + b0)) ** (me.kon_per_d / kb)
        return math.exp(-me.koff_per_d * (h - start)) * rise

    nodes = decay(h * (0.5 - _GAUSS)) + decay(h * (0.5 + _GAUSS))
    return 1.0 - ((1.0 - gain) * decay(0.0) + me.koff_per_d * h * 0.5 * nodes)
