"""How far rounding may show in a patient: the sizes of what was added up, beside what came out (numba).

Modes with near rates have large coefficients of opposite signs. What cancels leaves its rounding
behind, so an output is as exact as its terms' sizes over its peak allow. That ratio is measured for
every patient, in place of guessing it from the distances of the rates: products of many harmless
ones had been missed, and others, of modes that hold next to nothing, sent to the careful solver.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit

from .ahead import of_model
from .lanes import OPTIONS, if_greater, larger, load, size_of, spread, store
from .modes import POOR
from .summary_kernel import EFFECT_MAX

# What only the effects hang on may be so much less exact: see LINEAR and EVERYTHING in the tests.
EFFECTS_BEAR = 1000.0


def strainer(shape):
    """A function that adds up the sizes of a model's terms."""
    blocks, modes, channels, own = shape[1:5]
    total, chain = len(shape.reach), shape.chain

    @njit(**OPTIONS)
    @of_model(shape)
    def strain(life, b, rows, given, swung, worst, y):
        """The sizes of the terms of each output, written at its row of `y`, in ng/mL.

        A change of rate moves a mode by its life times the rate, which may be more than what arrives.
        The first mode of a double pole feeds the second.
        """
        for r in range(total):
            store(y, r, spread(0.0))
        for c in range(blocks):
            fed = spread(0.0)
            for m in range(modes):
                size = fed
                for channel in range(channels):
                    moved = load(given[c], channel) + load(swung[c], channel) * load(life[c], m)
                    size = size + size_of(load(b[c], channel * modes + m)) * moved
                fed = size * load(life[c], m) if m == chain else spread(0.0)
                size = size * load(worst, 0)
                for r in range(own if c else 0, total if c else own):
                    part = size_of(load(rows[c], (r - own if c else r) * modes + m))
                    store(y, r, load(y, r) + part * size)

    return strain


@njit(**OPTIONS)
def over(size, peak):
    """Their ratio; POOR where there is none. An output that no drug reaches has neither."""
    ratio = size / larger(peak, spread(1e-300))
    return if_greater(spread(POOR), ratio, ratio, spread(POOR))


@njit(**OPTIONS)
def of_curves(y, peaks):
    """The worst ratio of any output; `y` as `strain` leaves it, `peaks` (outputs, WIDTH)."""
    worst = spread(0.0)
    for r in range(peaks.shape[0]):
        worst = larger(worst, over(load(y, r), load(peaks, r)))
    return worst


@njit(**OPTIONS)
def of_summaries(y, rows, kept):
    """The same for what the summaries are made of; `rows` and `kept` as `observe` has them."""
    drug, nk, effect, habit_sbp, habit_cadss, twin = rows
    x, m = load(y, drug), load(y, nk)
    if twin > 0:
        x, m = x + load(y, drug + twin), m + load(y, nk + twin)
    felt = larger(load(y, effect), larger(load(y, habit_sbp), load(y, habit_cadss)))
    felt = over(felt, load(kept, EFFECT_MAX)) * (1.0 / EFFECTS_BEAR)
    return larger(felt, larger(over(x, load(kept, 0)), over(m, load(kept, 3))))
