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
    INLINED,
    OPTIONS,
    any_greater,
    exp_minus,
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
# Rounding is 1e-16 times this amplification; beyond it a patient goes to the dense solver.
AMPLIFICATION_MAX = 1e6
POOR = 1e300
NEAR = 30.0


@njit(**OPTIONS)
def arrowhead_root(j, a0, a1, a2, a3, s1, s2, s3):
    """Eigenvalue `j` (from the slowest) of a centre with three neighbours, and how it went.

    The eigenvalues interlace the neighbours' exit rates, which brackets each one; Newton then runs
    on the product form, which has no poles. A model with two neighbours gives the third one no
    coupling and the fastest rate.

    Parameters
    ----------
    a0, a1, a2, a3 : exit rates of the centre and its neighbours
    s1, s2, s3 : squared couplings

    Returns
    -------
    eigenvalue, its share in the centre, and 1, or POOR where it is not settled to full precision
    """
    low, high = smaller(a1, smaller(a2, a3)), larger(a1, larger(a2, a3))
    middle = larger(smaller(a1, a2), smaller(larger(a1, a2), a3))
    left, right, sign = spread(0.0), low, 1.0
    if j == 1:
        left, right, sign = low, middle, -1.0
    elif j == 2:
        left, right, sign = middle, high, 1.0
    elif j == 3:
        left, right, sign = high, larger(a0, high) + root(s1 + s2 + s3), -1.0
    x = 0.5 * (left + right)
    step = x
    for _ in range(NEWTON_STEPS):
        if not any_greater(step, CONVERGED * x):
            break
        d, d1, d2, d3 = a0 - x, a1 - x, a2 - x, a3 - x
        p12, p13, p23 = d1 * d2, d1 * d3, d2 * d3
        f = d * d1 * p23 - s1 * p23 - s2 * p13 - s3 * p12
        slope = s1 * (d2 + d3) + s2 * (d1 + d3) + s3 * (d1 + d2) - d1 * p23 - d * (p23 + p13 + p12)
        rising = sign * f
        left = if_greater(rising, spread(0.0), x, left)
        right = if_greater(rising, spread(0.0), right, x)
        new = x - f / slope
        halfway = 0.5 * (left + right)
        new = if_greater(left, new, halfway, if_greater(new, right, halfway, new))
        # A lane that has settled stays, so that no patient's digits depend on the neighbours'.
        new = if_greater(step, CONVERGED * x, new, x)
        step, x = if_greater(step, CONVERGED * x, size_of(new - x), step), new
    d1, d2, d3 = a1 - x, a2 - x, a3 - x
    share = 1.0 / (1.0 + s1 / (d1 * d1) + s2 / (d2 * d2) + s3 / (d3 * d3))
    nearest = smaller(size_of(d1), size_of(d2))
    nearest = if_greater(s3, spread(0.0), smaller(nearest, size_of(d3)), nearest)
    settled = if_greater(step, CONVERGED * x, spread(POOR), spread(1.0))
    return x, share, if_greater(x, AMPLIFICATION_MAX * nearest, spread(POOR), settled)


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
def add_filter(n, modes, chain, pole, gain, rows, source, out, lam, b, gap):
    """Append the one-pole stage y' = gain * x - pole * y as mode `n`; x is the row at `source`.

    Partial fractions: every mode m of x appears in y divided by (pole - lam_m), and the new mode
    cancels them at time 0. Modes `chain` and `chain + 1` (if chain >= 0) are a double pole: the
    second is fed by the first, which adds a term of second order.

    Parameters
    ----------
    modes : number of modes of the whole model, the stride of `rows` and `b`
    rows : coefficients of every row; y is written at `out`
    b : on entry `b[:, n]` holds what goes straight into y
    gap : amplification of rounding along each mode so far

    Returns
    -------
    The largest amplification of any mode.
    """
    store(lam, n, pole)
    own, worst, later = spread(1.0), spread(1.0), spread(0.0)
    for back in range(n):
        m = n - 1 - back  # downwards: the second of a double pole is needed before the first
        x = gain * load(rows, source + m)
        used = size_of(x)
        if m == chain:
            x = x - later
        rate = load(lam, m)
        d = pole - rate
        d = if_greater(size_of(d), spread(1e-290), d, spread(1e-290))
        later = x / d
        store(rows, out + m, later)
        ratio = larger(pole, rate) / size_of(d)
        if chain >= 0 and (m == chain or m == chain + 1):
            ratio = ratio * ratio
        ratio = if_greater(ratio, spread(NEAR), ratio, spread(1.0))
        ratio = if_greater(used, spread(0.0), ratio, spread(1.0))
        strain = smaller(load(gap, m) * ratio, spread(POOR))
        store(gap, m, strain)
        own = if_greater(used, spread(0.0), larger(own, strain), own)
        worst = larger(worst, strain)
        for into in range(0, b.shape[0], modes):
            store(b, into + n, load(b, into + n) - load(b, into + m) * later)
    store(rows, out + n, spread(1.0))
    store(gap, n, own)
    return larger(own, worst)


