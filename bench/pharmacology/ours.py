"""The common task with Esker's building blocks: modes, lanes of eight patients, exact steps.

The turnover is linear once the effect site is known, so its step is exact decay plus five-node
Gauss-Legendre of what drives it. Two savings: the five quotients of a step share one division, and
a gap that is a multiple of another takes its factors by multiplication.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from esker.core.pharmacology import lanes, modes
from esker.core.pharmacology.fingerprint import fingerprint
from esker.core.pharmacology.lanes import (
    INLINED,
    MATHS,
    OPTIONS,
    WIDTH,
    exp_minus,
    load,
    spread,
    store,
)
from esker.core.pharmacology.modes import add_filter, add_pools, arrowhead

from . import task

CL, V1, V2, KE0, EC50, KOUT = range(6)
V3, Q2, Q3 = task.V3, task.Q2, task.Q3
CLM, QM, VM1, VM2, FM = task.CLM, task.QM, task.VM1, task.VM2, task.FM
EMAX, R0 = task.EMAX, task.R0
RATE = task.DOSE_MG / task.DURATION_H
M = 6  # 3 of drug, 2 of metabolite, effect site
CP, CM, CE, SPARE = (M * r for r in range(4))
NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)
NODES, WEIGHTS = 0.5 + 0.5 * NODES, 0.5 * WEIGHTS
FACTORS = 6 + 20 + 6  # a gap's decay of modes, of 4 modes at 5 nodes, of R from 5 nodes and whole


@njit(**OPTIONS)
def build(effect, p, lam, b, rows):
    """Poles, gains and rows (Cp, Cm, and Ce if `effect`) of WIDTH patients; as in kernel_r."""
    v1, none = load(p, V1), spread(0.0)
    a0, a1, a2 = (load(p, CL) + (Q2 + Q3)) / v1, Q2 / load(p, V2), spread(Q3 / V3)
    s1, s2 = a1 * Q2 / v1, a2 * Q3 / v1
    arrowhead(3, a0, a1, a2, a0 + a1 + a2, s1, s2, none, lam, b, rows)
    for r in range(4 * M):
        store(rows, r, none)
    for j in range(3):
        store(b, 3 + j, none)
        store(rows, CP + j, 1.0 / v1)
    add_pools(3, ((0, 3),), M, -1, spread(CLM / VM1), spread(QM / VM1), spread(QM / VM2), FM * load(p, CL), rows,
              CP, SPARE, CM, lam, b)  # fmt: skip
    for m in range(5):
        store(rows, CM + m, load(rows, CM + m) * (1.0 / VM1))
    if effect:
        ke0 = load(p, KE0)
        add_filter(5, ((0, 3),), M, -1, ke0, ke0, rows, CP, CE, lam, b)
    else:
        store(lam, 5, spread(1.0))


@njit(**OPTIONS)
def _power(source, times, out, row):
    x = load(source, row)
    y = x * x
    store(out, row, y * x if times == 3 else y)


@njit(**OPTIONS)
def gap_factors(lam, kout, gaps, base, times, factor):
    """All decay factors of each distinct gap: by exp, or as a power of an earlier gap's."""
    for g in range(gaps.size):
        at = g * FACTORS
        if times[g] > 1:
            from_, into = factor[base[g] * FACTORS :], factor[at:]
            for r in range(FACTORS):
                _power(from_, times[g], into, r)
            continue
        h = gaps[g]
        if h == 0.0:
            for r in range(FACTORS):
                store(factor, at + r, spread(1.0))
            continue
        for m in range(6):
            store(factor, at + m, exp_minus(load(lam, m) * h))
        for j in range(5):
            s = h * NODES[j]
            for m in range(4):
                rate = load(lam, m if m < 3 else 5)
                store(factor, at + 6 + 4 * j + m, exp_minus(rate * s))
            store(factor, at + 26 + j, exp_minus(kout * (h - s)))
        store(factor, at + 31, exp_minus(kout * h))


@njit(**OPTIONS)
def shift(rate, lam, b, w, level):
    """Change the input rate: modes are kept as distance from where they would settle."""
    for m in range(M):
        settled = rate * load(b, m) / load(lam, m)
        store(level, m, load(level, m) + settled)
        store(w, m, load(w, m) - settled)


@njit(**OPTIONS)
def settled(rows, level, at):
    total = spread(0.0)
    for m in range(M):
        total = total + load(rows, at + m) * load(level, m)
    return total


