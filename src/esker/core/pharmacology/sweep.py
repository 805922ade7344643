"""Patients in modes along the knots, whatever the model (numba): what both kernels share.

A model is one or two blocks of equally many modes that do not touch (Model R: the enantiomers). Its
kernel hands over `build`, which fills `lam`, `b` and `rows` of a block, and a `Shape`, which says what
modes each output needs. Work arrays are (blocks, rows, WIDTH); a function on one block takes its part.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit

from .ahead import forward, of_model, reader, single, terms_of
from .lanes import (
    ALLOCATING,
    CHUNK,
    OPTIONS,
    WIDTH,
    clear,
    empty_blocks,
    empty_rows,
    exp_minus,
    larger,
    load,
    spread,
    store,
)
from .layout import AHEAD
from .strain import of_curves, of_summaries, strainer
from .summary_kernel import KEPT, draw, finish, observe, start, take


@njit(**OPTIONS)
def decay_factors(lam, gaps, sums, factor):
    """exp(-lam * gap) for each distinct interval, at row gap * modes + mode; the first one is 0.

    A gap that is the sum of two shorter ones (`sums`, -1: it is none) takes their factors' product.
    """
    modes = lam.shape[0]
    for g in range(1, gaps.size):
        one, two = sums[g, 0] * modes, sums[g, 1] * modes
        for m in range(modes):
            if one >= 0:
                kept = load(factor, one + m) * load(factor, two + m)
            else:
                kept = exp_minus(load(lam, m) * gaps[g])
            store(factor, g * modes + m, kept)


@njit(**OPTIONS)
def step(modes, chain, minutes, factor, at, w):
    """Let the modes decay; those at `chain` and after it are a double pole, the first feeds the second."""
    if chain >= 0:
        store(w, chain + 1, load(w, chain + 1) + minutes * load(w, chain))
    for m in range(modes):
        store(w, m, load(w, m) * load(factor, at * modes + m))


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
           given, swung):  # fmt: skip
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
            store(swung, into, load(swung, into) + amount * scale[event])


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


def sweeper(build, shape):
    """The function that runs one chunk of a model's patients; the model's kernel calls it in parallel.

    Functions and numbers are closed over, so that each model gets machine code of its own.
    """
    prepare, follow, strain = _preparer(build, shape), _follower(shape), strainer(shape)
    blocks, modes, channels, own = shape[1:5]
    total, work, observed = len(shape.reach), shape.work, shape.observed
    terms = terms_of(shape)[0].size

    @njit(inline="always", **ALLOCATING)
    @of_model(shape)
    def sweep(chunk, p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of, output_of, first,
              channel, column, scale, delivered, times, effects, curves, summaries,
              amplification):  # fmt: skip
        """`engine.run` says what each array is.

        `curves` (rows, times, patients) is filled when it has times, `summaries` (SUMMARIES,
        patients) likewise, so that one compiled kernel serves both. `amplification` (patients) is
        how far rounding may show.
        """
        p8, dose = empty_rows(p.shape[0]), empty_rows(amounts.shape[0])
        feel8, kept, y = empty_rows(2), empty_rows(KEPT), empty_rows(AHEAD * total)
        lam, life = empty_blocks(blocks, modes), empty_blocks(blocks, modes)
        b = empty_blocks(blocks, channels * modes)
        rows = empty_blocks(blocks, work * modes)
        w, level = empty_blocks(blocks, modes), empty_blocks(blocks, modes)
        base, given = empty_blocks(blocks, own), empty_blocks(blocks, channels)
        swung, worst, peaks = empty_blocks(blocks, channels), empty_rows(1), empty_rows(total)
        factor = empty_blocks(blocks, gaps.size * modes)
        ahead = empty_rows(regular.size * terms * AHEAD)
        leap = empty_blocks(blocks, regular.size * modes)
        n = p.shape[1]
        for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
            mine = min(WIDTH, n - at)
            take(p, at, mine, p8)
            take(amounts, at, mine, dose)
            take(feel, at, mine, feel8)
            prepare(gaps, sums, regular, p8, lam, life, b, rows, factor, ahead, leap, worst)
            start(kept)
            clear(peaks)
            follow(at, mine, dose, feel8, gaps, ahead_of, gap_of, end_of, output_of, first, channel,
                   column, scale, delivered, times, effects, life, b, rows, w, level, base, given,
                   swung, factor, ahead, leap, y, kept, curves, peaks, summaries.shape[1] > 0)  # fmt: skip
            strain(life, b, rows, given, swung, worst, y)
            if curves.shape[1] > 0:
                store(worst, 0, of_curves(y, peaks))
            else:
                store(worst, 0, of_summaries(y, observed, kept))
            for i in range(mine):
                amplification[at + i] = worst[0, i]
            if summaries.shape[1] > 0:
                finish(kept, summaries, at, mine)

    return sweep


def _preparer(build, shape):
    blocks, modes, look_ahead = shape.blocks, shape.modes, forward(shape)

    @njit(**OPTIONS)
    @of_model(shape)
    def prepare(gaps, sums, regular, p, lam, life, b, rows, factor, ahead, leap, worst):
        """Everything about WIDTH patients that no dose changes; `worst` is what their roots are."""
        store(worst, 0, spread(1.0))
        for c in range(blocks):
            roots = build(c, p, lam[c], b[c], rows[c])
            store(worst, 0, larger(load(worst, 0), roots))
            for m in range(modes):
                store(life[c], m, 1.0 / load(lam[c], m))
            decay_factors(lam[c], gaps, sums, factor[c])
            for a in range(regular.size):
                for m in range(modes):
                    square = load(factor[c], regular[a] * modes + m)
                    square = square * square
                    store(leap[c], a * modes + m, square * square)
                look_ahead(c, a, regular[a], gaps, rows[c], factor[c], ahead)

    return prepare


def _follower(shape):
    blocks, modes, channels, chain, observed = *shape[1:4], shape.chain, shape.observed
    own, total, begin_of = shape.own, len(shape.reach), terms_of(shape)[2]
    terms = int(begin_of[-1])
    first_block, second_block = range(own), range(own, total) if blocks > 1 else range(own)
    read, read_other = (reader(shape, begin_of, part) for part in (first_block, second_block))
    look, look_other = (single(shape, part, True) for part in (first_block, second_block))
    settle, settle_other = (single(shape, part, False) for part in (first_block, second_block))

    @njit(**OPTIONS)
    @of_model(shape)
    def follow(at, mine, dose, feel, gaps, ahead_of, gap_of, end_of, output_of, first, channel,
               column, scale, delivered, times, effects, life, b, rows, w, level, base, given, swung,
               factor, ahead, leap, y, kept, curves, peaks, summarise):  # fmt: skip
        """Take WIDTH patients from the first knot to the last."""
        for c in range(blocks):
            clear(w[c])
            clear(level[c])
            clear(base[c])
            clear(given[c])
            clear(swung[c])
        running = k = 0
        for q in range(end_of.size):
            begin, k = k, end_of[q]
            a, gap = ahead_of[q], gap_of[q]
            if a >= 0:
                read(a * terms, ahead, w[0], base[0], y)
                if blocks > 1:
                    read_other(a * terms, ahead, w[1], base[1], y)
                for c in range(blocks):
                    step(modes, chain, AHEAD * gaps[gap], leap[c], a, w[c])
            else:
                begun, ended = first[k - 1], first[k]
                for event in range(begun, ended):
                    running += 1 if scale[event] > 0.0 else -1 if scale[event] < 0.0 else 0
                for c in range(blocks):
                    if gap > 0:
                        step(modes, chain, gaps[gap], factor[c], gap, w[c])
                    if ended > begun:
                        happen(begun, ended, c * channels, chain, channel, column, scale, delivered,
                               dose, life[c], b[c], w[c], level[c], given[c],
                               swung[c])  # fmt: skip
                        if running == 0:
                            clear(level[c])  # drops the rounding of rates that have cancelled
                if ended > begun:
                    settle(rows[0], level[0], base[0], base[0])
                    if blocks > 1:
                        settle_other(rows[1], level[1], base[1], base[1])
                if output_of[k - 1] >= 0:
                    look(rows[0], w[0], base[0], y)
                    if blocks > 1:
                        look_other(rows[1], w[1], base[1], y)
            draw(y, total, output_of, begin, k, at, mine, curves, peaks)
            if summarise:
                observe(y, total, observed, output_of, begin, k, times, feel, effects, kept)
        if summarise:
            for c in range(blocks):
                for i in range(2):
                    add_area(modes, chain, observed[i], rows[c], life[c], b[c], w[c], level[c],
                             given[c], kept, 2 * i + 2)  # fmt: skip

    return follow
