"""Building blocks of the exact solver: a compartment model as decaying modes (numba).

A linear model is a sum of exponentials whose rates are the eigenvalues of its matrix. Nothing here
calls LAPACK: the drug block is an arrowhead matrix (one centre, several neighbours), metabolite
blocks are quadratics, and every other stage is a single pole. Stages are chained by `add_filter`,
which is the partial-fraction rule for one more pole.

Work arrays are (rows, WIDTH), one patient a column; a `row` of a model with M modes is M such rows, at
an offset. `b[channel * M + m]` is what a unit bolus adds to mode m. Rates are per minute.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit

from .lanes import (
    OPTIONS,
    any_greater,
    if_greater,
    larger,
    load,
    root,
    size_of,
    smaller,
    spread,
    store,
)

NEWTON_STEPS = 40
# Newton is quadratic: a last relative step of this size leaves an error near 1e-16.
CONVERGED = 1e-8
# A share that hangs on a distance of rates may lose so much of its precision, and not more.
LOST_MAX = 1e6
POOR = 1e300


@njit(**OPTIONS)
def arrowhead(count, a0, a1, a2, a3, s1, s2, s3, lam, shares, work):
    """The `count` slowest eigenvalues of a centre with three neighbours, and their shares in it.

    The eigenvalues interlace the neighbours' exit rates, which brackets each one; Newton then runs
    on the product form, which has no poles. All go side by side: one alone waits for its division.
    A model with two neighbours gives the third one no coupling and the fastest rate.

    Parameters
    ----------
    a0, a1, a2, a3 : exit rates of the centre and its neighbours
    s1, s2, s3 : squared couplings
    lam, shares : the eigenvalues are written here, slowest first, and what a bolus gives to each
    work : 3 * count rows

    Returns
    -------
    1, or POOR where one is not settled to full precision
    """
    low, high = smaller(a1, smaller(a2, a3)), larger(a1, larger(a2, a3))
    edges = (
        spread(0.0),
        low,
        larger(smaller(a1, a2), smaller(larger(a1, a2), a3)),
        high,
        larger(a0, high) + root(s1 + s2 + s3),
    )
    for j in range(count):
        x = 0.5 * (edges[j] + edges[j + 1])
        store(lam, j, x)
        store(work, j, x)
        store(work, count + j, edges[j])
        store(work, 2 * count + j, edges[j + 1])
    for _ in range(NEWTON_STEPS):
        busy, sign = False, 1.0
        for j in range(count):
            x, step = load(lam, j), load(work, j)
            moving = CONVERGED * x
            busy |= any_greater(step, moving)
            left, right = load(work, count + j), load(work, 2 * count + j)
            d, d1, d2, d3 = a0 - x, a1 - x, a2 - x, a3 - x
            p12, p13, p23 = d1 * d2, d1 * d3, d2 * d3
            own = s1 * p23 + s2 * p13 + s3 * p12
            f = d * d1 * p23 - own
            slope = s1 * (d2 + d3) + s2 * (d1 + d3) + s3 * (d1 + d2)
            slope = slope - d1 * p23 - d * (p23 + p13 + p12)
            rising = sign * f
            left = if_greater(rising, spread(0.0), x, left)
            right = if_greater(rising, spread(0.0), right, x)
            new = x - f / slope
            halfway = 0.5 * (left + right)
            new = if_greater(left, new, halfway, if_greater(new, right, halfway, new))
            # A lane that has settled stays, so that no patient's digits depend on the neighbours'.
            store(lam, j, if_greater(step, moving, new, x))
            store(work, j, if_greater(step, moving, size_of(new - x), step))
            store(work, count + j, left)
            store(work, 2 * count + j, right)
            sign = -sign
        if not busy:
            break
    worst = spread(1.0)
    for j in range(count):
        x, step = load(lam, j), load(work, j)
        d1, d2, d3 = a1 - x, a2 - x, a3 - x
        store(shares, j, 1.0 / (1.0 + s1 / (d1 * d1) + s2 / (d2 * d2) + s3 / (d3 * d3)))
        nearest = smaller(size_of(d1), size_of(d2))
        nearest = if_greater(s3, spread(0.0), smaller(nearest, size_of(d3)), nearest)
        worst = if_greater(step, CONVERGED * x, spread(POOR), worst)
        worst = if_greater(x, LOST_MAX * nearest, spread(POOR), worst)
    return worst


@njit(**OPTIONS)
def pair(a0, a1, s):
    """Both eigenvalues of a centre with one neighbour, and their shares in the centre.

    The slow one comes from the product of the two, because the difference would cancel.
    """
    half, spread_ = 0.5 * (a0 + a1), 0.5 * (a0 - a1)
    fast = half + root(spread_ * spread_ + s)
    slow = (a0 * a1 - s) / fast
    to_fast, to_slow = a1 - fast, a1 - slow
    share = 1.0 / (1.0 + s / (to_fast * to_fast))
    return fast, slow, share, 1.0 / (1.0 + s / (to_slow * to_slow))


@njit(**OPTIONS)
def add_filter(n, reach, modes, chain, pole, gain, rows, source, out, lam, b):
    """Append the one-pole stage y' = gain * x - pole * y as mode `n`; x is the row at `source`.

    Partial fractions: every mode m of x appears in y divided by (pole - lam_m), and the new mode
    cancels them at time 0. Modes `chain` and `chain + 1` (if chain >= 0) are a double pole: the
    second is fed by the first, which adds a term of second order. Equal poles give infinities, which
    send the patient to the dense solver.

    Parameters
    ----------
    reach : which modes x may hold, as (first, last + 1) stretches; of y only these and n are written
    modes : number of modes of the whole model, the stride of `rows` and `b`
    rows : coefficients of every row; y is written at `out`
    b : on entry `b[:, n]` holds what goes straight into y
    """
    store(lam, n, pole)
    later = spread(0.0)
    for first, last in reach:
        for back in range(last - first):
            m = last - 1 - back  # downwards: the second of a double pole is needed before the first
            x = gain * load(rows, source + m)
            if m == chain:
                x = x - later
            later = x / (pole - load(lam, m))
            store(rows, out + m, later)
    for into in range(0, b.shape[0], modes):
        gained = load(b, into + n)
        for first, last in reach:
            for m in range(first, last):
                gained = gained - load(b, into + m) * load(rows, out + m)
        store(b, into + n, gained)
    store(rows, out + n, spread(1.0))


@njit(**OPTIONS)
def add_delay(n, modes, pole, rows, source, out, lam, b):
    """Append a chain of two equal poles (mean transit time 2 / pole) as modes n and n + 1.

    The second state is y = pole * z2 + the row at `out`, with z1' = -pole z1 and z2' = -pole z2 +
    z1. The double pole stays exact; splitting it into two near poles would cost seven digits.
    One input channel.
    """
    first = second = spread(0.0)
    for m in range(n):
        d = pole - load(lam, m)
        d = if_greater(size_of(d), spread(1e-150), d, spread(1e-150))
        one = load(rows, source + m) / d
        two = one * pole / d
        store(rows, out + m, two)
        first = first - load(b, m) * one
        second = second - load(b, m) * two
    for k in range(2):
        store(lam, n + k, pole)
    store(b, n, first)
    store(b, n + 1, second / pole)
    store(rows, out + n, spread(0.0))
    store(rows, out + n + 1, pole)


@njit(**OPTIONS)
def scale_row(reach, factor, rows, source, out):
    """What reaches the row at `source` times `factor`, written at `out`."""
    for first, last in reach:
        for m in range(first, last):
            store(rows, out + m, factor * load(rows, source + m))


@njit(**OPTIONS)
def add_row(reach, factor, rows, source, out):
    """Add `factor` times what reaches the row at `source` to the row at `out`."""
    for first, last in reach:
        for m in range(first, last):
            store(rows, out + m, load(rows, out + m) + factor * load(rows, source + m))


@njit(**OPTIONS)
def add_pools(n, reach, modes, chain, leaves, there, back, made, rows, source, spare, out, lam, b):
    """Append a metabolite's two pools as modes n and n + 1: the central one is the row at `out`.

    Parameters
    ----------
    reach : which modes the row at `source` may hold, as `add_filter` has it
    leaves, there, back : rate out of the central pool, to the other one, and back from it
    made : what a unit of the row at `source` makes of it in a minute
    spare : a row to work in
    """
    fast, slow, one, two = pair(leaves + there, back, there * back)
    add_filter(n, reach, modes, chain, fast, made * one, rows, source, out, lam, b)
    add_filter(n + 1, reach, modes, chain, slow, made * two, rows, source, spare, lam, b)
    add_row(reach, 1.0, rows, spare, out)
    store(rows, out + n + 1, spread(1.0))