@njit(**INLINED)
def mean_of_five(f, v0, v1, v2, v5, floor, factor, weighted, g):
    """Sum over the nodes of weight / (EC50 + Ce), with one division for all five.

    `v0` to `v5` are what each mode has in Ce at the step's start, `floor` what does not decay.
    """
    d0 = floor + v0 * load(factor, f + 6) + v1 * load(factor, f + 7)
    d0 = d0 + v2 * load(factor, f + 8) + v5 * load(factor, f + 9)
    d1 = floor + v0 * load(factor, f + 10) + v1 * load(factor, f + 11)
    d1 = d1 + v2 * load(factor, f + 12) + v5 * load(factor, f + 13)
    d2 = floor + v0 * load(factor, f + 14) + v1 * load(factor, f + 15)
    d2 = d2 + v2 * load(factor, f + 16) + v5 * load(factor, f + 17)
    d3 = floor + v0 * load(factor, f + 18) + v1 * load(factor, f + 19)
    d3 = d3 + v2 * load(factor, f + 20) + v5 * load(factor, f + 21)
    d4 = floor + v0 * load(factor, f + 22) + v1 * load(factor, f + 23)
    d4 = d4 + v2 * load(factor, f + 24) + v5 * load(factor, f + 25)
    n01, p01 = load(weighted, g) * d1 + load(weighted, g + 1) * d0, d0 * d1
    n23, p23 = load(weighted, g + 2) * d3 + load(weighted, g + 3) * d2, d2 * d3
    n, p = n01 * p23 + n23 * p01, p01 * p23
    return (n * d4 + load(weighted, g + 4) * p) / (p * d4)


