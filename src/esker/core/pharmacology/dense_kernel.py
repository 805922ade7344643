"""The careful way compiled: whole matrices of several patients side by side (numba).

The method is `dense`'s, which needs no compiler and stands beside it. Matrices are (n * n, WIDTH)
and vectors (n, WIDTH), one patient a column; n is a multiple of four.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import lanes, summary_kernel
from .ahead import Shape
from .dense import SERIES, System
from .effects import kernel_constants
from .fingerprint import fingerprint
from .lanes import (
    INLINED,
    MATHS,
    OPTIONS,
    WIDTH,
    clear,
    empty_blocks,
    empty_rows,
    exp_minus,
    if_greater,
    larger,
    load,
    spread,
    store,
    two_to,
)
from .summary_kernel import KEPT, draw, finish, observe, start
from .timeline import Timeline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(**OPTIONS)
def multiply(n, begin, end, a, b, out):
    """out = a b, two rows and four columns at a time, so that no sum waits for the one before.

    Drug goes from states to later ones, so most of each matrix is 0: row i ends before `end[i]`,
    column j begins at `begin[j]`.
    """
    for i in range(0, n, 2):
        last, below = max(end[i], end[i + 1]), i * n + n
        for j in range(0, last, 4):
            p = q = r = s = spread(0.0)
            t = u = v = w = spread(0.0)
            for k in range(begin[j], last):
                one, two, at = load(a, i * n + k), load(a, below + k), k * n + j
                b0, b1, b2, b3 = load(b, at), load(b, at + 1), load(b, at + 2), load(b, at + 3)
                p, q, r, s = p + one * b0, q + one * b1, r + one * b2, s + one * b3
                t, u, v, w = t + two * b0, u + two * b1, v + two * b2, w + two * b3
            four(out, i * n + j, p, q, r, s)
            four(out, below + j, t, u, v, w)


@njit(**INLINED)
def four(out, at, p, q, r, s):
    store(out, at, p)
    store(out, at + 1, q)
    store(out, at + 2, r)
    store(out, at + 3, s)


@njit(**OPTIONS)
def apply(n, end, a, x, out):
    """out = a x, where row i of a ends before `end[i]`."""
    for i in range(0, n, 4):
        p = q = r = s = spread(0.0)
        for k in range(max(end[i], end[i + 1], end[i + 2], end[i + 3])):
            each, at = load(x, k), i * n + k
            p, q = p + each * load(a, at), q + each * load(a, at + n)
            r, s = r + each * load(a, at + 2 * n), s + each * load(a, at + 3 * n)
        four(out, i, p, q, r, s)


@njit(**OPTIONS)
def look(n, reach, rows, x, out):
    """out = rows x, where row r is 0 but for the states `reach[r, 0]` to `reach[r, 1]`."""
    for r in range(len(reach)):
        total = spread(0.0)
        for k in range(reach[r, 0], reach[r, 1]):
            total = total + load(x, k) * load(rows, r * n + k)
        store(out, r, total)


@njit(**OPTIONS)
def exponential(n, begin, end, source, minutes, out, work, halvings):
    """exp(source * minutes) without negative entries off the diagonal, each entry to full accuracy.

    Parameters
    ----------
    out : n * n rows
    work : 5 matrices
    halvings : 1 row; how often each patient's matrix is halved, so that none depends on the others
    """
    x, spare = work[0], work[4]
    shift = norm = spread(0.0)
    for i in range(n):
        shift = larger(shift, load(source, i * n + i) * -minutes)
    for i in range(n):
        total = shift
        for k in range(n):
            total = total + load(source, i * n + k) * minutes
        norm = larger(norm, total)
    most = _halvings(norm, halvings)
    scale = two_to(spread(0.0) - load(halvings, 0))
    shift = shift * scale
    for i in range(n * n):
        store(x, i, load(source, i) * minutes * scale)
    for i in range(0, n * n, n + 1):
        store(x, i, load(x, i) + shift)
    _series(n, begin, end, work, out)
    kept = exp_minus(shift)
    for i in range(n * n):
        store(out, i, load(out, i) * kept)
    for done in range(most):
        multiply(n, begin, end, out, out, spare)
        for i in range(n * n):
            now = load(out, i)
            store(out, i, if_greater(load(halvings, 0), spread(1.0 * done), load(spare, i), now))


@njit(**OPTIONS)
def _halvings(norm, halvings):
    """How often each must be halved to be at most 1, and the most of these."""
    store(halvings, 0, larger(norm, spread(1.0)))
    most = 0
    for i in range(WIDTH):
        halvings[0, i] = np.ceil(np.log2(halvings[0, i]))
        most = max(most, int(halvings[0, i]))
    return most


@njit(**OPTIONS)
def _series(n, begin, end, work, out):
    """exp of the matrix `work[0]`: five sums of four powers, and Horner's rule in the fourth."""
    one, two, three, four, spare = work[0], work[1], work[2], work[3], work[4]
    multiply(n, begin, end, one, one, two)
    multiply(n, begin, end, one, two, three)
    multiply(n, begin, end, two, two, four)
    clear(out)
    for j in range(len(SERIES) - 1, -1, -1):
        multiply(n, begin, end, out, four, spare)
        c0, c1, c2, c3 = SERIES[j]
        for i in range(n * n):
            total = load(spare, i) + c1 * load(one, i)
            store(out, i, total + c2 * load(two, i) + c3 * load(three, i))
        for i in range(0, n * n, n + 1):
            store(out, i, load(out, i) + c0)


