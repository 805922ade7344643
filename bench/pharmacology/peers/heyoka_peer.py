"""heyoka: Taylor integration, compiled by LLVM, in batches as wide as the machine's vectors."""

from __future__ import annotations

import sys

import heyoka as hy
import numpy as np

from bench.pharmacology import task
from bench.pharmacology.peers.serve import serve

TOLERANCE = float(sys.argv[1])
WIDTH = hy.recommended_simd_size()


def _system(case: str):
    names = ["a1", "a2", "a3", "m1", "m2"] + (["ce", "r"] if case == "B" else [])
    v = dict(zip(names, hy.make_vars(*names), strict=True))
    cl, v1, v2, ke0, ec50, kout, rate = (hy.par[k] for k in range(7))
    a1, a2, a3, m1, m2 = (v[name] for name in names[:5])
    rows = [
        (
            a1,
            rate - (cl + task.Q2 + task.Q3) / v1 * a1 + task.Q2 / v2 * a2 + task.Q3 / task.V3 * a3,
        ),
        (a2, task.Q2 / v1 * a1 - task.Q2 / v2 * a2),
        (a3, task.Q3 / v1 * a1 - task.Q3 / task.V3 * a3),
        (
            m1,
            task.FM * cl / v1 * a1 - (task.CLM + task.QM) / task.VM1 * m1 + task.QM / task.VM2 * m2,
        ),
        (m2, task.QM / task.VM1 * m1 - task.QM / task.VM2 * m2),
    ]
    if case == "B":
        ce, r = v["ce"], v["r"]
        drive = 1.0 + task.EMAX * ce / (ec50 + ce)
        rows += [(ce, ke0 * (a1 / v1 - ce)), (r, task.R0 * kout * drive - kout * r)]
    state = np.zeros((len(rows), WIDTH))
    return hy.taylor_adaptive_batch(rows, state, tol=TOLERANCE, pars=np.ones((7, WIDTH)))


INTEGRATORS: dict = {}


def solve(case: str, table: np.ndarray) -> np.ndarray:
    """All patients, one batch after another."""
    if case not in INTEGRATORS:
        INTEGRATORS[case] = _system(case)
    ta, pieces = INTEGRATORS[case], task.segments(case)
    out = np.empty((len(table), len(task.OUTPUTS[case]), 200))
    for at in range(0, len(table), WIDTH):
        block = table[at : at + WIDTH].T
        ta.set_time(0.0)
        ta.state[:] = 0.0
        if case == "B":
            ta.state[6] = task.R0
        ta.pars[:6] = block
        done = 0
        for low, high, rate, inside in pieces:
            ta.pars[6] = rate
            ta.set_time(low)
            grid = np.concatenate([[low], inside, [high] if high > inside[-1] + 1e-9 else []])
            y = ta.propagate_grid(np.repeat(grid[:, None], WIDTH, axis=1))[1][1 : 1 + inside.size]
            here = slice(done, done + inside.size)
            out[at : at + WIDTH, 0, here] = (y[:, 0] / block[1]).T
            out[at : at + WIDTH, 1, here] = (y[:, 3] / task.VM1).T
            if case == "B":
                out[at : at + WIDTH, 2, here] = y[:, 5].T
                out[at : at + WIDTH, 3, here] = y[:, 6].T
            done += inside.size
    return out


serve(solve)
