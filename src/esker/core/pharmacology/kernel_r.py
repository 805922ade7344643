"""Model R in modes: one block of fourteen for each enantiomer, swept together (numba)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit, prange

from . import lanes, modes, summary_kernel
from .fingerprint import fingerprint
from .lanes import CHUNK, KERNEL, OPTIONS, WIDTH, larger, load, spread, store
from .layout import HNK_PER_KETAMINE, NK_PER_KETAMINE
from .modes import (
    above_zero,
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
def step_r(effects, one, two, gap, gap2, c, w, factor, base, y, at):
    """Let one enantiomer decay over two gaps and read its rows into `y`.

    `one` and `two` are rows of `factor`, `gap` and `gap2` the same gaps in minutes. Rows after the
    first gap go to `y` from row `at`, those after the second eleven rows on. Two at a time,
    because reading coefficients costs more than multiplying by them; only modes that can reach an
    output are weighed. `effects` is False for R-ketamine, which drives none of them here.
    """
    ca, cv, nk, hnk = load(base, at), load(base, at + 1), load(base, at + 2), load(base, at + 3)
    ca2, cv2, nk2, hnk2 = ca, cv, nk, hnk
    effect = sbp = cadss = spread(0.0)
    if effects:
        effect, sbp, cadss = load(base, at + 4), load(base, at + 5), load(base, at + 6)
    effect2, sbp2, cadss2 = effect, sbp, cadss
    for m in range(3):
        z = load(w, m) * load(factor, one + m)
        x = z * load(factor, two + m)
        store(w, m, x)
        a = load(c, ARTERIAL + m)
        ca, ca2 = ca + a * z, ca2 + a * x
        a = load(c, VENOUS + m)
        cv, cv2 = cv + a * z, cv2 + a * x
        a = load(c, NK + m)
        nk, nk2 = nk + a * z, nk2 + a * x
        a = load(c, HNK + m)
        hnk, hnk2 = hnk + a * z, hnk2 + a * x
        if effects:
            a = load(c, EFFECT + m)
            effect, effect2 = effect + a * z, effect2 + a * x
            a = load(c, T_SBP + m)
            sbp, sbp2 = sbp + a * z, sbp2 + a * x
            a = load(c, T_CADSS + m)
            cadss, cadss2 = cadss + a * z, cadss2 + a * x
    decay, first = load(factor, one + CHAIN), load(w, CHAIN)
    second = decay * (load(w, CHAIN + 1) + gap * first)
    first = decay * first
    a, b = load(c, NK + CHAIN), load(c, NK + CHAIN + 1)
    nk = nk + a * first + b * second
    e, f = load(c, HNK + CHAIN), load(c, HNK + CHAIN + 1)
    hnk = hnk + e * first + f * second
    decay = load(factor, two + CHAIN)
    second = decay * (second + gap2 * first)
    first = decay * first
    store(w, CHAIN, first)
    store(w, CHAIN + 1, second)
    nk2 = nk2 + a * first + b * second
    hnk2 = hnk2 + e * first + f * second
    for m in range(5, 9):
        z = load(w, m) * load(factor, one + m)
        x = z * load(factor, two + m)
        store(w, m, x)
        a = load(c, HNK + m)
        hnk, hnk2 = hnk + a * z, hnk2 + a * x
        if m < 7:
            a = load(c, NK + m)
            nk, nk2 = nk + a * z, nk2 + a * x
    for m in range(9, 11):
        z = load(w, m) * load(factor, one + m)
        x = z * load(factor, two + m)
        store(w, m, x)
        a = load(c, VENOUS + m)
        cv, cv2 = cv + a * z, cv2 + a * x
    above_zero(y, at, ca, cv, nk, hnk)
    above_zero(y, at + 11, ca2, cv2, nk2, hnk2)
    if effects:
        z = load(w, 11) * load(factor, one + 11)
        x = z * load(factor, two + 11)
        store(w, 11, x)
        a = load(c, EFFECT + 11)
        effect, effect2 = effect + a * z, effect2 + a * x
        a = load(c, T_SBP + 11)
        sbp, sbp2 = sbp + a * z, sbp2 + a * x
        a = load(c, T_CADSS + 11)
        cadss, cadss2 = cadss + a * z, cadss2 + a * x
        z = load(w, 12) * load(factor, one + 12)
        x = z * load(factor, two + 12)
        store(w, 12, x)
        a = load(c, T_SBP + 12)
        sbp, sbp2 = sbp + a * z, sbp2 + a * x
        z = load(w, 13) * load(factor, one + 13)
        x = z * load(factor, two + 13)
        store(w, 13, x)
        a = load(c, T_CADSS + 13)
        cadss, cadss2 = cadss + a * z, cadss2 + a * x
        zero = spread(0.0)
        store(y, at + 4, larger(effect, zero))
        store(y, at + 5, larger(sbp, zero))
        store(y, at + 6, larger(cadss, zero))
        store(y, at + 15, larger(effect2, zero))
        store(y, at + 16, larger(sbp2, zero))
        store(y, at + 17, larger(cadss2, zero))


@njit(**OPTIONS)
def _step_both(one, two, gaps, rows_s, rows_r, w_s, w_r, factor_s, factor_r, base, y):
    """Both enantiomers over the gaps numbered `one` and `two`."""
    step_r(True, one * MODES, two * MODES, gaps[one], gaps[two], rows_s, w_s, factor_s, base, y, 0)
    step_r(False, one * MODES, two * MODES, gaps[one], gaps[two], rows_r, w_r, factor_r, base, y,
           S_ROWS)  # fmt: skip


@njit(**OPTIONS)
def emit_r(y, r, t, at, mine, times, feel, effects, kept, curves, summaries):
    """Store, or fold into the summaries, the outputs at row `r` of `y`; t < 0 is not wanted."""
    if t >= 0:
        draw(y, r, 11, t, at, mine, curves)
        if summaries.shape[1] > 0:
            drug, nk = load(y, r + 1) + load(y, r + 8), load(y, r + 2) + load(y, r + 9)
            observe(times[t], times[t + 1], drug, nk, load(y, r + 4), load(y, r + 5),
                    load(y, r + 6), feel, effects, kept)  # fmt: skip


@njit(**OPTIONS)
def happen(begin, end, channel, column, scale, delivered, dose,
           lam_s, b_s, w_s, level_s, lam_r, b_r, w_r, level_r, given):  # fmt: skip
    """Carry out events `begin` to `end`; returns by how many the running infusions changed."""
    change = 0
    for event in range(begin, end):
        bolus, into = scale[event] == 0.0, channel[event]
        amount = load(dose, column[event])
        rate = amount if bolus else amount * scale[event]
        if into == S:
            give(bolus, rate, 0, CHAIN, lam_s, b_s, w_s, level_s)
        else:
            give(bolus, rate, 0, CHAIN, lam_r, b_r, w_r, level_r)
        if not bolus:
            change += 1 if scale[event] > 0.0 else -1
        if scale[event] >= 0.0:
            store(given, into, load(given, into) + amount * delivered[column[event]])
    return change


def _kernel(stamp):
    @njit(**KERNEL)
    def sweep_r(p, amounts, feel, gaps, gap_of, output_of, first, channel, column, scale,
                delivered, times, effects, curves, summaries, amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        Channel 0 is S-ketamine and channel 1 is R-ketamine into the arterial centre. Patients and
        times are laid out as in `kernel_e.sweep_e`.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            p8, dose = np.empty((p.shape[0], WIDTH)), np.empty((amounts.shape[0], WIDTH))
            feel8, kept = np.empty((2, WIDTH)), np.empty((SUMMARIES, WIDTH))
            lam_s, lam_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            b_s, b_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            rows_s, rows_r = np.empty((9 * MODES, WIDTH)), np.empty((9 * MODES, WIDTH))
            w_s, w_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            level_s, level_r = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            given = np.empty((2, WIDTH))
            given_s, given_r = given[:1], given[1:]
            base, y, gap = np.empty((11, WIDTH)), np.empty((22, WIDTH)), np.empty((MODES, WIDTH))
            factor_s = np.empty((gaps.size * MODES, WIDTH))
            factor_r = np.empty((gaps.size * MODES, WIDTH))
            strain = np.empty((2, WIDTH))
            for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
                mine = min(WIDTH, n - at)
                take(p, at, mine, p8)
                take(amounts, at, mine, dose)
                take(feel, at, mine, feel8)
                for state in (w_s, w_r, level_s, level_r, base, given):
                    state[:] = 0.0
                worst = build_r(p8, CL, CLN, lam_s, b_s, rows_s, gap)
                store(strain, 0, larger(worst, build_r(p8, CL_R, CLN_R, lam_r, b_r, rows_r, gap)))
                decay_factors(lam_s, gaps, factor_s)
                decay_factors(lam_r, gaps, factor_r)
                start(kept)
                running = 0
                k = 0
                while k < gap_of.size:
                    two = k + 1 < gap_of.size and first[k + 1] == first[k]
                    then = gap_of[k + 1] if two else 0
                    _step_both(gap_of[k], then, gaps, rows_s, rows_r, w_s, w_r, factor_s, factor_r,
                               base, y)  # fmt: skip
                    if two:
                        emit_r(y, 0, output_of[k], at, mine, times, feel8, effects, kept, curves,
                               summaries)  # fmt: skip
                        k += 1
                    if first[k + 1] > first[k]:
                        running += happen(first[k], first[k + 1], channel, column, scale, delivered,
                                          dose, lam_s, b_s, w_s, level_s, lam_r, b_r, w_r, level_r,
                                          given)  # fmt: skip
                        if running == 0:
                            level_s[:] = 0.0  # drops the rounding of rates that have cancelled
                            level_r[:] = 0.0
                        settle(MODES, S_ROWS, rows_s, level_s, base)
                        settle(MODES, R_ROWS, rows_r, level_r, base[S_ROWS:])
                        _step_both(0, 0, gaps, rows_s, rows_r, w_s, w_r, factor_s, factor_r,
                                   base, y)  # fmt: skip
                    emit_r(y, 11, output_of[k], at, mine, times, feel8, effects, kept, curves,
                           summaries)  # fmt: skip
                    k += 1
                if summaries.shape[1] > 0:
                    for r, into in ((1, 2), (2, 4)):
                        add_area(
                            MODES, CHAIN, r, rows_s, lam_s, b_s, w_s, level_s, given_s, kept, into
                        )
                        add_area(
                            MODES, CHAIN, r, rows_r, lam_r, b_r, w_r, level_r, given_r, kept, into
                        )
                    finish(kept, summaries, at, mine)
                for i in range(mine):
                    amplification[at + i] = strain[0, i]

    return sweep_r


sweep_r = _kernel(fingerprint(vars(lanes), vars(modes), vars(summary_kernel), globals()))
