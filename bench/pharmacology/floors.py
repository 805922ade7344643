"""The least that the method must do on this machine: its arithmetic in registers, and its stores.

A floor kernel does, for each step of WIDTH patients, as many multiply-adds, divisions and vector
stores as the real one needs, but from registers, without loads, events or dependencies. The set-up is counted too, and can be left
out: roots (some seven Newton steps of 45 operations each), partial fractions (3 operations, one more for
each channel, and a division a term) and one exponential (24 operations) for each mode and distinct gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numba import njit

from esker.core.pharmacology.lanes import MATHS, WIDTH, spread, store


@dataclass(frozen=True)
class Work:
    """Vector operations for each step, counted in the kernels; steps for each patient."""

    steps: int
    operations: int
    divisions: int
    stores: int
    setup: int = 0
    setup_divisions: int = 0


# Decay, weighing of modes, quadrature, effects, compares; one fused multiply-add counts once.
# Common task: 3 roots, 6 or 9 terms; A 5 modes and 3 gaps, B 32 factors of 3 gaps and 10 powers.
COMMON_A = Work(202, 14, 0, 2, 3 * 7 * 45 + 6 * 4 + 5 * 3 * 24, 3 * 7 + 6)
COMMON_B = Work(208, 64, 1, 4, 3 * 7 * 45 + 9 * 4 + 32 * (3 * 24 + 10 * 2), 3 * 7 + 9)
# A step of model E: 53 products, a quarter of 14 decays, 6 lifts to zero, 26 for the summaries.
# Set-up: 4 roots, 67 terms, 14 modes in 2 gaps and their sum, powers of one step, 3 boluses and 6
# changes of rate (3 devices: nasal at once, swallowed from a start to an end), 6 new levels, both
# areas, the sizes of 14 modes in 4 channels and 6 outputs. Model R, twice: 62 products in all; 3 roots,
# 46 terms, one gap, 2 changes, the sizes of 14 modes in 5 or 6 outputs.
MODEL_E = Work(
    240, 89, 2, 0,
    4 * 7 * 45 + 67 * 7 + 14 * (2 * 24 + 1) + 53 * 4 + 14 * 3 + (3 + 6 * 3) * 14 + 6 * 53 + 2 * 14 * 4
    + 14 * (4 * 3 + 6 * 2),
    4 * 7 + 67 + 14,
)  # fmt: skip
MODEL_R = Work(
    240, 109, 2, 0,
    2 * (3 * 7 * 45 + 46 * 4 + 14 * 24 + 31 * 4 + 14 * 3 + 2 * 14 * 3 + 2 * 31 + 2 * 14 * 4
         + 14 * (3 + 11)),
    2 * (3 * 7 + 46 + 14),
)  # fmt: skip


@cache
def kernel(work: Work):
    """A compiled floor for this amount of work: twelve sums, so that none waits for another."""
    operations, divisions, stores, steps = work.operations, work.divisions, work.stores, work.steps
    rounds, four, two = operations // 12, operations % 12 // 4, operations % 4 // 2
    setup, setup_divisions = work.setup // 12, work.setup_divisions

    @njit(**MATHS)
    def floor(blocks, out):
        for block in range(blocks):
            to = out[block]
            a = spread(0.999 + 1e-9 * block)
            q = r = x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = x8 = x9 = xa = xb = a
            for _ in range(setup):
                x0, x1, x2, x3 = x0 * a + a, x1 * a + a, x2 * a + a, x3 * a + a
                x4, x5, x6, x7 = x4 * a + a, x5 * a + a, x6 * a + a, x7 * a + a
                x8, x9, xa, xb = x8 * a + a, x9 * a + a, xa * a + a, xb * a + a
            for _ in range(setup_divisions // 2):
                q, r = a / (q + a), a / (r + a)
            for s in range(steps):
                for _ in range(rounds):
                    x0, x1, x2, x3 = x0 * a + a, x1 * a + a, x2 * a + a, x3 * a + a
                    x4, x5, x6, x7 = x4 * a + a, x5 * a + a, x6 * a + a, x7 * a + a
                    x8, x9, xa, xb = x8 * a + a, x9 * a + a, xa * a + a, xb * a + a
                for _ in range(four):
                    x0, x1, x2, x3 = x0 * a + a, x1 * a + a, x2 * a + a, x3 * a + a
                for _ in range(two):
                    x4, x5 = x4 * a + a, x5 * a + a
                for _ in range(divisions):
                    q = a / (q + a)
                for k in range(stores):
                    store(to, k * steps + s, x5)
            store(to, 0, q + r + x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + xa + xb)

    return floor


def steps_alone(work: Work) -> Work:
    """The same without its set-up."""
    return replace(work, setup=0, setup_divisions=0)


def run(work: Work, patients: int) -> None:
    """Do the floor's work for so many patients, allocating what the real run allocates."""
    blocks = patients // WIDTH
    kernel(work)(blocks, np.empty((blocks, max(1, work.stores * work.steps), WIDTH)))
