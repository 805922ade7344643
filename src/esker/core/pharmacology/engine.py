"""Runs virtual patients along a timeline: the fast kernels, and the careful solver for the few.

Everything is float64 and each patient is computed alone, so results do not depend on threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dense, dense_models
from .effects import cadss, delta_sbp, kernel_constants
from .individuals import Individuals
from .layout import ROWS, SUMMARIES
from .matrix import Arterial
from .tables_effects import EFFECTS
from .timeline import Timeline

Floats = NDArray[np.float64]
# Of an output's peak, and the least roundings counted on the way to it.
BOUND, ROUNDINGS = 1e-9, 60
# So few patients are solved before the compiled kernels would have loaded.
FEW = 2


@dataclass(frozen=True, slots=True)
class Output:
    """Curves (rows, times, patients) and summaries (SUMMARIES, patients); either may be empty."""

    curves: Floats
    summaries: Floats


def run(
    who: Individuals, amounts: Floats, timeline: Timeline, times_min: Floats,
    curves: bool, summaries: bool,
) -> Output:  # fmt: skip
    """Solve every patient.

    Parameters
    ----------
    who
        Patients of one model.
    amounts
        (columns, patients) mg for each input of the timeline.
    timeline
        From `timeline.lay_out` with the same `times_min`.
    curves, summaries
        What to compute.
    """
    n, rows = who.count, len(ROWS[who.model])
    out = np.empty((rows, times_min.size if curves else 0, n))
    kept = np.empty((len(SUMMARIES), n if summaries else 0))
    solve = _few if n <= FEW else _compiled
    solve(who, amounts, timeline, times_min, out, kept)
    return Output(out, kept)


def _few(
    who: Individuals, amounts: Floats, timeline: Timeline, times_min: Floats,
    out: Floats, kept: Floats,
) -> None:  # fmt: skip
    """Everybody by the careful solver, without a compiler."""
    rows, area, area_nk = dense_rows(who.model, who.parameters, amounts, timeline)
    if out.shape[1]:
        out[:] = rows
    if kept.shape[1]:
        kept[:] = summarise(who.model, rows, area, area_nk, who.feel, times_min)


def _compiled(
    who: Individuals, amounts: Floats, timeline: Timeline, times_min: Floats,
    out: Floats, kept: Floats,
) -> None:  # fmt: skip
    """The fast kernels for everybody, then the careful one for whom rounding may show."""
    from . import dense_kernel

    amplification = fast(who, amounts, timeline, times_min, out, kept)
    near = np.flatnonzero(~(amplification <= bearable(timeline)))
    if near.size:
        curves = np.empty((*out.shape[:2], near.size))
        summaries = np.empty((len(kept), near.size if kept.shape[1] else 0))
        systems = dense_models.systems(who.model, who.parameters[:, near])
        dense_kernel.run(systems, _kernel(who.model)[1], timeline, amounts[:, near],
                         _sized(who.feel[:, near]), times_min, curves, summaries)  # fmt: skip
        out[:, :, near] = curves
        if kept.shape[1]:
            kept[:, near] = summaries


def fast(
    who: Individuals, amounts: Floats, timeline: Timeline, times_min: Floats,
    out: Floats, kept: Floats,
) -> Floats:  # fmt: skip
    """Fill `out` and `kept` by the fast kernels; (patients,) how far rounding may show in each."""
    amplification = np.empty(who.count)
    _kernel(who.model)[0](
        np.ascontiguousarray(who.parameters), np.ascontiguousarray(amounts), _sized(who.feel),
        timeline.gaps_min, timeline.sums, timeline.regular, timeline.stretch_ahead,
        timeline.stretch_gap, timeline.stretch_end, timeline.output_of_knot, timeline.first_event,
        timeline.event_channel, timeline.event_column, timeline.event_scale, timeline.delivered,
        np.append(times_min, np.inf), kernel_constants(), out, kept, amplification,
    )  # fmt: skip
    return amplification


def bearable(timeline: Timeline) -> float:
    """The amplification at which the roundings on the way may add up to the bound.

    Decay factors are powers: the more knots, the more roundings. `./dev bench rounding` looks.
    """
    return BOUND / (2.0**-53 * max(ROUNDINGS, timeline.gap_of_knot.size / 2.0))


def _kernel(model: str) -> tuple[Callable[..., None], Any]:
    """The compiled sweep of a model and its shape; whoever needs neither loads no compiler."""
    if model == "E":
        from . import kernel_e

        return kernel_e.sweep_e, kernel_e.SHAPE
    from . import kernel_r

    return kernel_r.sweep_r, kernel_r.SHAPE


def _sized(feel: Floats) -> Floats:
    """Each patient's largest pressure rise and score."""
    largest = [[EFFECTS["sbp_emax"].value], [EFFECTS["cadss_emax"].value]]
    return np.ascontiguousarray(feel * np.array(largest))


