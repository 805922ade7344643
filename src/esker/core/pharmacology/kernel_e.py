"""Model E in modes, and its sweep along the knots (numba, parallel over blocks of patients)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numba import njit, prange

from . import lanes, modes, summary_kernel
from .fingerprint import fingerprint
from .lanes import CHUNK, KERNEL, OPTIONS, WIDTH, larger, load, spread, store
from .layout import HNK_PER_NK
from .modes import (
    above_zero,
    add_area,
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

# Positions in layout.PARAMETERS["E"].
(KAN, KASW, KAPO, VC, Q1, VP1, Q2, VP2, QH, VH, KEL, KMET, VN, CLN, VPN, QN, FH, VH1, VH2, CLH,
 QHNK, KE0, KT_SBP, KT_CADSS, BRIDGE) = range(25)  # fmt: skip
NASAL, SWALLOWED, ORAL, IV = range(4)
CHANNELS = 4
MODES = 14  # 3 depots, 4 of drug and liver, 2 NK, 2 HNK, effect site, 2 tolerances
DRUG, NK, HNK, EFFECT, T_SBP, T_CADSS, LIVER, DEPOTS, SPARE = (MODES * r for r in range(9))


@njit(**OPTIONS)
def build_e(p, lam, b, rows, gap):
    """Poles, bolus gains and output rows (ng/mL per mg) of eight patients.

    `p` is (25, 8); `lam`, `gap` (14, 8); `b` (4 * 14, 8); `rows` (9 * 14, 8), of which the first
    six stay as outputs. Returns the amplification of rounding.
    """
    b[:] = 0.0
    rows[:] = 0.0
    for m in range(3):
        store(lam, m, load(p, KAN + m))
        store(gap, m, spread(1.0))
        store(b, MODES * m + m, spread(1.0))
    vc, vh, qh, q1, q2 = load(p, VC), load(p, VH), load(p, QH), load(p, Q1), load(p, Q2)
    a1, a2 = q1 / load(p, VP1), q2 / load(p, VP2)
    a3 = qh / vh + load(p, KEL) + load(p, KMET)
    s1, s2, s3 = a1 * q1 / vc, a2 * q2 / vc, qh * qh / (vc * vh)
    worst = spread(1.0)
    for j in range(4):
        pole, share, state = arrowhead_root(j, (q1 + q2 + qh) / vc, a1, a2, a3, s1, s2, s3)
        # What the liver hands to the centre and takes from it, for this mode.
        to_centre, to_liver = qh / vh / (a3 - pole), qh / vc / (a3 - pole)
        store(rows, DEPOTS, load(p, KAN))
        store(rows, DEPOTS + 1, load(p, KASW) * to_centre)
        store(rows, DEPOTS + 2, load(p, KAPO) * to_centre)
        store(b, IV * MODES + 3 + j, share)
        strain = add_filter(3 + j, MODES, -1, pole, share, rows, DEPOTS, SPARE, lam, b, gap)
        worst = larger(worst, larger(strain, state))
        add_row(4 + j, spread(1.0), rows, SPARE, DRUG)
        add_row(4 + j, to_liver, rows, SPARE, LIVER)
        store(rows, SPARE + 3 + j, spread(0.0))
    vn, cln, vh1 = load(p, VN), load(p, CLN), load(p, VH1)
    qn, back = load(p, QN), load(p, QN) / load(p, VPN)
    fast, slow, one, two = pair((cln + qn) / vn, back, qn * back / vn)
    made = load(p, KMET)
    add_filter(7, MODES, -1, fast, made * one, rows, LIVER, SPARE, lam, b, gap)
    add_row(8, spread(1.0), rows, SPARE, NK)
    store(rows, SPARE + 7, spread(0.0))
    add_filter(8, MODES, -1, slow, made * two, rows, LIVER, SPARE, lam, b, gap)
    add_row(9, spread(1.0), rows, SPARE, NK)
    qhnk, back = load(p, QHNK), load(p, QHNK) / load(p, VH2)
    fast, slow, one, two = pair((load(p, CLH) + qhnk) / vh1, back, qhnk * back / vh1)
    made = load(p, FH) * cln / vn
    add_filter(9, MODES, -1, fast, made * one, rows, NK, SPARE, lam, b, gap)
    add_row(10, spread(1.0), rows, SPARE, HNK)
    add_filter(10, MODES, -1, slow, made * two, rows, NK, SPARE, lam, b, gap)
    add_row(11, spread(1.0), rows, SPARE, HNK)
    ke0 = load(p, KE0)
    scale_row(MODES, 1000.0 / vc, rows, DRUG, DRUG)
    add_filter(11, MODES, -1, ke0, ke0 * load(p, BRIDGE), rows, DRUG, EFFECT, lam, b, gap)
    add_filter(12, MODES, -1, load(p, KT_SBP), load(p, KT_SBP), rows, EFFECT, T_SBP, lam, b, gap)
    strain = add_filter(
        13, MODES, -1, load(p, KT_CADSS), load(p, KT_CADSS), rows, EFFECT, T_CADSS, lam, b, gap
    )
    scale_row(MODES, 1000.0 / vn, rows, NK, NK)
    scale_row(MODES, 1000.0 * HNK_PER_NK / vh1, rows, HNK, HNK)
    return larger(worst, strain)


@njit(**OPTIONS)
def step_e(one, two, c, w, factor, base, y):
    """Let the modes decay over two gaps (rows `one` and `two` of `factor`) and read both outputs.

    `y` holds the six outputs after the first gap, then those after the second. Two at a time,
    because reading coefficients costs more than multiplying by them. Only modes that can reach an
    output are weighed: 53 products instead of 84.
    """
    drug, nk, hnk = load(base, 0), load(base, 1), load(base, 2)
    effect, sbp, cadss = load(base, 3), load(base, 4), load(base, 5)
    drug2, nk2, hnk2, effect2, sbp2, cadss2 = drug, nk, hnk, effect, sbp, cadss
    for m in range(7):
        z = load(w, m) * load(factor, one + m)
        x = z * load(factor, two + m)
        store(w, m, x)
        a = load(c, DRUG + m)
        drug, drug2 = drug + a * z, drug2 + a * x
        a = load(c, NK + m)
        nk, nk2 = nk + a * z, nk2 + a * x
        a = load(c, HNK + m)
        hnk, hnk2 = hnk + a * z, hnk2 + a * x
        a = load(c, EFFECT + m)
        effect, effect2 = effect + a * z, effect2 + a * x
        a = load(c, T_SBP + m)
        sbp, sbp2 = sbp + a * z, sbp2 + a * x
        a = load(c, T_CADSS + m)
        cadss, cadss2 = cadss + a * z, cadss2 + a * x
    for m in range(7, 11):
        z = load(w, m) * load(factor, one + m)
        x = z * load(factor, two + m)
        store(w, m, x)
        a = load(c, HNK + m)
        hnk, hnk2 = hnk + a * z, hnk2 + a * x
        if m < 9:
            a = load(c, NK + m)
            nk, nk2 = nk + a * z, nk2 + a * x
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
    above_zero(y, 0, drug, nk, hnk, effect)
    above_zero(y, 4, sbp, cadss, drug2, nk2)
    above_zero(y, 8, hnk2, effect2, sbp2, cadss2)


@njit(**OPTIONS)
def emit_e(y, r, t, at, mine, times, feel, effects, kept, curves, summaries):
    """Store, or fold into the summaries, the outputs at row `r` of `y`; t < 0 is not wanted."""
    if t >= 0:
        draw(y, r, 6, t, at, mine, curves)
        if summaries.shape[1] > 0:
            observe(times[t], times[t + 1], load(y, r), load(y, r + 1), load(y, r + 3),
                    load(y, r + 4), load(y, r + 5), feel, effects, kept)  # fmt: skip


@njit(**OPTIONS)
def happen(begin, end, channel, column, scale, delivered, dose, lam, b, w, level, given):
    """Carry out events `begin` to `end`; returns by how many the running infusions changed."""
    change = 0
    for event in range(begin, end):
        bolus, into = scale[event] == 0.0, channel[event]
        amount = load(dose, column[event])
        rate = amount if bolus else amount * scale[event]
        give(bolus, rate, into * MODES, -1, lam, b, w, level)
        if not bolus:
            change += 1 if scale[event] > 0.0 else -1
        if scale[event] >= 0.0:
            store(given, into, load(given, into) + amount * delivered[column[event]])
    return change


def _kernel(stamp):
    @njit(**KERNEL)
    def sweep_e(p, amounts, feel, gaps, gap_of, output_of, first, channel, column, scale,
                delivered, times, effects, curves, summaries, amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        `curves` (rows, times, patients) is filled when it has times, `summaries`
        (SUMMARIES, patients) likewise, so that one compiled kernel serves both.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            p8, dose = np.empty((p.shape[0], WIDTH)), np.empty((amounts.shape[0], WIDTH))
            feel8, kept = np.empty((2, WIDTH)), np.empty((SUMMARIES, WIDTH))
            lam, b = np.empty((MODES, WIDTH)), np.empty((CHANNELS * MODES, WIDTH))
            rows, gap = np.empty((9 * MODES, WIDTH)), np.empty((MODES, WIDTH))
            w, level = np.empty((MODES, WIDTH)), np.empty((MODES, WIDTH))
            base, y, given = (
                np.empty((6, WIDTH)),
                np.empty((12, WIDTH)),
                np.empty((CHANNELS, WIDTH)),
            )
            factor = np.empty((gaps.size * MODES, WIDTH))
            strain = np.empty((2, WIDTH))
            for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
                mine = min(WIDTH, n - at)
                take(p, at, mine, p8)
                take(amounts, at, mine, dose)
                take(feel, at, mine, feel8)
                for state in (w, level, base, given):
                    state[:] = 0.0
                store(strain, 0, build_e(p8, lam, b, rows, gap))
                decay_factors(lam, gaps, factor)
                start(kept)
                running = 0
                k = 0
                while k < gap_of.size:
                    two = k + 1 < gap_of.size and first[k + 1] == first[k]
                    then = gap_of[k + 1] * MODES if two else 0
                    step_e(gap_of[k] * MODES, then, rows, w, factor, base, y)
                    if two:
                        emit_e(y, 0, output_of[k], at, mine, times, feel8, effects, kept, curves,
                               summaries)  # fmt: skip
                        k += 1
                    if first[k + 1] > first[k]:
                        running += happen(first[k], first[k + 1], channel, column, scale, delivered,
                                          dose, lam, b, w, level, given)  # fmt: skip
                        if running == 0:
                            level[:] = 0.0  # drops the rounding of rates that have cancelled
                        settle(MODES, 6, rows, level, base)
                        step_e(0, 0, rows, w, factor, base, y)
                    emit_e(y, 6, output_of[k], at, mine, times, feel8, effects, kept, curves,
                           summaries)  # fmt: skip
                    k += 1
                if summaries.shape[1] > 0:
                    add_area(MODES, -1, 0, rows, lam, b, w, level, given, kept, 2)
                    add_area(MODES, -1, 1, rows, lam, b, w, level, given, kept, 4)
                    finish(kept, summaries, at, mine)
                for i in range(mine):
                    amplification[at + i] = strain[0, i]

    return sweep_e


sweep_e = _kernel(fingerprint(vars(lanes), vars(modes), vars(summary_kernel), globals()))
