"""Model R in modes: one block of fourteen for each enantiomer, swept together (numba)."""
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
from .layout import HNK_PER_KETAMINE, NK_PER_KETAMINE
from .modes import (
    above_zero,
    add_area,
    add_delay,
    add_filter,
    add_row,
    arrowhead_root,
    decay,
    decay_factors,
    decay_pair,
    four,
    give,
    look,
    pair,
    scale_row,
    settle,
    weigh,
)
from .summary_kernel import SUMMARIES, draw, finish, observe, start, take

# Positions in layout.PARAMETERS["R"].
(V1, V2, V3, CL, Q2, Q3, KMET, FM, CLN, QN, VN2, FH, VH1, VH2, CLH, QHNK, FAST, SLOW, SHARE, KE0,
 KT_SBP, KT_CADSS, CL_R, CLN_R) = range(24)  # fmt: skip
S, R = range(2)
S_ROWS, R_ROWS = 7, 4
ROWS = S_ROWS + R_ROWS
OBSERVED = (1, 2, 4, 5, 6, S_ROWS)  # as `summary_kernel.observe` has it
MODES = 14  # 3 of drug, 2 of metabolic delay, 2 NK, 2 HNK, 2 venous, effect site, 2 tolerances
CHAIN = 3  # where the double pole of the delay starts
ARTERIAL, VENOUS, NK, HNK, EFFECT, T_SBP, T_CADSS, DELAYED, SPARE = (MODES * r for r in range(9))


