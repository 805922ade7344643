"""The common task: a model that every simulator can run, its patients, grids and exact answer.

The parameter values are benchmark values, not a fit to data. Times in hours, amounts in mg.
"""

from __future__ import annotations

import numpy as np

CL, V1, V2, V3, Q2, Q3 = 79.0, 63.0, 207.0, 314.0, 165.0, 80.0
FM, CLM, QM, VM1, VM2 = 0.6, 50.0, 90.0, 60.0, 120.0
KE0, EMAX, EC50, KOUT, R0 = 6.0, 2.0, 0.08, 0.015, 10.0
DOSE_MG, DURATION_H = 35.0, 40.0 / 60.0
VARIED = np.array([CL, V1, V2, KE0, EC50, KOUT])
NAMES = ("cl", "v1", "v2", "ke0", "ec50", "kout")
OFFSETS = np.array([
    0.1, 0.2, 1 / 3, 0.5, 2 / 3, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30,
    36, 48, 60,
])  # fmt: skip
SESSIONS = 24.0 * np.array([0, 3, 7, 10, 14, 17, 21, 24])
END_B = 672.0
OUTPUTS = {"A": ("cp", "cm"), "B": ("cp", "cm", "ce", "r")}


def patients(n: int = 1000) -> np.ndarray:
    """(n, 6) values of `NAMES`, log-normal with CV 30 %."""
    z = np.random.Generator(np.random.PCG64(20261123)).standard_normal((1000, 6))
    table = np.exp(z * np.sqrt(np.log(1.09))) * VARIED
    return np.tile(table, (-(-n // 1000), 1))[:n]


def times(case: str) -> np.ndarray:
    """The 200 output times."""
    if case == "A":
        return 24.0 / 200.0 * np.arange(1, 201)
    grid = (SESSIONS[:, None] + OFFSETS).ravel()
    grid[-1] = END_B
    return grid


def starts(case: str) -> np.ndarray:
    """When infusions begin."""
    return SESSIONS[:1] if case == "A" else SESSIONS


def matrix(p: np.ndarray) -> np.ndarray:
    """Linear part: A1 A2 A3 M1 M2 Ce, with the input rate as a seventh, constant state."""
    cl, v1, v2, ke0 = p[:4]
    a = np.zeros((7, 7))
    a[0, :3] = -(cl + Q2 + Q3) / v1, Q2 / v2, Q3 / V3
    a[1, :2], a[2, 0], a[2, 2] = (Q2 / v1, -Q2 / v2), Q3 / v1, -Q3 / V3
    a[3, 0], a[3, 3:5] = FM * cl / v1, (-(CLM + QM) / VM1, QM / VM2)
    a[4, 3:5], a[5, 0], a[5, 5] = (QM / VM1, -QM / VM2), ke0 / v1, -ke0
    a[0, 6] = 1.0
    return a


def reference(case: str, p: np.ndarray) -> np.ndarray:
    """(outputs, times) of one patient: matrix exponentials, and DOP853 at 1e-12 for R."""
    from scipy.linalg import expm  # here, because peers have no scipy

    grid, begin = times(case), starts(case)
    knots = np.unique(np.concatenate([[0.0], grid, begin, begin + DURATION_H]))
    a, x, r = matrix(p), np.zeros(7), R0
    v1, ec50, kout = p[1], p[4], p[5]
    found = {}
    for low, high in zip(knots, [*knots[1:], np.inf], strict=True):
        if np.isclose(low, begin, rtol=0, atol=1e-9).any():
            x[6] = DOSE_MG / DURATION_H
        if np.isclose(low, begin + DURATION_H, rtol=0, atol=1e-9).any():
            x[6] = 0.0
        found[low] = (x[0] / v1, x[3] / VM1, x[5], r)
        if high > grid[-1]:
            break
        if case == "B":
            r = _turnover(a, x, r, ec50, kout, high - low)
        x = expm(a * (high - low)) @ x
    return np.array([found[time] for time in grid]).T[: len(OUTPUTS[case])]


def _turnover(
    a: np.ndarray, x: np.ndarray, r: float, ec50: float, kout: float, span: float
) -> float:
    from scipy.integrate import solve_ivp

    def slope(_: float, y: np.ndarray) -> np.ndarray:
        effect = EMAX * y[5] / (ec50 + y[5])
        return np.append(a @ y[:7], kout * R0 * (1 + effect) - kout * y[7])

    start = np.append(x, r)
    return float(
        solve_ivp(slope, (0, span), start, method="DOP853", rtol=1e-12, atol=1e-14).y[7, -1]
    )


def segments(case: str) -> list[tuple[float, float, float, np.ndarray]]:
    """(start, end, input rate, output times within (start, end]) in order."""
    grid, begin = times(case), starts(case)
    edges = np.unique(np.round(np.concatenate([begin, begin + DURATION_H, grid[-1:]]), 9))
    found = []
    for low, high in zip(edges, edges[1:], strict=False):
        on = np.isclose(low, begin, rtol=0, atol=1e-6).any()
        inside = grid[(grid > low + 1e-9) & (grid <= high + 1e-9)]
        found.append((low, high, DOSE_MG / DURATION_H if on else 0.0, inside))
    return found


def scaled_error(found: np.ndarray, true: np.ndarray) -> float:
    """Largest difference over each patient's peak of that output; (patients, outputs, times)."""
    return float((np.abs(found - true).max(axis=-1) / true.max(axis=-1)).max())
