"""Patients in modes along the knots, whatever the model (numba): what both kernels share.

A model is one or two blocks of equally many modes that do not touch (Model R: the enantiomers). Its
kernel hands over `build`, which fills `lam`, `b` and `rows` of a block, and `read`, which knows what
modes each output needs. Work arrays are (blocks, rows, WIDTH); a function on one block takes its part.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from .lanes import (
    ALLOCATING,
    CHUNK,
    INLINED,
    OPTIONS,
    WIDTH,
    empty_blocks,
    empty_rows,
    exp_minus,
    larger,
    load,
    spread,
    store,
)
from .layout import AHEAD
from .summary_kernel import SUMMARIES, draw, finish, observe, start, take


@njit(**OPTIONS)
def decay_factors(lam, gaps, sums, factor):
    """exp(-lam * gap) for each distinct interval, at row gap * modes + mode.

    A gap that is the sum of two shorter ones (`sums`, -1: it is none) takes their factors' product.
    """
    modes = lam.shape[0]
    for g in range(gaps.size):
        one, two = sums[g, 0] * modes, sums[g, 1] * modes
        for m in range(modes):
            if one >= 0:
                kept = load(factor, one + m) * load(factor, two + m)
            else:
                kept = exp_minus(load(lam, m) * gaps[g])
            store(factor, g * modes + m, kept)


@njit(**OPTIONS)
def look_ahead(modes, count, chain, gap, gaps, a, rows, factor, ahead, leap):
    """What the present modes give to `count` outputs one to four gaps on, and their decay over all.

    The coefficient of mode m in row r after gap i stands at ((a * count + r) * modes + m) * AHEAD + i:
    the row times powers of one step, so that four outputs cost no more than their products.
    """
    for m in range(modes):
        f = load(factor, gap * modes + m)
        square = f * f
        cube, fourth = f * square, square * square
        store(leap, a * modes + m, fourth)
        for r in range(count):
            coefficient, at = load(rows, r * modes + m), ((a * count + r) * modes + m) * AHEAD
            store(ahead, at, coefficient * f)
            store(ahead, at + 1, coefficient * square)
            store(ahead, at + 2, coefficient * cube)
            store(ahead, at + 3, coefficient * fourth)
    if chain >= 0:
        for r in range(count):
            at = ((a * count + r) * modes + chain) * AHEAD
            for i in range(AHEAD):
                fed = ((i + 1.0) * gaps[gap]) * load(ahead, at + AHEAD + i)
                store(ahead, at + i, load(ahead, at + i) + fed)


@njit(**OPTIONS)
def step(modes, chain, minutes, factor, at, w):
    """Let the modes decay; those at `chain` and after it are a double pole, the first feeds the second."""
    if chain >= 0:
        store(w, chain + 1, load(w, chain + 1) + minutes * load(w, chain))
    for m in range(modes):
        store(w, m, load(w, m) * load(factor, at * modes + m))


@njit(**INLINED)
def weigh(first, last, modes, row, ahead, w, totals):
    """Add modes `first` to `last` to the four totals of one row; `row` counts rows of `ahead`."""
    a, b, c, d = totals
    for m in range(first, last):
        x, at = load(w, m), (row * modes + m) * AHEAD
        a = a + load(ahead, at) * x
        b = b + load(ahead, at + 1) * x
        c = c + load(ahead, at + 2) * x
        d = d + load(ahead, at + 3) * x
    return a, b, c, d


@njit(**INLINED)
def weigh_two(first, last, modes, row, other, ahead, w, totals, others):
    """The same for two rows at once: eight sums hide the latency of a multiply-add."""
    a, b, c, d = totals
    e, f, g, h = others
    for m in range(first, last):
        x = load(w, m)
        at, to = (row * modes + m) * AHEAD, (other * modes + m) * AHEAD
        a, e = a + load(ahead, at) * x, e + load(ahead, to) * x
        b, f = b + load(ahead, at + 1) * x, f + load(ahead, to + 1) * x
        c, g = c + load(ahead, at + 2) * x, g + load(ahead, to + 2) * x
        d, h = d + load(ahead, at + 3) * x, h + load(ahead, to + 3) * x
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

    `rows` and `base` have room for a whole number of fours; so has `y` in `look`.
    """
    zero = spread(0.0)
    for r in range(0, count, 4):
        a, b, c, d = quad(modes, r, rows, level, (zero, zero, zero, zero))
        store(base, r, a)
        store(base, r + 1, b)
        store(base, r + 2, c)
        store(base, r + 3, d)


