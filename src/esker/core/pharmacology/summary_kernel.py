"""What is kept of a patient-session when nobody asks for the whole curve (numba)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit

from .lanes import OPTIONS, WIDTH, if_greater, larger, load, smaller, spread, store
from .layout import SUMMARIES as NAMES

SUMMARIES = len(NAMES)
# Rows of the effects vector, filled by `effects.kernel_constants`.
SBP_C50, SBP_M50, CADSS_C50, CADSS_M50, CADSS_MAX, COGNITION, SEDATION = range(7)


@njit(**OPTIONS)
def start(kept):
    """Begin with nothing seen; a recovery time of -1 means never impaired."""
    for r in range(SUMMARIES):
        store(kept, r, spread(-1.0 if r >= 9 else 0.0))


@njit(**OPTIONS)
def _peak(value, time, kept, r):
    best = load(kept, r)
    store(kept, r, larger(value, best))
    store(kept, r + 1, if_greater(value, best, spread(time), load(kept, r + 1)))


@njit(**OPTIONS)
def observe(time, later, drug, nk, effect, tolerance_sbp, tolerance_cadss, feel, k, kept):
    """Fold one output time into the summaries: two divisions, the rest compares.

    `later` is the next output time: somebody impaired now has recovered then at the earliest.
    """
    _peak(drug, time, kept, 0)
    store(kept, 3, larger(nk, load(kept, 3)))
    half = k[SBP_C50] + tolerance_sbp * k[SBP_M50]
    _peak(load(feel, 0) * effect / (half + effect), time, kept, 5)
    half = k[CADSS_C50] + tolerance_cadss * k[CADSS_M50]
    cube = effect * effect * effect
    score = load(feel, 1) * cube / (half * half * half + cube)
    _peak(smaller(score, spread(k[CADSS_MAX])), time, kept, 7)
    store(kept, 9, if_greater(spread(k[COGNITION]), effect, load(kept, 9), spread(later)))
    store(kept, 10, if_greater(spread(k[SEDATION]), effect, load(kept, 10), spread(later)))


@njit(**OPTIONS)
def draw(y, first, count, t, at, mine, curves):
    """Store rows `first` on of `y` at one output time, when curves are wanted at all."""
    if curves.shape[1] > 0:
        for r in range(count):
            for i in range(mine):
                curves[r, t, at + i] = y[first + r, i]


@njit(**OPTIONS)
def finish(kept, summaries, at, mine):
    """Scale and store; minutes of area become hours, -1 becomes NaN."""
    for i in range(mine):
        for r in range(SUMMARIES):
            value = kept[r, i]
            if r == 2 or r == 4:
                value = value / 60.0
            if r >= 9 and value < 0.0:
                value = np.nan
            summaries[r, at + i] = value


@njit(**OPTIONS)
def take(source, at, mine, out):
    """Copy eight patients' columns; spare lanes repeat the last patient."""
    for r in range(out.shape[0]):
        for i in range(WIDTH):
            out[r, i] = source[r, at + min(i, mine - 1)]
