"""The least that the method must do on this machine: its arithmetic in registers, and its stores.

A floor kernel does, for each step of eight patients, as many multiply-adds, divisions and vector
stores as the real one needs, but from registers, without set-up, loads, events or dependencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit

from esker.core.pharmacology.lanes import OPTIONS, WIDTH, spread, store


@dataclass(frozen=True)
class Work:
    """Vector operations for each step, counted in the kernels; steps for each patient."""

    steps: int
    operations: int
    divisions: int
    stores: int


# Decay, weighing of modes, quadrature, effects, compares; one fused multiply-add counts once.
COMMON_A = Work(steps=202, operations=14, divisions=0, stores=2)
COMMON_B = Work(steps=208, operations=64, divisions=1, stores=4)
MODEL_E = Work(steps=240, operations=96, divisions=2, stores=0)
MODEL_R = Work(steps=240, operations=120, divisions=2, stores=0)


@cache
def kernel(work: Work):
    """A compiled floor for this amount of work."""
    rounds, divisions, stores, steps = work.operations // 8, work.divisions, work.stores, work.steps

    @njit(**OPTIONS)
    def floor(blocks, out):
        for block in range(blocks):
            to = out[block]
            a = spread(0.999 + 1e-9 * block)
            x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = a
            for s in range(steps):
                for _ in range(rounds):
                    x0, x1, x2, x3 = x0 * a + x4, x1 * a + a, x2 * a + a, x3 * a + a
                    x4, x5, x6, x7 = x4 * a + a, x5 * a + a, x6 * a + a, x7 * a + a
                for _ in range(divisions):
                    x1 = a / (x1 + a)
                for k in range(stores):
                    store(to, k * steps + s, x5)
            store(to, 0, x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7)

    return floor


def run(work: Work, patients: int) -> None:
    """Do the floor's work for so many patients, allocating what the real run allocates."""
    blocks = patients // WIDTH
    kernel(work)(blocks, np.empty((blocks, max(1, work.stores * work.steps), WIDTH)))
