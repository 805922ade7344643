"""The live forecast: what is likely still to come for this patient, given what was seen so far.

A few thousand virtual patients with the same covariates are given the same doses. Each is weighed
by how well it explains the pressures and scores observed (importance weights), and the bands are
weighted quantiles of them. When hardly any explains them, the weights are tempered until enough
count, and the result says so instead of looking sure.

Display only. Everything that goes in and comes out is plain data, so that the ledger can keep it
and the same picture can be drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from esker.core.interactions import in_words

from .covariates import Ancestry, Covariates, InputError, finite, within
from .dosing import Drug
from .engine import run
from .individuals import Individuals, normals, population
from .provenance import model_hash
from .regimen import Dose
from .simulate import Study, describe, study
from .tables_effects import EFFECTS

Floats = NDArray[np.float64]
LEVELS: Final = (5, 25, 50, 75, 95)
PARTICLES: Final = 3000
PARTICLES_MAX: Final = 50_000
# Below this many effective patients a 5 % tail would rest on fewer than five of them.
EFFECTIVE_MIN: Final = 100.0
STEP_MIN: Final = 2.0
DRAWN_EVERY: Final = 2  # bands are smooth; only being clear is told to a step
DECIMALS: Final = 3
HORIZON_MAX_MIN: Final = 1440.0
# Separates the baseline draws from the patients' own of the same seed.
BASELINE_STREAM: Final = 2**32
SOURCES: Final = {
    "E": "Kinetics: Perez-Ruixo 2021, venous plasma, 820 people. Effects: own calibration.",
    "R": "Kinetics: Simons 2022, 20 healthy people; venous link and effects: own calibration.",
}
OUTPUTS: Final = ("concentration_ng_ml", "delta_sbp_mmhg", "cadss")


class Sign(StrEnum):
    """What was observed."""

    SBP = "sbp_mmhg"
    CADSS = "cadss"


@dataclass(frozen=True, slots=True)
class Observed:
    """A confirmed reading or score, minutes after the clock's zero."""

    at_min: float
    sign: Sign
    value: float


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that a forecast depends on.

    Attributes
    ----------
    doses
        As ordered, on the clock of `now_min`: what lies before now has been given, an infusion
        that spans now is running, what lies after now is still to come.
    baseline_sbp_mmhg
        Pressures before the first dose; empty when none was taken, and then pressures are unused.
    horizon_min
        How far ahead of now to look.
    told
        Whether somebody said what the patient takes: no interaction is then none, else unknown.
    """

    drug: Drug
    covariates: Covariates
    doses: tuple[Dose, ...]
    now_min: float
    observed: tuple[Observed, ...] = ()
    baseline_sbp_mmhg: tuple[float, ...] = ()
    told: bool = False
    horizon_min: float = 240.0
    seed: int = 1
    particles: int = PARTICLES

    def __post_init__(self) -> None:
        within("now_min", self.now_min, 0, 7 * 1440)
        within("horizon_min", self.horizon_min, STEP_MIN, HORIZON_MAX_MIN)
        within("particles", self.particles, 100, PARTICLES_MAX)
        if not isinstance(self.told, bool):
            raise InputError(f"told must be true or false; it is {self.told!r}")
        for number, one in enumerate(self.observed):
            finite(f"observed[{number}].value", one.value)
            if not 0 <= finite(f"observed[{number}].at_min", one.at_min) <= self.now_min:
                raise InputError(f"observed[{number}].at_min must lie between 0 and now_min")
        for number, value in enumerate(self.baseline_sbp_mmhg):
            finite(f"baseline_sbp_mmhg[{number}]", value)
        if not any(dose.at_min <= self.now_min for dose in self.doses):
            raise InputError("doses must hold at least one that has begun")


@dataclass(frozen=True, slots=True)
class Band:
    """Weighted quantiles over time; `levels` (levels, times) in the order of `LEVELS`."""

    minutes: tuple[float, ...]
    levels: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of events: bands by output, and when thinking and wakefulness have recovered.

    `clear_min` are the 5, 50 and 95 % quantiles of the minute (same clock) after which neither is
    impaired; None stands for later than the horizon.
    """

    bands: dict[str, Band]
    clear_min: tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to draw, what to say beside it, and what to keep.

    Attributes
    ----------
    so_far
        From the first dose to now.
    goes_on, stops
        From now: as ordered, and with nothing more given.
    effective
        How many virtual patients carry the bands.
    matched
        False when the observations lie outside what the model can explain; the bands are then
        wider than the observations alone would make them, and no better than `sentence` says.
    used
        The observations that weighed, to be drawn over the bands: a pressure as its rise over the
        mean of the baseline.
    """

    so_far: Scenario
    goes_on: Scenario
    stops: Scenario
    effective: float
    tempering: float
    matched: bool
    sentence: str
    notes: tuple[str, ...]
    used: tuple[Observed, ...]
    seed: int
    model_hash: str
    model: str
    source: str


def forecast(request: Request) -> Forecast:
    """Run the forecast; the same request gives the same answer, bit for bit.

    Raises
    ------
    InputError
        For doses that no model supports (see `dosing.choose_model`).
    """
    given, coming = split(request.doses, request.now_min)
    past, ahead = _grids(request)
    on = _solve(request, (*given, *coming), np.union1d(past, ahead))
    off = _solve(request, given, ahead) if coming else on
    logs = _log_likelihood(request, given, on.who)
    weights, tempering = _weigh(logs)
    effective = float(1.0 / np.square(weights).sum())
    matched = tempering == 1.0
    return Forecast(
        so_far=_scenario(on, weights, past, request.now_min),
        goes_on=_scenario(on, weights, ahead, request.now_min),
        stops=_scenario(off, weights, ahead, request.now_min),
        effective=effective,
        tempering=tempering,
        matched=matched,
        sentence=_sentence(request, matched),
        notes=(*on.study.notes, *_assumed(request)),
        used=_used(request),
        seed=request.seed,
        model_hash=model_hash(),
        model=on.study.plan.model,
        source=SOURCES[on.study.plan.model],
    )


def split(doses: tuple[Dose, ...], now_min: float) -> tuple[tuple[Dose, ...], tuple[Dose, ...]]:
    """Doses given by now, and doses still to come; a running infusion is cut in two."""
    given, coming = [], []
    for dose in doses:
        end = dose.at_min + dose.duration_min
        if dose.at_min > now_min:
            coming.append(dose)
        elif end <= now_min or dose.duration_min == 0:
            given.append(dose)
        else:
            share = (now_min - dose.at_min) / dose.duration_min
            if share > 0:
                given.append(Dose(dose.at_min, dose.route, dose.amount_mg * share,
                                  now_min - dose.at_min))  # fmt: skip
            coming.append(Dose(now_min, dose.route, dose.amount_mg * (1 - share), end - now_min))
    return tuple(given), tuple(coming)


@dataclass(frozen=True, slots=True)
class _Solved:
    study: Study
    who: Individuals
    times_min: Floats
    outputs: dict[str, Floats]


def _grids(request: Request) -> tuple[Floats, Floats]:
    """Output times up to now, and from now to the horizon."""
    now, end = request.now_min, request.now_min + request.horizon_min
    past = np.union1d(np.arange(0.0, now, STEP_MIN), [now])
    return past, np.union1d(np.arange(now, end, STEP_MIN), [end])


def _solve(request: Request, doses: tuple[Dose, ...], times: Floats) -> _Solved:
    laid = study(request.drug, doses, times, request.covariates, request.particles, request.seed)
    who = population(laid.plan.model, request.covariates, request.seed, 0, request.particles)
    curves = run(who, laid.plan.amounts(who), laid.timeline, times, True, False).curves
    return _Solved(laid, who, times, describe(laid.drug, laid.plan.model, curves, who.feel))


def _log_likelihood(request: Request, given: tuple[Dose, ...], who: Individuals) -> Floats:
    """How well each virtual patient explains what was observed."""
    logs = np.zeros(who.count)
    if not request.observed or not given:
        return logs
    times = np.unique([one.at_min for one in request.observed])
    outputs = _solve(request, given, times).outputs
    baseline = _baseline(request)
    for one in request.observed:
        column = int(np.searchsorted(times, one.at_min))
        if one.sign is Sign.CADSS:
            expected = outputs["cadss"][:, column]
            sd = np.hypot(EFFECTS["cadss_reading_sd"].value,
                          EFFECTS["cadss_reading_cv"].value * expected)  # fmt: skip
        elif baseline is None:
            continue
        else:
            expected = baseline + outputs["delta_sbp_mmhg"][:, column]
            sd = np.full(who.count, EFFECTS["pressure_reading_sd"].value)
        logs -= 0.5 * ((one.value - expected) / sd) ** 2 + np.log(sd)
    return logs


def _baseline(request: Request) -> Floats | None:
    """Each virtual patient's true baseline: the readings' mean, give or take their noise."""
    if not request.baseline_sbp_mmhg:
        return None
    noise = EFFECTS["pressure_reading_sd"].value / np.sqrt(len(request.baseline_sbp_mmhg))
    draws = normals(request.seed ^ BASELINE_STREAM, 0, request.particles, 1)[:, 0]
    return float(np.mean(request.baseline_sbp_mmhg)) + noise * draws


def _weigh(logs: Floats) -> tuple[Floats, float]:
    """Normalised weights, and the power that they were tempered with (1 when enough count)."""
    low, high = 0.0, 1.0
    weights = _normalised(logs)
    if 1.0 / np.square(weights).sum() >= EFFECTIVE_MIN:
        return weights, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        enough = 1.0 / np.square(_normalised(middle * logs)).sum() >= EFFECTIVE_MIN
        low, high = (middle, high) if enough else (low, middle)
    return _normalised(low * logs), low


def _normalised(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _scenario(solved: _Solved, weights: Floats, times: Floats, now_min: float) -> Scenario:
    times = np.union1d(times[::DRAWN_EVERY], times[-1:])
    columns = np.searchsorted(solved.times_min, times)
    parent = ("ketamine_venous_ng_ml" if "ketamine_venous_ng_ml" in solved.outputs
              else "esketamine_ng_ml")  # fmt: skip
    bands = {}
    for name, source in zip(OUTPUTS, (parent, *OUTPUTS[1:]), strict=True):
        levels = quantiles(solved.outputs[source][:, columns], weights, LEVELS)
        rounded = tuple(tuple(level) for level in np.round(levels, DECIMALS).tolist())
        bands[name] = Band(tuple(float(time) for time in times), rounded)
    return Scenario(bands, _clear(solved, weights, now_min))


def quantiles(values: Floats, weights: Floats, percent: tuple[int, ...]) -> Floats:
    """Weighted quantiles over the first axis: (levels, times).

    A quantile lies where the summed weight, each patient's counted half before and half after it,
    reaches the level; between two patients it is interpolated.
    """
    by_time = np.ascontiguousarray(values.T)  # sorting is bound by memory
    order = np.argsort(by_time, axis=1)
    ranked = np.take_along_axis(by_time, order, axis=1)
    ordered = weights[order]
    summed = np.cumsum(ordered, axis=1) - 0.5 * ordered
    wanted = np.array(percent) / 100.0
    return np.stack([np.interp(wanted, *each) for each in zip(summed, ranked, strict=True)], axis=1)


def _clear(
    solved: _Solved, weights: Floats, now_min: float
) -> tuple[float | None, float | None, float | None]:
    """When neither thinking nor wakefulness is impaired any more, as 5, 50 and 95 %."""
    limit = EFFECTS["recovered_below"].value
    impaired = ((solved.outputs["cognition_impairment"] >= limit)
                | (solved.outputs["sedation_impairment"] >= limit))  # fmt: skip
    times = solved.times_min
    later = np.append(times[1:], np.inf)
    last = times.size - 1 - impaired[:, ::-1].argmax(axis=1)
    when = np.where(impaired.any(axis=1), np.maximum(later[last], now_min), now_min)
    order = np.argsort(when)
    summed = np.cumsum(weights[order])
    low, middle, high = (
        float(when[order][min(int(np.searchsorted(summed, q)), when.size - 1)])
        for q in (0.05, 0.5, 0.95))  # fmt: skip
    return _finite(low), _finite(middle), _finite(high)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _used(request: Request) -> tuple[Observed, ...]:
    baseline = request.baseline_sbp_mmhg
    rest = round(float(np.mean(baseline)), 1) if baseline else None
    return tuple(
        one if one.sign is Sign.CADSS else replace(one, value=round(one.value - (rest or 0.0), 1))
        for one in request.observed
        if one.sign is Sign.CADSS or rest is not None
    )


def _assumed(request: Request) -> tuple[str, ...]:
    """What it takes for granted. A question from before `told` says to the letter what it said."""
    who = request.covariates
    other = who.ancestry is Ancestry.OTHER
    if request.told:
        none = "none of the medicines, foods and conditions on the list"
        charted = f"Reckoned with {in_words(who.interactions) or none}, as charted."
        asked = " Assumes no ancestry in which clearance differs: that is not asked."
        return (charted + asked if other else charted,)
    if who.interactions or not other:
        return ()
    return (
        "Assumes no medicine, food or liver disease that changes clearance, and no ancestry in "
        "which it differs: none was told.",
    )


def _sentence(request: Request, matched: bool) -> str:
    seen = len(_used(request))
    if not matched:
        return ("Prediction. What was observed is unlike what the model expects for this patient; "
                "the bands follow the observations only in part. Trust the monitor.")  # fmt: skip
    if not seen:
        return "Prediction from published group means. Nothing observed has been used yet."
    readings = "1 observation" if seen == 1 else f"{seen} observations"
    return f"Prediction from published group means, weighed by {readings} so far."