@njit(**OPTIONS)
def moves(n, begin, end, whole, gaps, sums, move, work, halvings):
    """What each gap does to the states; one that two others make up is their product."""
    for g in range(gaps.size):
        if gaps[g] == 0.0:
            clear(move[g])
            for i in range(0, n * n, n + 1):
                store(move[g], i, spread(1.0))
        elif sums[g, 0] >= 0:
            multiply(n, begin, end, move[sums[g, 0]], move[sums[g, 1]], move[g])
        else:
            exponential(n, begin, end, whole, gaps[g], move[g], work, halvings)


def _kernel(stamp):
    @njit(cache=True, **MATHS)
    def march(whole, begin, end, rows, reach, own, observed, amounts, feel, gaps, sums, gap_of, output_of, first,
              system, state, column, weight, times, effects, curves, summaries):  # fmt: skip
        """Take every patient from knot to knot, through each of its systems; see `run`."""
        systems, blocks = whole.shape[:2] if stamp >= 0 else (0, 0)  # part of the cache key
        n = begin.size
        move, work = empty_blocks(systems * gaps.size, n * n), empty_blocks(5, n * n)
        x, seen = empty_blocks(systems, n), empty_blocks(systems, reach.shape[1])
        new, y, peaks = empty_rows(n), empty_rows(own.sum()), empty_rows(own.sum())
        kept, halvings = empty_rows(KEPT), empty_rows(1)
        for each in (move, work):  # what no drug reaches is never written
            for i in range(len(each)):
                clear(each[i])
        for block in range(blocks):
            at = block * WIDTH
            mine = min(WIDTH, curves.shape[2] - at)
            start(kept)
            for c in range(systems):
                its = move[c * gaps.size :]
                moves(n, begin, end, whole[c, block], gaps, sums, its, work, halvings)
                clear(x[c])
            for k in range(gap_of.size):
                for c in range(systems):
                    apply(n, end, move[c * gaps.size + gap_of[k]], x[c], new)
                    x[c] = new
                for event in range(first[k], first[k + 1]):
                    to = x[system[event]]
                    mg = load(amounts[block], column[event])
                    store(to, state[event], load(to, state[event]) + weight[event] * mg)
                if output_of[k] < 0:
                    continue
                here = 0
                for c in range(systems):
                    look(n, reach[c], rows[c, block], x[c], seen[c])
                    for r in range(own[c]):
                        store(y, here + r, load(seen[c], r))
                    here += own[c]
                draw(y, here, output_of, k, k + 1, at, mine, curves, peaks)
                observe(y, here, observed, output_of, k, k + 1, times, feel[block], effects, kept)
            if summaries.shape[1] > 0:
                for c in range(systems):  # both areas stand after the outputs of the first system
                    store(kept, 2, load(kept, 2) + load(seen[c], own[0]))
                    store(kept, 4, load(kept, 4) + load(seen[c], own[0] + 1))
                finish(kept, summaries, at, mine)

    return march