@njit(**OPTIONS)
def look(modes, count, rows, w, base, y, at):
    """Read `count` rows of the present state into `y` from row `at`."""
    zero = spread(0.0)
    for r in range(0, count, 4):
        totals = load(base, r), load(base, r + 1), load(base, r + 2), load(base, r + 3)
        a, b, c, d = quad(modes, r, rows, w, totals)
        store(y, at + r, larger(a, zero))
        store(y, at + r + 1, larger(b, zero))
        store(y, at + r + 2, larger(c, zero))
        store(y, at + r + 3, larger(d, zero))


@njit(**OPTIONS)
def give(amount, into, b, w):
    """A bolus of `amount` mg into one channel; `into` is channel * modes."""
    for m in range(w.shape[0]):
        store(w, m, load(w, m) + load(b, into + m) * amount)


@njit(**OPTIONS)
def turn(rate, into, chain, life, b, w, level):
    """Change the input rate of one channel by `rate` mg/min.

    Each mode is kept as its distance `w` from the level it would settle at, so that an infusion
    costs nothing between its start and its end. `life` is 1 / lam.
    """
    before = spread(0.0)
    for m in range(w.shape[0]):
        gain = load(b, into + m)
        if m == chain + 1 and chain >= 0:
            gain = gain + before
        before = gain * load(life, m)
        store(level, m, load(level, m) + rate * before)
        store(w, m, load(w, m) - rate * before)


@njit(**OPTIONS)
def happen(begin, end, first, chain, channel, column, scale, delivered, dose, life, b, w, level,
           given):  # fmt: skip
    """Carry out those of the events `begin` to `end` that go into this block's channels."""
    for event in range(begin, end):
        into = channel[event] - first
        if into < 0 or into >= given.shape[0]:
            continue
        amount = load(dose, column[event])
        if scale[event] == 0.0:
            give(amount, into * w.shape[0], b, w)
        else:
            turn(amount * scale[event], into * w.shape[0], chain, life, b, w, level)
        if scale[event] >= 0.0:
            store(given, into, load(given, into) + amount * delivered[column[event]])


@njit(**OPTIONS)
def add_area(modes, chain, row, rows, life, b, w, level, given, kept, into):
    """Add the exact integral of one row up to now, in ng/mL min, to `kept[into]`.

    What a mode has received, less what it still holds, times its life. `given` (channels, WIDTH)
    is the mg that have arrived in each channel.
    """
    total, before = load(kept, into), spread(0.0)
    for m in range(modes):
        received = spread(0.0) - load(w, m) - load(level, m)
        for channel in range(given.shape[0]):
            received = received + load(b, channel * modes + m) * load(given, channel)
        if m == chain + 1 and chain >= 0:
            received = received + before
        before = received * load(life, m)
        total = total + load(rows, row * modes + m) * before
    store(kept, into, total)


def of_model(build):
    """Give a function that closes over a model a name of its own.

    numba names machine code by qualified name, types and a count that begins anew in each process.
    Two kernels that were cached by two processes would carry one name for different code, and where
    both are loaded the second would run the first one's.
    """

    def rename(function):
        function.__qualname__ = f"{function.__qualname__}.{build.py_func.__name__}"
        return function

    return rename


class Shape(NamedTuple):
    """A model's arrays: how many blocks, and of each block how many modes and channels.

    `own` outputs belong to the first block, of `total`; `work` is rows of modes for `build`. A double
    pole begins at mode `chain` (-1: there is none). `observed` is `summary_kernel.observe`'s rows.
    """

    blocks: int
    modes: int
    channels: int
    own: int
    total: int
    work: int
    chain: int
    observed: tuple[int, ...]