@njit(**OPTIONS)
def add_delay(n, modes, pole, rows, source, out, lam, b, gap):
    """Append a chain of two equal poles (mean transit time 2 / pole) as modes n and n + 1.

    The second state is y = pole * z2 + the row at `out`, with z1' = -pole z1 and z2' = -pole z2 +
    z1. The double pole stays exact; splitting it into two near poles would cost seven digits.
    One input channel.
    """
    own, first, second = spread(1.0), spread(0.0), spread(0.0)
    for m in range(n):
        rate = load(lam, m)
        d = pole - rate
        d = if_greater(size_of(d), spread(1e-150), d, spread(1e-150))
        ratio = larger(pole, rate) / size_of(d)
        ratio = if_greater(ratio, spread(NEAR), ratio * ratio, spread(1.0))
        strain = smaller(load(gap, m) * ratio, spread(POOR))
        store(gap, m, strain)
        own = larger(own, strain)
        one = load(rows, source + m) / d
        two = one * pole / d
        store(rows, out + m, two)
        first = first - load(b, m) * one
        second = second - load(b, m) * two
    for k in range(2):
        store(lam, n + k, pole)
        store(gap, n + k, own)
    store(b, n, first)
    store(b, n + 1, second / pole)
    store(rows, out + n, spread(0.0))
    store(rows, out + n + 1, pole)
    return own


@njit(**OPTIONS)
def scale_row(modes, factor, rows, source, out):
    """The row at `source` times `factor`, written at `out`."""
    for m in range(modes):
        store(rows, out + m, factor * load(rows, source + m))


@njit(**OPTIONS)
def add_row(modes, factor, rows, source, out):
    """Add `factor` times the row at `source` to the row at `out`."""
    for m in range(modes):
        store(rows, out + m, load(rows, out + m) + factor * load(rows, source + m))


@njit(**OPTIONS)
def decay_factors(lam, gaps, factor):
    """exp(-lam * gap) for each distinct interval, at row gap * modes + mode."""
    modes = lam.shape[0]
    for g in range(gaps.size):
        for m in range(modes):
            store(factor, g * modes + m, exp_minus(load(lam, m) * gaps[g]))


@njit(**OPTIONS)
def give(bolus, amount, into, chain, lam, b, w, level):
    """A bolus of `amount` mg, or a change of the input rate by `amount` mg/min, into one channel.

    Each mode is kept as its distance `w` from the level it would settle at, so that an infusion
    costs nothing between its start and its end. `into` is channel * modes.
    """
    before = spread(0.0)
    for m in range(lam.shape[0]):
        gain = load(b, into + m)
        if bolus:
            store(w, m, load(w, m) + gain * amount)
        else:
            if m == chain + 1 and chain >= 0:
                gain = gain + before
            before = gain / load(lam, m)
            settled = amount * before
            store(level, m, load(level, m) + settled)
            store(w, m, load(w, m) - settled)


@njit(**INLINED)
def quad(modes, r, rows, x, totals):
    """Add the products of four rows with `x` to their totals: four sums hide each other's latency."""
    a, b, c, d = totals
    at = r * modes
    for m in range(modes):
        v = load(x, m)
        a = a + load(rows, at + m) * v
        b = b + load(rows, at + modes + m) * v
        c = c + load(rows, at + 2 * modes + m) * v
        d = d + load(rows, at + 3 * modes + m) * v
    return a, b, c, d


@njit(**OPTIONS)
def settle(modes, count, rows, level, base):
    """What each of `count` rows would settle at under the rates now running.

    `rows` has room for a whole number of fours.
    """
    zero = spread(0.0)
    for r in range(0, count, 4):
        totals = quad(modes, r, rows, level, (zero, zero, zero, zero))
        for i in range(min(4, count - r)):
            store(base, r + i, totals[i])