def dense_rows(
    model: str, parameters: Floats, amounts: Floats, timeline: Timeline
) -> tuple[Floats, Floats, Floats]:
    """Rows of the kernels' layout by the dense solver, and both areas at the last time."""
    if model == "E":
        y = dense.run(dense_models.system_e(parameters), timeline, amounts)
        return np.maximum(y[:6], 0.0), y[6, -1], y[7, -1]
    # Both enantiomers as patients of one call, each with its own share of the drug.
    channel = _channel_of_column(timeline, len(amounts))[:, None]
    two = dense_models.systems(model, parameters)
    both = dense.System(
        np.concatenate([each.a for each in two]), two[0].b, np.concatenate([each.c for each in two])
    )
    mine = np.concatenate([amounts * (channel == which) for which in range(2)], axis=1)
    y = dense.run(both, _all_into_first(timeline), mine)
    s, r = np.split(y, 2, axis=2)
    rows = np.concatenate([s[:7], r[:4]])
    return np.maximum(rows, 0.0), s[7, -1] + r[7, -1], s[8, -1] + r[8, -1]


def _channel_of_column(timeline: Timeline, columns: int) -> NDArray[np.int64]:
    found = np.zeros(columns, dtype=np.int64)
    found[timeline.event_column] = timeline.event_channel
    return found


def _all_into_first(timeline: Timeline) -> Timeline:
    return replace(timeline, event_channel=np.zeros_like(timeline.event_channel))


def summarise(
    model: str, rows: Floats, area: Floats, area_nk: Floats, feel: Floats, times_min: Floats
) -> Floats:
    """The kernels' summaries from whole curves; rows of the result are `layout.SUMMARIES`."""
    named = dict(zip(ROWS[model], rows, strict=True))
    drug = named["venous"] if model == "E" else named["s_venous"] + named["r_venous"]
    nk = named["nk"] if model == "E" else named["s_nk"] + named["r_nk"]
    effect = Arterial(named["effect"])
    rise = delta_sbp(effect, named["tolerance_sbp"], feel[0])
    score = cadss(effect, named["tolerance_cadss"], feel[1])
    limits = kernel_constants()[5:7]
    later = np.append(times_min[1:], np.inf)
    return np.stack([
        *_peak(drug, times_min), area / 60.0, nk.max(axis=0), area_nk / 60.0,
        *_peak(rise, times_min), *_peak(score, times_min),
        *(_recovery(effect.ng_ml >= limit, later) for limit in limits),
    ])  # fmt: skip


def _peak(curve: Floats, times_min: Floats) -> tuple[Floats, Floats]:
    best: Floats = curve.max(axis=0)
    return best, np.where(best > 0.0, times_min[curve.argmax(axis=0)], 0.0)


def _recovery(impaired: NDArray[np.bool_], later: Floats) -> Floats:
    """The output time after the last impaired one; NaN if never, infinite if still so."""
    last = len(impaired) - 1 - impaired[::-1].argmax(axis=0)
    return np.where(impaired.any(axis=0), later[last], np.nan)