def sweeper(build, read, shape):
    """The function that runs one chunk of a model's patients; the model's kernel calls it in parallel.

    Functions and numbers are closed over, so that each model gets machine code of its own.
    """
    prepare, follow = _preparer(build, shape), _follower(read, shape)
    blocks, modes, channels, own, total, work, _, _ = shape

    @njit(inline="always", **ALLOCATING)
    @of_model(build)
    def sweep(chunk, p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of, output_of, first,
              channel, column, scale, delivered, times, effects, curves, summaries,
              amplification):  # fmt: skip
        """`engine.run` says what each array is.

        `curves` (rows, times, patients) is filled when it has times, `summaries` (SUMMARIES,
        patients) likewise, so that one compiled kernel serves both.
        """
        p8, dose = empty_rows(p.shape[0]), empty_rows(amounts.shape[0])
        feel8, kept, y = empty_rows(2), empty_rows(SUMMARIES), empty_rows(AHEAD * total + 2)
        lam, life = empty_blocks(blocks, modes), empty_blocks(blocks, modes)
        b = empty_blocks(blocks, channels * modes)
        rows, scratch = empty_blocks(blocks, work * modes), empty_rows(modes)
        w, level = empty_blocks(blocks, modes), empty_blocks(blocks, modes)
        base, given = empty_blocks(blocks, own + 3), empty_blocks(blocks, channels)
        factor = empty_blocks(blocks, gaps.size * modes)
        ahead = empty_blocks(blocks, regular.size * own * modes * AHEAD)
        leap = empty_blocks(blocks, regular.size * modes)
        n = p.shape[1]
        for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
            mine = min(WIDTH, n - at)
            take(p, at, mine, p8)
            take(amounts, at, mine, dose)
            take(feel, at, mine, feel8)
            prepare(gaps, sums, regular, p8, lam, life, b, rows, scratch, factor, ahead, leap, y)
            for i in range(mine):
                amplification[at + i] = y[0, i]
            start(kept)
            follow(at, mine, dose, feel8, gaps, ahead_of, gap_of, end_of, output_of, first, channel,
                   column, scale, delivered, times, effects, life, b, rows, w, level, base, given,
                   factor, ahead, leap, y, kept, curves, summaries.shape[1] > 0)  # fmt: skip
            if summaries.shape[1] > 0:
                finish(kept, summaries, at, mine)

    return sweep


def _preparer(build, shape):
    blocks, modes, _, own, total, _, chain, _ = shape

    @njit(**OPTIONS)
    @of_model(build)
    def prepare(gaps, sums, regular, p, lam, life, b, rows, scratch, factor, ahead, leap, y):
        """Everything about WIDTH patients that no dose changes; row 0 of `y` is their amplification."""
        strain = spread(1.0)
        for c in range(blocks):
            strain = larger(strain, build(c, p, lam[c], b[c], rows[c], scratch))
            for m in range(modes):
                store(life[c], m, 1.0 / load(lam[c], m))
            decay_factors(lam[c], gaps, sums, factor[c])
            for a in range(regular.size):
                look_ahead(modes, own if c == 0 else total - own, chain, regular[a], gaps, a,
                           rows[c], factor[c], ahead[c], leap[c])  # fmt: skip
        store(y, 0, strain)

    return prepare


def _follower(read, shape):
    blocks, modes, channels, own, total, _, chain, observed = shape

    @njit(**OPTIONS)
    @of_model(read)
    def follow(at, mine, dose, feel, gaps, ahead_of, gap_of, end_of, output_of, first, channel,
               column, scale, delivered, times, effects, life, b, rows, w, level, base, given, factor,
               ahead, leap, y, kept, curves, summarise):  # fmt: skip
        """Take WIDTH patients from the first knot to the last."""
        w[:] = 0.0
        level[:] = 0.0
        base[:] = 0.0
        given[:] = 0.0
        running = k = 0
        for q in range(end_of.size):
            begin, k = k, end_of[q]
            a, gap = ahead_of[q], gap_of[q]
            if a >= 0:
                read(a, ahead, w, base, y)
                for c in range(blocks):
                    step(modes, chain, AHEAD * gaps[gap], leap[c], a, w[c])
            else:
                begun, ended = first[k - 1], first[k]
                for event in range(begun, ended):
                    running += 1 if scale[event] > 0.0 else -1 if scale[event] < 0.0 else 0
                for c in range(blocks):
                    count = own if c == 0 else total - own
                    step(modes, chain, gaps[gap], factor[c], gap, w[c])
                    if ended > begun:
                        happen(begun, ended, c * channels, chain, channel, column, scale, delivered,
                               dose, life[c], b[c], w[c], level[c], given[c])  # fmt: skip
                        if running == 0:
                            level[c][:] = 0.0  # drops the rounding of rates that have cancelled
                        settle(modes, count, rows[c], level[c], base[c])
                    if output_of[k - 1] >= 0:
                        look(modes, count, rows[c], w[c], base[c], y, c * own)
            draw(y, total, output_of, begin, k, at, mine, curves)
            if summarise:
                observe(y, total, observed, output_of, begin, k, times, feel, effects, kept)
        if summarise:
            for c in range(blocks):
                for i in range(2):
                    add_area(modes, chain, observed[i], rows[c], life[c], b[c], w[c], level[c],
                             given[c], kept, 2 * i + 2)  # fmt: skip

    return follow
