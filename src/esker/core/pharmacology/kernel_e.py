"""Model E in modes, and its sweep along the knots (numba, parallel over blocks of patients)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit, prange

from . import lanes, modes, summary_kernel
from .fingerprint import fingerprint
from .lanes import (
    CHUNK,
    INLINED,
    KERNEL,
    OPTIONS,
    WIDTH,
    empty_rows,
    larger,
    load,
    spread,
    store,
)
from .layout import HNK_PER_NK
from .modes import (
    above_zero,
    add_area,
    add_filter,
    add_row,
    arrowhead_root,
    decay,
    decay_factors,
    four,
    give,
    look,
    pair,
    scale_row,
    settle,
    weigh,
    weigh_two,
)
from .summary_kernel import SUMMARIES, draw, finish, observe, start, take

# Positions in layout.PARAMETERS["E"].
(KAN, KASW, KAPO, VC, Q1, VP1, Q2, VP2, QH, VH, KEL, KMET, VN, CLN, VPN, QN, FH, VH1, VH2, CLH,
 QHNK, KE0, KT_SBP, KT_CADSS, BRIDGE) = range(25)  # fmt: skip
NASAL, SWALLOWED, ORAL, IV = range(4)
CHANNELS, ROWS = 4, 6
OBSERVED = (0, 1, 3, 4, 5, 0)  # as `summary_kernel.observe` has it
MODES = 14  # 3 depots, 4 of drug and liver, 2 NK, 2 HNK, effect site, 2 tolerances
DRUG, NK, HNK, EFFECT, T_SBP, T_CADSS, LIVER, DEPOTS, SPARE = (MODES * r for r in range(9))


@njit(**OPTIONS)
def build_e(p, lam, b, rows, gap):
    """Poles, bolus gains and output rows (ng/mL per mg) of WIDTH patients.

    `p` is (25, WIDTH); `lam`, `gap` 14 rows; `b` 4 * 14; `rows` 9 * 14, of which the first
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


@njit(**INLINED)
def step_e(gaps, q, rows, factor, base, z, y):
    """Let the modes decay over the gaps of stretch `q` and read the six outputs after each into `y`.

    Only modes that can reach an output are weighed: 53 products instead of 84.
    """
    decay(0, MODES, MODES, gaps, q, factor, z)
    drug, effect = weigh_two(0, 7, MODES, DRUG, EFFECT, rows, z, four(base, 0), four(base, 3))
    above_zero(y, 0, ROWS, drug)
    above_zero(y, 3, ROWS, weigh(11, 12, MODES, EFFECT, rows, z, effect))
    nk, hnk = weigh_two(0, 9, MODES, NK, HNK, rows, z, four(base, 1), four(base, 2))
    above_zero(y, 1, ROWS, nk)
    above_zero(y, 2, ROWS, weigh(9, 11, MODES, HNK, rows, z, hnk))
    sbp, cadss = weigh_two(0, 7, MODES, T_SBP, T_CADSS, rows, z, four(base, 4), four(base, 5))
    sbp, cadss = weigh_two(11, 12, MODES, T_SBP, T_CADSS, rows, z, sbp, cadss)
    above_zero(y, 4, ROWS, weigh(12, 13, MODES, T_SBP, rows, z, sbp))
    above_zero(y, 5, ROWS, weigh(13, 14, MODES, T_CADSS, rows, z, cadss))


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
    def sweep_e(p, amounts, feel, minutes, gaps, end_of, output_of, first, channel, column, scale,
                delivered, times, effects, curves, summaries, amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        `curves` (rows, times, patients) is filled when it has times, `summaries`
        (SUMMARIES, patients) likewise, so that one compiled kernel serves both.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            p8, dose = empty_rows(p.shape[0]), empty_rows(amounts.shape[0])
            feel8, kept = empty_rows(2), empty_rows(SUMMARIES)
            lam, b = empty_rows(MODES), empty_rows(CHANNELS * MODES)
            rows, gap = empty_rows(9 * MODES), empty_rows(MODES)
            z, level = empty_rows(4 * MODES), empty_rows(MODES)
            w = z[3 * MODES :]  # the present
            base, y, given = empty_rows(ROWS), empty_rows(4 * ROWS), empty_rows(CHANNELS)
            factor = empty_rows(minutes.size * MODES)
            strain = empty_rows(2)
            for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
                mine = min(WIDTH, n - at)
                take(p, at, mine, p8)
                take(amounts, at, mine, dose)
                take(feel, at, mine, feel8)
                w[:] = 0.0
                level[:] = 0.0
                base[:] = 0.0
                given[:] = 0.0
                store(strain, 0, build_e(p8, lam, b, rows, gap))
                decay_factors(lam, minutes, factor)
                start(kept)
                running = k = 0
                for q in range(end_of.size):
                    step_e(gaps, q, rows, factor, base, z, y)
                    begin, k = k, end_of[q]
                    if first[k] > first[k - 1]:
                        running += happen(first[k - 1], first[k], channel, column, scale, delivered,
                                          dose, lam, b, w, level, given)  # fmt: skip
                        if running == 0:
                            level[:] = 0.0  # drops the rounding of rates that have cancelled
                        settle(MODES, ROWS, rows, level, base)
                        look(MODES, ROWS, rows, w, base, y, (k - begin - 1) * ROWS)
                    draw(y, ROWS, output_of, begin, k, at, mine, curves)
                    if summaries.shape[1] > 0:
                        observe(y, ROWS, OBSERVED, output_of, begin, k, times, feel8, effects,
                                kept)  # fmt: skip
                if summaries.shape[1] > 0:
                    add_area(MODES, -1, 0, rows, lam, b, w, level, given, kept, 2)
                    add_area(MODES, -1, 1, rows, lam, b, w, level, given, kept, 4)
                    finish(kept, summaries, at, mine)
                for i in range(mine):
                    amplification[at + i] = strain[0, i]

    return sweep_e


sweep_e = _kernel(fingerprint(vars(lanes), vars(modes), vars(summary_kernel), globals()))
