"""What is kept of a patient-session when nobody asks for the whole curve (numba)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit

from .lanes import (
    INLINED,
    OPTIONS,
    WIDTH,
    if_greater,
    larger,
    load,
    load_at,
    smaller,
    spread,
    store,
    store_at,
)
from .layout import SUMMARIES as NAMES

SUMMARIES = len(NAMES)
EFFECT_MAX = SUMMARIES  # kept beside them: the peak of the effect site
KEPT = SUMMARIES + 1
# Rows of the effects vector, filled by `effects.kernel_constants`.
SBP_C50, SBP_M50, CADSS_C50, CADSS_M50, CADSS_MAX, COGNITION, SEDATION = range(7)


@njit(**OPTIONS)
def start(kept):
    """Begin with nothing seen; a recovery time of -1 means never impaired."""
    for r in range(KEPT):
        store(kept, r, spread(-1.0 if r == 9 or r == 10 else 0.0))


@njit(**INLINED)
def _later(value, best, time, when):
    """The time of the larger of a value and the best one so far."""
    return if_greater(value, best, spread(time), when)


@njit(**INLINED)
def observe(y, stride, rows, output_of, begin, end, times, feel, k, kept):
    """Fold some output times into the summaries: two divisions for each, the rest compares.

    Knots `begin` to `end` stand in `y`, `stride` rows each; `output_of` says which output each is (-1:
    nobody asked), `rows` where drug, metabolite, effect site and the two tolerances stand, and how
    many rows on the other enantiomer's drug and metabolite are (0: there is none). Somebody impaired now has
    recovered at the next output time at the earliest. What has been kept stays in registers.
    """
    drug, nk, effect, strain, habit, twin = rows
    sbp, cadss = load(feel, 0), load(feel, 1)
    cmax, tmax, nk_max = load(kept, 0), load(kept, 1), load(kept, 3)
    rise, rise_at, peak, peak_at = load(kept, 5), load(kept, 6), load(kept, 7), load(kept, 8)
    clear, awake, effect_max = load(kept, 9), load(kept, 10), load(kept, EFFECT_MAX)
    for knot in range(begin, end):
        t, at = output_of[knot], (knot - begin) * stride
        if t < 0:
            continue
        time, later = times[t], spread(times[t + 1])
        x, m = load(y, at + drug), load(y, at + nk)
        if twin > 0:
            x, m = x + load(y, at + drug + twin), m + load(y, at + nk + twin)
        tmax, cmax = _later(x, cmax, time, tmax), larger(x, cmax)
        nk_max = larger(m, nk_max)
        e = load(y, at + effect)
        effect_max = larger(e, effect_max)
        x = sbp * e / (k[SBP_C50] + load(y, at + strain) * k[SBP_M50] + e)
        rise_at, rise = _later(x, rise, time, rise_at), larger(x, rise)
        half = k[CADSS_C50] + load(y, at + habit) * k[CADSS_M50]
        cube = e * e * e
        x = smaller(cadss * cube / (half * half * half + cube), spread(k[CADSS_MAX]))
        peak_at, peak = _later(x, peak, time, peak_at), larger(x, peak)
        clear = if_greater(spread(k[COGNITION]), e, clear, later)
        awake = if_greater(spread(k[SEDATION]), e, awake, later)
    store(kept, 0, cmax)
    store(kept, 1, tmax)
    store(kept, 3, nk_max)
    store(kept, 5, rise)
    store(kept, 6, rise_at)
    store(kept, 7, peak)
    store(kept, 8, peak_at)
    store(kept, 9, clear)
    store(kept, 10, awake)
    store(kept, EFFECT_MAX, effect_max)


@njit(**INLINED)
def draw(y, stride, output_of, begin, end, at, mine, curves, peaks):
    """Store the `stride` rows of each wanted knot and keep their peaks, when curves are wanted at all."""
    if curves.shape[1] > 0:
        for knot in range(begin, end):
            t, first = output_of[knot], (knot - begin) * stride
            if t >= 0:
                for r in range(stride):
                    put(y, first + r, mine, curves[r], t, at)
                    store(peaks, r, larger(load(peaks, r), load(y, first + r)))


@njit(**OPTIONS)
def finish(kept, summaries, at, mine):
    """Scale and store; minutes of area become hours, -1 becomes NaN."""
    for r in range(SUMMARIES):
        value = load(kept, r)
        if r == 2 or r == 4:
            value = value / 60.0
        if r >= 9:
            value = if_greater(spread(0.0), value, spread(np.nan), value)
        store(kept, r, value)
        put(kept, r, mine, summaries, r, at)


@njit(**INLINED)
def put(source, row, mine, out, into, at):
    """Store the first `mine` lanes of a row from column `at` of `out` on."""
    if mine == WIDTH:
        store_at(out, into, at, load(source, row))
        return
    for i in range(mine):
        out[into, at + i] = source[row, i]


@njit(**OPTIONS)
def take(source, at, mine, out):
    """Copy WIDTH patients' columns; spare lanes repeat the last patient."""
    for r in range(out.shape[0]):
        if mine == WIDTH:
            store(out, r, load_at(source, r, at))
            continue
        for i in range(WIDTH):
            out[r, i] = source[r, at + min(i, mine - 1)]
