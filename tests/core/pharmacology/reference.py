"""A slow, obvious solver to hold the fast one against: the printed equations and DOP853.

Written from the equations, sharing no code with the kernels or the dense solver. Every output is
a step's end, because the interpolant between steps is less exact than the steps. Steps stay well
inside DOP853's region of stability: hours after a dose it would otherwise run along the edge, where
its error estimate misses 2e-9 of the hydroxynorketamine peak (40-digit exponentials tell).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from esker.core.pharmacology.layout import PARAMETERS
from esker.core.pharmacology.timeline import Input

STATES = 14
STEP_TIMES_RATE = 2.0  # the edge is near 6


def model_e(q: np.ndarray) -> tuple[Callable, Callable]:
    """Right-hand side f(x, inputs) and outputs g(x) of Model E."""
    v = dict(zip(PARAMETERS["E"], q, strict=True))
    vc, vn, vp1, vp2, vh = v["vc"], v["vn"], v["vp1"], v["vp2"], v["vh"]
    ke0, kb, kc = v["ke0"], v["kt_sbp"], v["kt_cadss"]

    def f(x, u):
        nasal, swallowed, oral, c, p1, p2, h, n, np_, k, k2, ce, mb, mc = x
        to_p1, to_p2 = v["q1"] / vc * c - v["q1"] / vp1 * p1, v["q2"] / vc * c - v["q2"] / vp2 * p2
        to_liver = v["qh"] / vc * c - v["qh"] / vh * h
        to_np = v["qn"] / vn * n - v["qn"] / v["vpn"] * np_
        to_k2 = v["qhnk"] / v["vh1"] * k - v["qhnk"] / v["vh2"] * k2
        return np.array([
            u[0] - v["kan"] * nasal, u[1] - v["kasw"] * swallowed, u[2] - v["kapo"] * oral,
            u[3] + v["kan"] * nasal - to_p1 - to_p2 - to_liver, to_p1, to_p2,
            v["kasw"] * swallowed + v["kapo"] * oral + to_liver - (v["kel"] + v["kmet"]) * h,
            v["kmet"] * h - v["cln"] / vn * n - to_np, to_np,
            v["fh"] * v["cln"] / vn * n - v["clh"] / v["vh1"] * k - to_k2, to_k2,
            ke0 * (v["bridge"] * 1000 * c / vc - ce), kb * (ce - mb), kc * (ce - mc),
        ])  # fmt: skip

    def g(x):
        return np.array(
            [
                1000 * x[3] / vc,
                1000 * x[7] / vn,
                1000 * 239.70 / 223.70 * x[9] / v["vh1"],
                x[11],
                x[12],
                x[13],
            ]
        )

    return f, g


def model_r(q: np.ndarray, enantiomer: str) -> tuple[Callable, Callable]:
    """Right-hand side and outputs of one enantiomer of Model R."""
    v = dict(zip(PARAMETERS["R"], q, strict=True))
    cl, cln = (v["cl"], v["cln"]) if enantiomer == "S" else (v["cl_r"], v["cln_r"])
    v1, km = v["v1"], v["kmet"]

    def f(x, u):
        a1, a2, a3, m1, m2, n1, n2, h1, h2, y1, y2, ce, mb, mc = x
        ca = 1000 * a1 / v1
        return np.array([
            u[0] - (cl + v["q2"] + v["q3"]) / v1 * a1
            + v["q2"] / v["v2"] * a2 + v["q3"] / v["v3"] * a3,
            v["q2"] / v1 * a1 - v["q2"] / v["v2"] * a2, v["q3"] / v1 * a1 - v["q3"] / v["v3"] * a3,
            cl / v1 * a1 - km * m1, km * (m1 - m2),
            v["fm"] * km * m2 - (cln + v["qn"]) / v1 * n1 + v["qn"] / v["vn2"] * n2,
            v["qn"] / v1 * n1 - v["qn"] / v["vn2"] * n2,
            v["fh"] * cln / v1 * n1 - (v["clh"] + v["qhnk"]) / v["vh1"] * h1
            + v["qhnk"] / v["vh2"] * h2,
            v["qhnk"] / v["vh1"] * h1 - v["qhnk"] / v["vh2"] * h2,
            v["venous_fast"] * (ca - y1), v["venous_slow"] * (ca - y2),
            v["ke0"] * (ca - ce), v["kt_sbp"] * (ce - mb), v["kt_cadss"] * (ce - mc),
        ])  # fmt: skip

    def g(x):
        share = v["venous_share"]
        return np.array([
            1000 * x[0] / v1, share * x[9] + (1 - share) * x[10],
            1000 * 223.70 / 237.73 * x[5] / v1,
            1000 * 239.70 / 237.73 * x[7] / v["vh1"], x[11], x[12], x[13],
        ])  # fmt: skip

    return f, g


def solve(model, inputs: list[Input], amounts: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Outputs (rows, times) of one patient; channel k enters state k (Model E) or 0 (Model R).

    `inputs` of another enantiomer must have been left out.
    """
    f, g = model
    ends = [one.start_min + one.duration_min for one in inputs]
    knots = sorted({0.0, *times, *[one.start_min for one in inputs], *ends} - {np.inf})
    x, found, longest = np.zeros(STATES), [], STEP_TIMES_RATE / _fastest(f)
    for low, high in zip(knots, [*knots[1:], None], strict=True):
        for one in inputs:
            if one.duration_min == 0 and one.start_min == low:
                x[one.channel] += amounts[one.column]
        if low in times:
            found.append(g(x))
        if high is None or high > times[-1]:
            break
        rates = np.zeros(4)
        for one in inputs:
            if one.duration_min and one.start_min <= low < one.start_min + one.duration_min:
                rates[one.channel] += amounts[one.column] / one.duration_min
        x = solve_ivp(lambda _, y, u=rates: f(y, u), (low, high), x, method="DOP853",
                      rtol=1e-12, atol=1e-13, max_step=longest).y[:, -1]  # fmt: skip
    return np.array(found).T


def _fastest(f: Callable) -> float:
    """The highest rate per minute at which anything leaves one state."""
    return -min(f(unit, np.zeros(4))[k] for k, unit in enumerate(np.eye(STATES)))
