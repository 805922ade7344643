"""Models E and R written as compartments and flows: the plainest statement of their equations.

Every state counts mg of base, effects and areas too; the rows turn them into ng/mL. One unit keeps
the matrices small, and an exponential costs one product for each doubling of their size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .dense import System, flow, follow, leave
from .layout import HNK_PER_KETAMINE, HNK_PER_NK, NK_PER_KETAMINE, PARAMETERS

Floats = NDArray[np.float64]


def systems(model: str, parameters: Floats) -> list[System]:
    """One system, or one for each enantiomer, S before R."""
    if model == "E":
        return [system_e(parameters)]
    return [system_r(parameters, name) for name in "SR"]


def system_e(parameters: Floats) -> System:
    """Model E: three depots, drug, liver, metabolites, effect site, tolerances, two areas."""
    p = dict(zip(PARAMETERS["E"], parameters, strict=True))
    (nasal, swallowed, oral, c, p1, p2, liver, n, n2, h, h2, effect, t_sbp, t_cadss,
     area, area_nk) = range(16)  # fmt: skip
    a = np.zeros((parameters.shape[1], 16, 16))
    flow(a, nasal, c, p["kan"])
    flow(a, swallowed, liver, p["kasw"])
    flow(a, oral, liver, p["kapo"])
    _exchange(a, c, p1, p["q1"] / p["vc"], p["q1"] / p["vp1"])
    _exchange(a, c, p2, p["q2"] / p["vc"], p["q2"] / p["vp2"])
    _exchange(a, c, liver, p["qh"] / p["vc"], p["qh"] / p["vh"])
    leave(a, liver, p["kel"])
    flow(a, liver, n, p["kmet"])
    _metabolite(a, n, n2, p["cln"], p["qn"], p["vn"], p["vpn"])
    a[:, h, n] += p["fh"] * p["cln"] / p["vn"]
    _metabolite(a, h, h2, p["clh"], p["qhnk"], p["vh1"], p["vh2"])
    follow(a, c, effect, p["ke0"])
    follow(a, effect, t_sbp, p["kt_sbp"])
    follow(a, effect, t_cadss, p["kt_cadss"])
    a[:, area, c] = a[:, area_nk, n] = 1.0
    b = np.zeros((16, 4))
    b[[nasal, swallowed, oral, c], range(4)] = 1.0
    venous, nk, hnk = 1000.0 / p["vc"], 1000.0 / p["vn"], 1000.0 * HNK_PER_NK / p["vh1"]
    felt = p["bridge"] * venous
    return System(a, b, _rows(a, {c: venous, n: nk, h: hnk, effect: felt, t_sbp: felt, t_cadss: felt,
                                  area: venous, area_nk: nk}))  # fmt: skip


def system_r(parameters: Floats, enantiomer: str) -> System:
    """Model R for one enantiomer: drug, delay, metabolites, venous link, effects, two areas."""
    p = dict(zip(PARAMETERS["R"], parameters, strict=True))
    cl, cln = (p["cl"], p["cln"]) if enantiomer == "S" else (p["cl_r"], p["cln_r"])
    (a1, a2, a3, m1, m2, n, n2, h, h2, fast, slow, effect, t_sbp, t_cadss,
     area, area_nk) = range(16)  # fmt: skip
    a = np.zeros((parameters.shape[1], 16, 16))
    _exchange(a, a1, a2, p["q2"] / p["v1"], p["q2"] / p["v2"])
    _exchange(a, a1, a3, p["q3"] / p["v1"], p["q3"] / p["v3"])
    flow(a, a1, m1, cl / p["v1"])
    flow(a, m1, m2, p["kmet"])
    leave(a, m2, p["kmet"])
    a[:, n, m2] += p["fm"] * p["kmet"]
    _metabolite(a, n, n2, cln, p["qn"], p["v1"], p["vn2"])
    a[:, h, n] += p["fh"] * cln / p["v1"]
    _metabolite(a, h, h2, p["clh"], p["qhnk"], p["vh1"], p["vh2"])
    for site, rate in ((fast, "venous_fast"), (slow, "venous_slow"), (effect, "ke0")):
        follow(a, a1, site, p[rate])
    follow(a, effect, t_sbp, p["kt_sbp"])
    follow(a, effect, t_cadss, p["kt_cadss"])
    share = p["venous_share"]
    a[:, area, fast], a[:, area, slow], a[:, area_nk, n] = share, 1.0 - share, 1.0
    b = np.zeros((16, 1))
    b[a1, 0] = 1.0
    arterial, nk = 1000.0 / p["v1"], 1000.0 * NK_PER_KETAMINE / p["v1"]
    hnk = 1000.0 * HNK_PER_KETAMINE / p["vh1"]
    c = _rows(a, {a1: arterial, fast: share * arterial, n: nk, h: hnk, effect: arterial,
                  t_sbp: arterial, t_cadss: arterial, area: arterial, area_nk: nk})  # fmt: skip
    c[:, 1, slow] = (1.0 - share) * arterial
    return System(a, b, c)


def _exchange(a: Floats, one: int, other: int, there: Floats, back: Floats) -> None:
    flow(a, one, other, there)
    flow(a, other, one, back)


def _metabolite(
    a: Floats, centre: int, outer: int, cl: Floats, q: Floats, v: Floats, v2: Floats
) -> None:
    leave(a, centre, cl / v)
    _exchange(a, centre, outer, q / v, q / v2)


def _rows(a: Floats, scales: dict[int, Floats]) -> Floats:
    """One row for each of these states, in ng/mL (areas: times min)."""
    c = np.zeros((a.shape[0], len(scales), a.shape[1]))
    for row, (state, scale) in enumerate(scales.items()):
        c[:, row, state] = scale
    return c
