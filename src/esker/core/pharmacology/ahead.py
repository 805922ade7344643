"""Four outputs from one state: a model's coefficients times powers of a step, in reading order (numba).

Everything here is closed over a model's `Shape`, so that each model gets machine code of its own.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .lanes import INLINED, OPTIONS, larger, load, spread, store
from .layout import AHEAD


class Shape(NamedTuple):
    """A model's name and arrays: how many blocks, and of each block how many modes and channels.

    `reach` says for each output which modes can reach it, as (first, last + 1) stretches; `own` outputs
    belong to the first block. `work` is rows of modes for `build`. A double pole begins at mode `chain`
    (-1: there is none). `observed` is `summary_kernel.observe`'s rows.
    """

    model: str
    blocks: int
    modes: int
    channels: int
    own: int
    reach: tuple[tuple[tuple[int, int], ...], ...]
    work: int
    chain: int
    observed: tuple[int, ...]


def terms_of(shape):
    """Of each product that makes an output, in the order in which they are read: its mode and row.

    Also where the products of each output begin. Rows count from the first of a block.
    """
    modes = [[m for part in output for m in range(*part)] for output in shape.reach]
    begin = np.cumsum([0, *map(len, modes)])
    row = np.repeat(np.arange(len(modes)), np.diff(begin))
    return np.concatenate(modes), row - shape.own * (row >= shape.own), begin


def of_model(shape):
    """Give a function that closes over a model a name of its own.

    numba names machine code by qualified name, types and a count that begins anew in each process.
    Two kernels that were cached by two processes would carry one name for different code, and where
    both are loaded the second would run the first one's.
    """

    def rename(function):
        function.__qualname__ = f"{function.__qualname__}.{shape.model}"
        return function

    return rename


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


def forward(shape):
    modes, chain = shape.modes, shape.chain
    mode, row, begin = terms_of(shape)
    source, terms, second = row * modes + mode, mode.size, begin[shape.own]

    @njit(**OPTIONS)
    @of_model(shape)
    def look_ahead(c, a, gap, gaps, rows, factor, ahead):
        """What the present modes of block `c` give to its outputs one to four gaps on.

        The coefficients of product t after the gaps stand at (a * terms + t) * AHEAD: the row's own
        times powers of one step, only what is read and in that order. A double pole's first mode
        feeds the second, which stands after it.
        """
        for t in range(second if c else 0, terms if c else second):
            at, f, x = (
                (a * terms + t) * AHEAD,
                load(factor, gap * modes + mode[t]),
                load(rows, source[t]),
            )
            square = f * f
            cube, fourth = f * square, square * square
            if chain >= 0 and mode[t] == chain:
                fed = gaps[gap] * load(rows, source[t] + 1)
                store(ahead, at, (x + fed) * f)
                store(ahead, at + 1, (x + 2.0 * fed) * square)
                store(ahead, at + 2, (x + 3.0 * fed) * cube)
                store(ahead, at + 3, (x + 4.0 * fed) * fourth)
                continue
            store(ahead, at, x * f)
            store(ahead, at + 1, x * square)
            store(ahead, at + 2, x * cube)
            store(ahead, at + 3, x * fourth)

    return look_ahead


@njit(**INLINED)
def weigh(first, last, at, ahead, w, totals):
    """Add modes `first` to `last` to the four totals of one output; their table begins at `at`."""
    a, b, c, d = totals
    for m in range(first, last):
        x, k = load(w, m), (at + m - first) * AHEAD
        a = a + load(ahead, k) * x
        b = b + load(ahead, k + 1) * x
        c = c + load(ahead, k + 2) * x
        d = d + load(ahead, k + 3) * x
    return a, b, c, d


def _stretches(shape, r):
    """The modes that reach output `r`, as three stretches, and its row in its block."""
    return (*shape.reach[r], (0, 0), (0, 0))[:3], r - shape.own * (r >= shape.own)


def reader(shape, begin, outputs):
    """A function that reads these outputs of one block: loops with fixed ends, which are unrolled."""
    total, r, rest = len(shape.reach), outputs[0], None
    ((f0, l0), (f1, l1), (f2, l2)), here = _stretches(shape, r)
    t0 = int(begin[r])
    t1, t2 = t0 + l0 - f0, t0 + l0 - f0 + l1 - f1
    if len(outputs) > 1:
        rest = reader(shape, begin, outputs[1:])

    @njit(**INLINED)
    @of_model(shape)
    def read(at, ahead, w, base, y):
        totals = weigh(f0, l0, at + t0, ahead, w, four(base, here))
        totals = weigh(f1, l1, at + t1, ahead, w, totals)
        above_zero(y, r, total, weigh(f2, l2, at + t2, ahead, w, totals))
        if rest is not None:
            rest(at, ahead, w, base, y)

    return read


@njit(**INLINED)
def dot(first, last, at, rows, x, total):
    """Add modes `first` to `last` of the row at `at` to its total."""
    for m in range(first, last):
        total = total + load(rows, at + m) * load(x, m)
    return total


def single(shape, outputs, look):
    """A function that writes what modes `x` give to these outputs of one block, for one knot.

    To `look` adds what they would settle at (`base`, rows of the block) and lifts rounding errors, as
    `above_zero` does, into the outputs' rows; otherwise what is written is such a `base`.
    """
    r, modes, rest = outputs[0], shape.modes, None
    ((f0, l0), (f1, l1), (f2, l2)), here = _stretches(shape, r)
    if len(outputs) > 1:
        rest = single(shape, outputs[1:], look)

    @njit(**INLINED)
    @of_model(shape)
    def write(rows, x, base, out):
        total = load(base, here) if look else spread(0.0)
        total = dot(f0, l0, here * modes, rows, x, total)
        total = dot(f1, l1, here * modes, rows, x, total)
        total = dot(f2, l2, here * modes, rows, x, total)
        if look:
            store(out, r, larger(total, spread(0.0)))
        else:
            store(out, here, total)
        if rest is not None:
            rest(rows, x, base, out)

    return write
