"""Model R in modes: one block of fourteen for each enantiomer, swept together (numba)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit, prange

from . import lanes, modes, summary_kernel
from .fingerprint import fingerprint
from .lanes import KERNEL, OPTIONS, WIDTH, larger, load, spread, store
from .layout import HNK_PER_KETAMINE, NK_PER_KETAMINE
from .modes import (
    add_area,
    add_delay,
    add_filter,
    add_row,
    arrowhead_root,
    decay_factors,
    give,
    pair,
    scale_row,
    settle,
)
from .summary_kernel import SUMMARIES, draw, finish, observe, start, take

# Positions in layout.PARAMETERS["R"].
(V1, V2, V3, CL, Q2, Q3, KMET, FM, CLN, QN, VN2, FH, VH1, VH2, CLH, QHNK, FAST, SLOW, SHARE, KE0,
 KT_SBP, KT_CADSS, CL_R, CLN_R) = range(24)  # fmt: skip
S, R = range(2)
S_ROWS, R_ROWS = 7, 4
MODES = 14  # 3 of drug, 2 of metabolic delay, 2 NK, 2 HNK, 2 venous, effect site, 2 tolerances
CHAIN = 3  # where the double pole of the delay starts
ARTERIAL, VENOUS, NK, HNK, EFFECT, T_SBP, T_CADSS, DELAYED, SPARE = (MODES * r for r in range(9))


@njit(**OPTIONS)
def build_r(p, cl_row, cln_row, lam, b, rows, gap):
    """Poles, bolus gains and output rows (ng/mL per mg) of one enantiomer in eight patients.

    `p` is (24, 8); `lam`, `b`, `gap` (14, 8); `rows` (9 * 14, 8), of which the first seven stay as
    outputs. Returns the amplification of rounding.
    """
    b[:] = 0.0
    rows[:] = 0.0
    v1, cl, q2, q3 = load(p, V1), load(p, cl_row), load(p, Q2), load(p, Q3)
    a0, a1, a2 = (cl + q2 + q3) / v1, q2 / load(p, V2), q3 / load(p, V3)
    s1, s2, none = a1 * q2 / v1, a2 * q3 / v1, spread(0.0)
    worst = spread(1.0)
    for j in range(3):
        pole, share, state = arrowhead_root(j, a0, a1, a2, a0 + a1 + a2, s1, s2, none)
        store(lam, j, pole)
        store(gap, j, spread(1.0))
        store(b, j, share)
        store(rows, ARTERIAL + j, spread(1.0))
        worst = larger(worst, state)
    k = load(p, KMET)
    scale_row(3, cl / v1, rows, ARTERIAL, SPARE)
    add_delay(3, MODES, k, rows, SPARE, DELAYED, lam, b, gap)
    qn, back, cln = load(p, QN), load(p, QN) / load(p, VN2), load(p, cln_row)
    fast, slow, one, two = pair((cln + qn) / v1, back, qn * back / v1)
    made = load(p, FM) * k
    add_filter(5, MODES, CHAIN, fast, made * one, rows, DELAYED, SPARE, lam, b, gap)
    add_row(6, spread(1.0), rows, SPARE, NK)
    store(rows, SPARE + 5, none)
    add_filter(6, MODES, CHAIN, slow, made * two, rows, DELAYED, SPARE, lam, b, gap)
    add_row(7, spread(1.0), rows, SPARE, NK)
    vh1, qhnk, back = load(p, VH1), load(p, QHNK), load(p, QHNK) / load(p, VH2)
    fast, slow, one, two = pair((load(p, CLH) + qhnk) / vh1, back, qhnk * back / vh1)
    made = load(p, FH) * cln / v1
    add_filter(7, MODES, CHAIN, fast, made * one, rows, NK, SPARE, lam, b, gap)
    add_row(8, spread(1.0), rows, SPARE, HNK)
    store(rows, SPARE + 7, none)
    add_filter(8, MODES, CHAIN, slow, made * two, rows, NK, SPARE, lam, b, gap)
    add_row(9, spread(1.0), rows, SPARE, HNK)
    scale_row(MODES, 1000.0 / v1, rows, ARTERIAL, ARTERIAL)
    scale_row(MODES, 1000.0 * NK_PER_KETAMINE / v1, rows, NK, NK)
    scale_row(MODES, 1000.0 * HNK_PER_KETAMINE / vh1, rows, HNK, HNK)
    for n, rate, part in ((9, load(p, FAST), load(p, SHARE)),
                          (10, load(p, SLOW), 1.0 - load(p, SHARE))):  # fmt: skip
        add_filter(n, MODES, CHAIN, rate, rate, rows, ARTERIAL, SPARE, lam, b, gap)
        add_row(n + 1, part, rows, SPARE, VENOUS)
        store(rows, SPARE + n, none)
    ke0 = load(p, KE0)
    strain = larger(
        worst, add_filter(11, MODES, CHAIN, ke0, ke0, rows, ARTERIAL, EFFECT, lam, b, gap)
    )
    for n, rate, out in ((12, load(p, KT_SBP), T_SBP), (13, load(p, KT_CADSS), T_CADSS)):
        worst = larger(
            worst, add_filter(n, MODES, CHAIN, rate, rate, rows, EFFECT, out, lam, b, gap)
        )
    return larger(worst, strain)


@njit(**OPTIONS)
def step_r(effects, f, c, w, factor, gap_min, base, y, at):
    """Let one enantiomer decay over one gap and read its rows into `y` from row `at`.

    Only modes that can reach an output are weighed. `effects` is False for R-ketamine, which
    drives none of the effects modelled here.
    """
    arterial, venous, nk, hnk = (
        load(base, at),
        load(base, at + 1),
        load(base, at + 2),
        load(base, at + 3),
    )
    effect = sbp = cadss = spread(0.0)
    if effects:
        effect, sbp, cadss = load(base, at + 4), load(base, at + 5), load(base, at + 6)
    for m in range(3):
        z = load(w, m) * load(factor, f + m)
        store(w, m, z)
        arterial = arterial + load(c, ARTERIAL + m) * z
        venous = venous + load(c, VENOUS + m) * z
        nk = nk + load(c, NK + m) * z
        hnk = hnk + load(c, HNK + m) * z
        if effects:
            effect = effect + load(c, EFFECT + m) * z
            sbp = sbp + load(c, T_SBP + m) * z
            cadss = cadss + load(c, T_CADSS + m) * z
    decay = load(factor, f + CHAIN)
    first = load(w, CHAIN)
    second = decay * (load(w, CHAIN + 1) + gap_min * first)
    first = decay * first
    store(w, CHAIN, first)
    store(w, CHAIN + 1, second)
    nk = nk + load(c, NK + CHAIN) * first + load(c, NK + CHAIN + 1) * second
    hnk = hnk + load(c, HNK + CHAIN) * first + load(c, HNK + CHAIN + 1) * second
    for m in range(5, 9):
        z = load(w, m) * load(factor, f + m)
        store(w, m, z)
        hnk = hnk + load(c, HNK + m) * z
        if m < 7:
            nk = nk + load(c, NK + m) * z
    for m in range(9, 11):
        z = load(w, m) * load(factor, f + m)
        store(w, m, z)
        venous = venous + load(c, VENOUS + m) * z
    zero = spread(0.0)  # lifts rounding errors of what has decayed away
    store(y, at, larger(arterial, zero))
    store(y, at + 1, larger(venous, zero))
    store(y, at + 2, larger(nk, zero))
    store(y, at + 3, larger(hnk, zero))
    if effects:
        z = load(w, 11) * load(factor, f + 11)
        store(w, 11, z)
        effect = effect + load(c, EFFECT + 11) * z
        sbp = sbp + load(c, T_SBP + 11) * z
        cadss = cadss + load(c, T_CADSS + 11) * z
        z = load(w, 12) * load(factor, f + 12)
        store(w, 12, z)
        sbp = sbp + load(c, T_SBP + 12) * z
        z = load(w, 13) * load(factor, f + 13)
        store(w, 13, z)
        cadss = cadss + load(c, T_CADSS + 13) * z
        store(y, at + 4, larger(effect, zero))
        store(y, at + 5, larger(sbp, zero))
        store(y, at + 6, larger(cadss, zero))


@njit(**OPTIONS)
def _step_both(g, gap_min, rows_s, rows_r, w_s, w_r, factor_s, factor_r, base, y):
    step_r(True, g * MODES, rows_s, w_s, factor_s, gap_min, base, y, 0)
    step_r(False, g * MODES, rows_r, w_r, factor_r, gap_min, base, y, S_ROWS)


def _kernel(stamp):
    @njit(**KERNEL)
    def sweep_r(p, amounts, feel, gaps, gap_of, output_of, first, channel, column, scale,
                delivered, times, effects, curves, summaries, amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        Channel 0 is S-ketamine and channel 1 is R-ketamine into the arterial centre. Patients and
        times are laid out as in `kernel_e.sweep_e`.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for block in prange((n + WIDTH - 1) // WIDTH):
            at = block * WIDTH
            mine = min(WIDTH, n - at)
            p8, dose = np.empty((p.shape[0], WIDTH)), np.empty((amounts.shape[0], WIDTH))
            feel8, kept = np.empty((2, WIDTH)), np.zeros((SUMMARIES, WIDTH))
            take(p, at, mine, p8)
            take(amounts, at, mine, dose)
            take(feel, at, mine, feel8)
            lam_s, lam_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            b_s, b_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            rows_s, rows_r = np.empty((9 * MODES, WIDTH)), np.empty((9 * MODES, WIDTH))
            w_s, w_r = np.zeros((MODES, WIDTH)), np.zeros((MODES, WIDTH))
            level_s, level_r = np.zeros((MODES, WIDTH)), np.zeros((MODES, WIDTH))
            given = np.zeros((2, WIDTH))
            given_s, given_r = given[:1], given[1:]
            base, y, gap = np.zeros((11, WIDTH)), np.empty((11, WIDTH)), np.empty((MODES, WIDTH))
            factor_s = np.empty((gaps.size * MODES, WIDTH))
            factor_r = np.empty((gaps.size * MODES, WIDTH))
            strain = np.empty((2, WIDTH))
            worst = build_r(p8, CL, CLN, lam_s, b_s, rows_s, gap)
            store(strain, 0, larger(worst, build_r(p8, CL_R, CLN_R, lam_r, b_r, rows_r, gap)))
            decay_factors(lam_s, gaps, factor_s)
            decay_factors(lam_r, gaps, factor_r)
            start(kept)
            running = 0
            for k in range(gap_of.size):
                g = gap_of[k]
                _step_both(g, gaps[g], rows_s, rows_r, w_s, w_r, factor_s, factor_r, base, y)
                if first[k + 1] > first[k]:
                    for event in range(first[k], first[k + 1]):
                        bolus = scale[event] == 0.0
                        running += 0 if bolus else (1 if scale[event] > 0.0 else -1)
                        mg = load(dose, column[event])
                        amount = mg if bolus else mg * scale[event]
                        arrived = mg * (delivered[column[event]] if scale[event] >= 0.0 else 0.0)
                        if channel[event] == S:
                            give(bolus, amount, 0, CHAIN, lam_s, b_s, w_s, level_s)
                            store(given_s, 0, load(given_s, 0) + arrived)
                        else:
                            give(bolus, amount, 0, CHAIN, lam_r, b_r, w_r, level_r)
                            store(given_r, 0, load(given_r, 0) + arrived)
                    if running == 0:
                        level_s[:] = 0.0  # drops the rounding of rates that have cancelled
                        level_r[:] = 0.0
                    settle(MODES, S_ROWS, rows_s, level_s, base)
                    settle(MODES, R_ROWS, rows_r, level_r, base[S_ROWS:])
                    _step_both(0, 0.0, rows_s, rows_r, w_s, w_r, factor_s, factor_r, base, y)
                t = output_of[k]
                if t >= 0:
                    draw(y, t, at, mine, curves)
                    if summaries.shape[1] > 0:
                        drug, nk = load(y, 1) + load(y, 8), load(y, 2) + load(y, 9)
                        observe(times[t], times[t + 1], drug, nk, load(y, 4), load(y, 5),
                                load(y, 6), feel8, effects, kept)  # fmt: skip
            if summaries.shape[1] > 0:
                for r, into in ((1, 2), (2, 4)):
                    add_area(MODES, CHAIN, r, rows_s, lam_s, b_s, w_s, level_s, given_s, kept, into)
                    add_area(MODES, CHAIN, r, rows_r, lam_r, b_r, w_r, level_r, given_r, kept, into)
                finish(kept, summaries, at, mine)
            for i in range(mine):
                amplification[at + i] = strain[0, i]

    return sweep_r


sweep_r = _kernel(fingerprint(vars(lanes), vars(modes), vars(summary_kernel), globals()))
