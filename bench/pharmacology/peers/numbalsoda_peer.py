"""numbalsoda: LSODA called from compiled code."""

from __future__ import annotations

import numpy as np
from numba import cfunc, njit
from numbalsoda import lsoda, lsoda_sig

from bench.pharmacology import task
from bench.pharmacology.peers.serve import serve

V3, Q2, Q3, FM = task.V3, task.Q2, task.Q3, task.FM
CLM, QM, VM1, VM2 = task.CLM, task.QM, task.VM1, task.VM2
EMAX, R0 = task.EMAX, task.R0


@cfunc(lsoda_sig)
def _pk(t, y, d, p):
    d[0] = p[6] - (p[0] + Q2 + Q3) / p[1] * y[0] + Q2 / p[2] * y[1] + Q3 / V3 * y[2]
    d[1] = Q2 / p[1] * y[0] - Q2 / p[2] * y[1]
    d[2] = Q3 / p[1] * y[0] - Q3 / V3 * y[2]
    d[3] = FM * p[0] / p[1] * y[0] - (CLM + QM) / VM1 * y[3] + QM / VM2 * y[4]
    d[4] = QM / VM1 * y[3] - QM / VM2 * y[4]


@cfunc(lsoda_sig)
def _all(t, y, d, p):
    d[0] = p[6] - (p[0] + Q2 + Q3) / p[1] * y[0] + Q2 / p[2] * y[1] + Q3 / V3 * y[2]
    d[1] = Q2 / p[1] * y[0] - Q2 / p[2] * y[1]
    d[2] = Q3 / p[1] * y[0] - Q3 / V3 * y[2]
    d[3] = FM * p[0] / p[1] * y[0] - (CLM + QM) / VM1 * y[3] + QM / VM2 * y[4]
    d[4] = QM / VM1 * y[3] - QM / VM2 * y[4]
    d[5] = p[3] * (y[0] / p[1] - y[5])
    d[6] = R0 * p[5] * (1 + EMAX * y[5] / (p[4] + y[5])) - p[5] * y[6]


@njit
def _run(address, table, low, high, rate, first, grid, whole, out):
    for k in range(len(table)):
        p = np.append(table[k], 0.0)
        y = np.zeros(7 if whole else 5)
        if whole:
            y[6] = R0
        for s in range(len(low)):
            p[6] = rate[s]
            inside = grid[first[s] : first[s + 1]]
            t = np.append(low[s], inside)
            if high[s] > inside[-1] + 1e-9:
                t = np.append(t, high[s])
            x, _ = lsoda(address, y, t, data=p, rtol=1e-6, atol=1e-9)
            y = x[-1].copy()
            for j in range(len(inside)):
                out[k, 0, first[s] + j] = x[1 + j, 0] / p[1]
                out[k, 1, first[s] + j] = x[1 + j, 3] / VM1
                if whole:
                    out[k, 2, first[s] + j] = x[1 + j, 5]
                    out[k, 3, first[s] + j] = x[1 + j, 6]


def solve(case: str, table: np.ndarray) -> np.ndarray:
    """All patients in one compiled loop."""
    pieces = task.segments(case)
    low, high, rate = (np.array([piece[k] for piece in pieces]) for k in range(3))
    first = np.cumsum([0] + [piece[3].size for piece in pieces])
    out = np.empty((len(table), len(task.OUTPUTS[case]), 200))
    address = (_all if case == "B" else _pk).address
    _run(address, table, low, high, rate, first, task.times(case), case == "B", out)
    return out


serve(solve)