@njit(**OPTIONS)
def build_r(effects, p, cl_row, cln_row, lam, b, rows, gap):
    """Poles, bolus gains and output rows (ng/mL per mg) of one enantiomer in WIDTH patients.

    `p` is (24, WIDTH); `lam`, `b`, `gap` 14 rows; `rows` 9 * 14, of which the first seven stay as
    outputs. `effects` as in `step_r`. Returns the amplification of rounding.
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
        strain = add_filter(n, MODES, CHAIN, rate, rate, rows, ARTERIAL, SPARE, lam, b, gap)
        worst = larger(worst, strain)
        add_row(n + 1, part, rows, SPARE, VENOUS)
        store(rows, SPARE + n, none)
    if not effects:
        for n in range(11, MODES):
            store(lam, n, spread(1.0))  # empty modes
        return worst
    ke0 = load(p, KE0)
    strain = add_filter(11, MODES, CHAIN, ke0, ke0, rows, ARTERIAL, EFFECT, lam, b, gap)
    worst = larger(worst, strain)
    for n, rate, out in ((12, load(p, KT_SBP), T_SBP), (13, load(p, KT_CADSS), T_CADSS)):
        strain = add_filter(n, MODES, CHAIN, rate, rate, rows, EFFECT, out, lam, b, gap)
        worst = larger(worst, strain)
    return worst


@njit(**INLINED)
def step_r(effects, gaps, q, minutes, rows, factor, base, z, y, at):
    """Let one enantiomer decay over the gaps of stretch `q` and read its rows after each into `y`.

    Its rows begin at `at`. Only modes that can reach an output are weighed.
    `effects` is False for R-ketamine, which drives none of them here.
    """
    decay(0, CHAIN, MODES, gaps, q, factor, z)
    decay_pair(CHAIN, MODES, gaps, q, minutes, factor, z)
    decay(CHAIN + 2, MODES if effects else 11, MODES, gaps, q, factor, z)
    above_zero(y, at, ROWS, weigh(0, 3, MODES, ARTERIAL, rows, z, four(base, at)))
    venous = weigh(0, 3, MODES, VENOUS, rows, z, four(base, at + 1))
    above_zero(y, at + 1, ROWS, weigh(9, 11, MODES, VENOUS, rows, z, venous))
    above_zero(y, at + 2, ROWS, weigh(0, 7, MODES, NK, rows, z, four(base, at + 2)))
    above_zero(y, at + 3, ROWS, weigh(0, 9, MODES, HNK, rows, z, four(base, at + 3)))
    if effects:
        effect = weigh(0, 3, MODES, EFFECT, rows, z, four(base, at + 4))
        above_zero(y, at + 4, ROWS, weigh(11, 12, MODES, EFFECT, rows, z, effect))
        sbp = weigh(0, 3, MODES, T_SBP, rows, z, four(base, at + 5))
        above_zero(y, at + 5, ROWS, weigh(11, 13, MODES, T_SBP, rows, z, sbp))
        cadss = weigh(0, 3, MODES, T_CADSS, rows, z, four(base, at + 6))
        cadss = weigh(11, 12, MODES, T_CADSS, rows, z, cadss)
        above_zero(y, at + 6, ROWS, weigh(13, 14, MODES, T_CADSS, rows, z, cadss))


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
    def sweep_r(p, amounts, feel, minutes, gaps, end_of, output_of, first, channel, column, scale,
                delivered, times, effects, curves, summaries, amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        Channel 0 is S-ketamine and channel 1 is R-ketamine into the arterial centre. Patients and
        times are laid out as in `kernel_e.sweep_e`.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            p8, dose = empty_rows(p.shape[0]), empty_rows(amounts.shape[0])
            feel8, kept = empty_rows(2), empty_rows(SUMMARIES)
            lam_s, lam_r = empty_rows(MODES), empty_rows(MODES)
            b_s, b_r = empty_rows(MODES), empty_rows(MODES)
            rows_s, rows_r = empty_rows(9 * MODES), empty_rows(9 * MODES)
            z_s, z_r = empty_rows(4 * MODES), empty_rows(4 * MODES)
            w_s, w_r = z_s[3 * MODES :], z_r[3 * MODES :]  # the present
            level_s, level_r = empty_rows(MODES), empty_rows(MODES)
            given = empty_rows(2)
            given_s, given_r = given[:1], given[1:]
            base, y, gap = empty_rows(ROWS), empty_rows(4 * ROWS), empty_rows(MODES)
            factor_s = empty_rows(minutes.size * MODES)
            factor_r = empty_rows(minutes.size * MODES)
            strain = empty_rows(2)
            for at in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK), WIDTH):
                mine = min(WIDTH, n - at)
                take(p, at, mine, p8)
                take(amounts, at, mine, dose)
                take(feel, at, mine, feel8)
                w_s[:] = 0.0
                w_r[:] = 0.0
                level_s[:] = 0.0
                level_r[:] = 0.0
                base[:] = 0.0
                given[:] = 0.0
                worst = build_r(True, p8, CL, CLN, lam_s, b_s, rows_s, gap)
                other = build_r(False, p8, CL_R, CLN_R, lam_r, b_r, rows_r, gap)
                store(strain, 0, larger(worst, other))
                decay_factors(lam_s, minutes, factor_s)
                decay_factors(lam_r, minutes, factor_r)
                start(kept)
                running = k = 0
                for q in range(end_of.size):
                    step_r(True, gaps, q, minutes, rows_s, factor_s, base, z_s, y, 0)
                    step_r(False, gaps, q, minutes, rows_r, factor_r, base, z_r, y, S_ROWS)
                    begin, k = k, end_of[q]
                    if first[k] > first[k - 1]:
                        running += happen(first[k - 1], first[k], channel, column, scale, delivered,
                                          dose, lam_s, b_s, w_s, level_s, lam_r, b_r, w_r, level_r,
                                          given)  # fmt: skip
                        if running == 0:
                            level_s[:] = 0.0  # drops the rounding of rates that have cancelled
                            level_r[:] = 0.0
                        settle(MODES, S_ROWS, rows_s, level_s, base)
                        settle(MODES, R_ROWS, rows_r, level_r, base[S_ROWS:])
                        last = (k - begin - 1) * ROWS
                        look(MODES, S_ROWS, rows_s, w_s, base, y, last)
                        look(MODES, R_ROWS, rows_r, w_r, base[S_ROWS:], y, last + S_ROWS)
                    draw(y, ROWS, output_of, begin, k, at, mine, curves)
                    if summaries.shape[1] > 0:
                        observe(y, ROWS, OBSERVED, output_of, begin, k, times, feel8, effects,
                                kept)  # fmt: skip
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