march = _kernel(fingerprint(vars(lanes), vars(summary_kernel), globals()))


def run(
    systems: list[System], shape: Shape, timeline: Timeline, amounts: Floats, feel: Floats,
    times_min: Floats, curves: Floats, summaries: Floats,
) -> None:  # fmt: skip
    """Fill `curves` (rows, times, patients) and `summaries` (SUMMARIES, patients), whichever is not empty.

    Parameters
    ----------
    systems
        One, or one for each enantiomer: channel c of the timeline goes into system c then.
    amounts, feel
        As the fast kernels have them.
    """
    channels = systems[0].b.shape[1]
    whole, rows = zip(*map(_padded, systems), strict=True)
    begin, end = _reach(whole[0])
    system, channel = np.divmod(timeline.event_channel, channels)
    bolus = timeline.event_scale == 0.0
    state = np.where(bolus, channels + systems[0].b.argmax(axis=0)[channel], channel)
    march(
        np.stack([in_lanes(each) for each in whole]), begin, end,
        np.stack([in_lanes(each) for each in rows]), np.stack([_span(each) for each in rows]),
        np.array([shape.own, len(shape.reach) - shape.own]), shape.observed, in_lanes(amounts.T),
        in_lanes(feel.T), timeline.gaps_min, timeline.sums, timeline.gap_of_knot,
        timeline.output_of_knot, timeline.first_event, system, state,
        timeline.event_column, np.where(bolus, 1.0, timeline.event_scale),
        np.append(times_min, np.inf), kernel_constants(), curves, summaries,
    )  # fmt: skip


def _padded(system: System) -> tuple[Floats, Floats]:
    """The matrix with each channel's rate as a state before the others, and the rows that go with it."""
    patients, states, channels = *system.a.shape[:2], system.b.shape[1]
    count, used = system.c.shape[1], channels + states
    n = used + -used % 4
    whole, rows = np.zeros((patients, n, n)), np.zeros((patients, count, n))
    whole[:, channels:used, channels:used], whole[:, channels:used, :channels] = system.a, system.b
    rows[:, :, channels:used] = system.c
    return whole, rows


def _reach(whole: Floats) -> tuple[Ints, Ints]:
    """Where each column begins and where each row ends, once drug has gone as far as it can.

    Columns are taken in fours, and a four begins where its first does.
    """
    n = whole.shape[1]
    far = (whole != 0.0).any(axis=0) + np.eye(n)
    for _ in range(n.bit_length()):
        far = np.minimum(far @ far, 1.0)
    begin = far.argmax(axis=0).reshape(-1, 4).min(axis=1).repeat(4)
    return begin, n - far[:, ::-1].argmax(axis=1)


def _span(rows: Floats) -> Ints:
    """(rows, 2) the first and last + 1 state that each row reads."""
    read = (rows != 0.0).any(axis=0)
    return np.stack([read.argmax(axis=1), read.shape[1] - read[:, ::-1].argmax(axis=1)], axis=1)


def in_lanes(each: Floats) -> Floats:
    """(patients, ...) as (blocks, everything of one patient, WIDTH); the last one fills the last block."""
    lane = np.arange(-(-len(each) // WIDTH) * WIDTH)
    flat = each.reshape(len(each), -1)[np.minimum(lane, len(each) - 1)]
    return np.ascontiguousarray(flat.reshape(-1, WIDTH, flat.shape[1]).transpose(0, 2, 1))