@njit(**OPTIONS)
def add_area(modes, chain, row, rows, lam, b, w, level, given, kept, into):
    """Add the exact integral of one row up to now, in ng/mL min, to `kept[into]`.

    What a mode has received, less what it still holds, divided by its rate. `given` (channels, WIDTH)
    is the mg that have arrived in each channel.
    """
    total, before = load(kept, into), spread(0.0)
    for m in range(modes):
        received = spread(0.0) - load(w, m) - load(level, m)
        for channel in range(given.shape[0]):
            received = received + load(b, channel * modes + m) * load(given, channel)
        if m == chain + 1 and chain >= 0:
            received = received + before
        before = received / load(lam, m)
        total = total + load(rows, row * modes + m) * before
    store(kept, into, total)


@njit(**INLINED)
def decay(first, last, stride, gaps, q, factor, z):
    """Let modes `first` to `last` decay over the four gaps of stretch `q`, and keep all four states.

    State s of mode m stands at row s * stride + m of `z`; the last one is where the next begins.
    """
    # Read once: for all that the compiler knows, a store could change `gaps`.
    one, two = gaps[q, 0] * stride, gaps[q, 1] * stride
    three, end = gaps[q, 2] * stride, gaps[q, 3] * stride
    for m in range(first, last):
        x = load(z, 3 * stride + m) * load(factor, one + m)
        store(z, m, x)
        x = x * load(factor, two + m)
        store(z, stride + m, x)
        x = x * load(factor, three + m)
        store(z, 2 * stride + m, x)
        store(z, 3 * stride + m, x * load(factor, end + m))


@njit(**INLINED)
def decay_pair(m, stride, gaps, q, minutes, factor, z):
    """The same for modes `m` and `m + 1` of a double pole."""
    first, second = load(z, 3 * stride + m), load(z, 3 * stride + m + 1)
    for s in range(4):
        gap = gaps[q, s]
        f = load(factor, gap * stride + m)
        second = f * (second + minutes[gap] * first)
        first = f * first
        store(z, s * stride + m, first)
        store(z, s * stride + m + 1, second)


@njit(**INLINED)
def weigh(first, last, stride, row, rows, z, totals):
    """Add modes `first` to `last` of one output row to its four totals.

    Four states at a time, because reading coefficients costs more than multiplying by them.
    """
    a, b, c, d = totals
    for m in range(first, last):
        k = load(rows, row + m)
        a = a + k * load(z, m)
        b = b + k * load(z, stride + m)
        c = c + k * load(z, 2 * stride + m)
        d = d + k * load(z, 3 * stride + m)
    return a, b, c, d


@njit(**INLINED)
def weigh_two(first, last, stride, row, other, rows, z, totals, others):
    """The same for two rows at once: eight sums hide the latency of a multiply-add."""
    a, b, c, d = totals
    e, f, g, h = others
    for m in range(first, last):
        j, k = load(rows, row + m), load(rows, other + m)
        x = load(z, m)
        a, e = a + j * x, e + k * x
        x = load(z, stride + m)
        b, f = b + j * x, f + k * x
        x = load(z, 2 * stride + m)
        c, g = c + j * x, g + k * x
        x = load(z, 3 * stride + m)
        d, h = d + j * x, h + k * x
    return (a, b, c, d), (e, f, g, h)


@njit(**INLINED)
def four(base, r):
    """Where the four totals of row `r` begin: what it would settle at."""
    x = load(base, r)
    return x, x, x, x


@njit(**INLINED)
def above_zero(y, r, stride, totals):
    """Store row `r` of four outputs, lifting the rounding error of what has decayed away."""
    zero = spread(0.0)
    store(y, r, larger(totals[0], zero))
    store(y, stride + r, larger(totals[1], zero))
    store(y, 2 * stride + r, larger(totals[2], zero))
    store(y, 3 * stride + r, larger(totals[3], zero))


@njit(**OPTIONS)
def look(modes, count, rows, w, base, y, at):
    """Read `count` rows of the present state into `y` from row `at`, as after an event."""
    zero = spread(0.0)
    for r in range(0, count, 4):
        left = count - r
        totals = (
            load(base, r),
            load(base, r + 1) if left > 1 else zero,
            load(base, r + 2) if left > 2 else zero,
            load(base, r + 3) if left > 3 else zero,
        )
        totals = quad(modes, r, rows, w, totals)
        for i in range(min(4, left)):
            store(y, at + r + i, larger(totals[i], zero))