def _solve_a(stamp):
    @njit(cache=True, **MATHS)
    def solve_a(table, gaps, gap_of, output_of, event, out):
        """Case A: `table` (6, n) into `out` (blocks, 2 * 200, 8)."""
        n = table.shape[1] if stamp >= 0 else 0
        p8, lam, b = np.empty((6, WIDTH)), np.empty((M, WIDTH)), np.empty((M, WIDTH))
        rows = np.empty((4 * M, WIDTH))
        w, level = np.empty((M, WIDTH)), np.empty((M, WIDTH))
        factor = np.empty((gaps.size * 5, WIDTH))
        for block in range(n // WIDTH):
            for r in range(6):
                for i in range(WIDTH):
                    p8[r, i] = table[r, block * WIDTH + i]
            build(False, p8, lam, b, rows)
            for g in range(gaps.size):
                for m in range(5):
                    store(factor, g * 5 + m, exp_minus(load(lam, m) * gaps[g]))
            w[:] = 0.0
            level[:] = 0.0
            to = out[block]
            zero = spread(0.0)
            z0 = z1 = z2 = z3 = z4 = base_p = base_m = zero
            scale = 1.0 / load(p8, V1)
            c0, c1, c2 = load(rows, CM), load(rows, CM + 1), load(rows, CM + 2)
            c3, c4 = load(rows, CM + 3), load(rows, CM + 4)
            for k in range(gap_of.size):
                f, t = gap_of[k] * 5, output_of[k]
                z0, z1 = z0 * load(factor, f), z1 * load(factor, f + 1)
                z2, z3 = z2 * load(factor, f + 2), z3 * load(factor, f + 3)
                z4 = z4 * load(factor, f + 4)
                if event[k] != 0:
                    store(w, 0, z0)
                    store(w, 1, z1)
                    store(w, 2, z2)
                    store(w, 3, z3)
                    store(w, 4, z4)
                    shift(spread(RATE) * (1.0 * event[k]), lam, b, w, level)
                    base_p, base_m = settled(rows, level, CP), settled(rows, level, CM)
                    z0, z1, z2 = load(w, 0), load(w, 1), load(w, 2)
                    z3, z4 = load(w, 3), load(w, 4)
                if t >= 0:
                    store(to, t, base_p + scale * (z0 + z1 + z2))
                    m = base_m + c0 * z0 + c1 * z1 + c2 * z2
                    store(to, 200 + t, m + c3 * z3 + c4 * z4)

    return solve_a


def _solve_b(stamp):
    @njit(cache=True, **MATHS)
    def solve_b(table, gaps, base_of, times_of, gap_of, output_of, event, out):
        """Case B: `table` (6, n) into `out` (blocks, 4 * 200, 8)."""
        n = table.shape[1] if stamp >= 0 else 0
        p8, lam, b = np.empty((6, WIDTH)), np.empty((M, WIDTH)), np.empty((M, WIDTH))
        rows = np.empty((4 * M, WIDTH))
        w, level = np.empty((M, WIDTH)), np.empty((M, WIDTH))
        factor = np.empty((gaps.size * FACTORS, WIDTH))
        weighted, whole = np.empty((gaps.size * 5, WIDTH)), np.empty((gaps.size, WIDTH))
        for block in range(n // WIDTH):
            for r in range(6):
                for i in range(WIDTH):
                    p8[r, i] = table[r, block * WIDTH + i]
            build(True, p8, lam, b, rows)
            kout, ec50 = load(p8, KOUT), load(p8, EC50)
            gap_factors(lam, kout, gaps, base_of, times_of, factor)
            for g in range(gaps.size):
                total = spread(0.0)
                for j in range(5):
                    q = (
                        (EMAX * R0 * gaps[g] * WEIGHTS[j])
                        * kout
                        * load(factor, g * FACTORS + 26 + j)
                    )
                    total = total + q
                    store(weighted, g * 5 + j, q * ec50)
                store(whole, g, total + R0 - R0 * load(factor, g * FACTORS + 31))
            w[:] = 0.0
            level[:] = 0.0
            to = out[block]
            base_p = base_m = base_e = spread(0.0)
            r_now, zero = spread(R0), spread(0.0)
            z0 = z1 = z2 = z3 = z4 = z5 = zero
            scale = 1.0 / load(p8, V1)
            e0, e1, e2, e5 = (
                load(rows, CE),
                load(rows, CE + 1),
                load(rows, CE + 2),
                load(rows, CE + 5),
            )
            for k in range(gap_of.size):
                g, t = gap_of[k], output_of[k]
                f = g * FACTORS
                lost = mean_of_five(f, e0 * z0, e1 * z1, e2 * z2, e5 * z5, base_e + ec50, factor,
                                    weighted, g * 5)  # fmt: skip
                r_now = r_now * load(factor, f + 31) + (load(whole, g) - lost)
                z0, z1 = z0 * load(factor, f), z1 * load(factor, f + 1)
                z2, z3 = z2 * load(factor, f + 2), z3 * load(factor, f + 3)
                z4, z5 = z4 * load(factor, f + 4), z5 * load(factor, f + 5)
                if event[k] != 0:
                    store(w, 0, z0)
                    store(w, 1, z1)
                    store(w, 2, z2)
                    store(w, 3, z3)
                    store(w, 4, z4)
                    store(w, 5, z5)
                    shift(spread(RATE) * (1.0 * event[k]), lam, b, w, level)
                    base_p, base_m = settled(rows, level, CP), settled(rows, level, CM)
                    base_e = settled(rows, level, CE)
                    z0, z1, z2 = load(w, 0), load(w, 1), load(w, 2)
                    z3, z4, z5 = load(w, 3), load(w, 4), load(w, 5)
                if t >= 0:
                    store(to, t, base_p + scale * (z0 + z1 + z2))
                    m = base_m + load(rows, CM) * z0 + load(rows, CM + 1) * z1
                    m = m + load(rows, CM + 2) * z2 + load(rows, CM + 3) * z3
                    store(to, 200 + t, m + load(rows, CM + 4) * z4)
                    store(to, 400 + t, base_e + e0 * z0 + e1 * z1 + e2 * z2 + e5 * z5)
                    store(to, 600 + t, r_now)

    return solve_b


_STAMP = fingerprint(vars(lanes), vars(modes), globals())
solve_a, solve_b = _solve_a(_STAMP), _solve_b(_STAMP)


def plan(case: str):
    """Knots of a case: distinct gaps (and how each follows from another), outputs and events."""
    grid, begin = task.times(case), task.starts(case)
    knots = np.unique(np.round(np.concatenate([[0.0], grid, begin, begin + task.DURATION_H]), 12))
    gaps = np.diff(knots, prepend=0.0)
    keys, gap_of = np.unique(np.round(gaps, 9), return_inverse=True)
    shared = np.bincount(gap_of, weights=gaps) / np.bincount(gap_of)
    output = np.full(knots.size, -1)
    output[np.searchsorted(knots, np.round(grid, 12))] = np.arange(grid.size)
    event = np.zeros(knots.size, dtype=np.int64)
    event[np.searchsorted(knots, np.round(begin, 12))] = 1
    event[np.searchsorted(knots, np.round(begin + task.DURATION_H, 12))] = -1
    base, times = np.zeros(keys.size, dtype=np.int64), np.ones(keys.size, dtype=np.int64)
    for g, key in enumerate(keys):
        for k in (2, 3):
            found = np.flatnonzero(np.isclose(keys[:g] * k, key, rtol=1e-7, atol=0))
            if key > 0 and found.size:
                base[g], times[g] = found[0], k
                break
    return shared, base, times, gap_of, output, event


def run(case: str, table: np.ndarray, laid) -> np.ndarray:
    """From the parameter table (n, 6), n a multiple of 8, to one array of all outputs."""
    shared, base, times, gap_of, output, event = laid
    out = np.empty((len(table) // WIDTH, len(task.OUTPUTS[case]) * 200, WIDTH))
    columns = np.ascontiguousarray(table.T)
    if case == "A":
        solve_a(columns, shared, gap_of, output, event, out)
    else:
        solve_b(columns, shared, base, times, gap_of, output, event, out)
    return out


def by_patient(case: str, out: np.ndarray) -> np.ndarray:
    """The same numbers as (patients, outputs, times)."""
    blocks = out.reshape(len(out), len(task.OUTPUTS[case]), 200, WIDTH)
    return np.ascontiguousarray(blocks.transpose(0, 3, 1, 2)).reshape(-1, blocks.shape[1], 200)
