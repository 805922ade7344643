"""Model R in modes: one block of fourteen for each enantiomer, swept together (numba)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit, prange

from . import ahead, lanes, modes, strain, summary_kernel, sweep
from .ahead import Shape
from .fingerprint import fingerprint
from .lanes import CHUNK, KERNEL, OPTIONS, clear, load, spread, store
from .layout import HNK_PER_KETAMINE, NK_PER_KETAMINE
from .modes import (
    add_delay,
    add_filter,
    add_pools,
    add_row,
    arrowhead,
    scale_row,
)
from .sweep import sweeper

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
# Which modes can reach each output: 62 products instead of 154.
IN_DRUG, IN_DELAY, IN_NK, IN_HNK = ((0, 3),), ((0, 5),), ((0, 7),), ((0, 9),)
IN_EFFECT = ((0, 3), (11, 12))
BOTH = (IN_DRUG, ((0, 3), (9, 11)), IN_NK, IN_HNK)
REACH = (*BOTH, IN_EFFECT, ((0, 3), (11, 13)), ((0, 3), (11, 12), (13, 14)), *BOTH)
SHAPE = Shape("R", 2, MODES, 1, S_ROWS, REACH, 9, CHAIN, OBSERVED)


@njit(inline="always", **OPTIONS)
def build_r(enantiomer, p, lam, b, rows):
    """Poles, bolus gains and output rows (ng/mL per mg) of one enantiomer in WIDTH patients.

    `p` is (24, WIDTH); `lam`, `b` 14 rows; `rows` 9 * 14, of which the first seven stay
    as outputs. R-ketamine drives no effect here. Returns what `arrowhead` says of the roots.
    """
    clear(b)
    clear(rows)
    cl = load(p, CL if enantiomer == S else CL_R)
    v1, q2, q3 = load(p, V1), load(p, Q2), load(p, Q3)
    a0, a1, a2 = (cl + q2 + q3) / v1, q2 / load(p, V2), q3 / load(p, V3)
    s1, s2, none = a1 * q2 / v1, a2 * q3 / v1, spread(0.0)
    worst = arrowhead(3, a0, a1, a2, a0 + a1 + a2, s1, s2, none, lam, b, rows[SPARE:])
    for j in range(3):
        store(rows, ARTERIAL + j, spread(1.0))
    k = load(p, KMET)
    scale_row(IN_DRUG, cl / v1, rows, ARTERIAL, SPARE)
    add_delay(3, MODES, k, rows, SPARE, DELAYED, lam, b)
    qn, cln = load(p, QN), load(p, CLN if enantiomer == S else CLN_R)
    add_pools(5, IN_DELAY, MODES, CHAIN, cln / v1, qn / v1, qn / load(p, VN2), load(p, FM) * k, rows,
              DELAYED, SPARE, NK, lam, b)  # fmt: skip
    vh1, qhnk = load(p, VH1), load(p, QHNK)
    add_pools(7, IN_NK, MODES, CHAIN, load(p, CLH) / vh1, qhnk / vh1, qhnk / load(p, VH2),
              load(p, FH) * cln / v1, rows, NK, SPARE, HNK, lam, b)  # fmt: skip
    scale_row(IN_DRUG, 1000.0 / v1, rows, ARTERIAL, ARTERIAL)
    scale_row(IN_NK, 1000.0 * NK_PER_KETAMINE / v1, rows, NK, NK)
    scale_row(IN_HNK, 1000.0 * HNK_PER_KETAMINE / vh1, rows, HNK, HNK)
    for n, rate, part in ((9, load(p, FAST), load(p, SHARE)),
                          (10, load(p, SLOW), 1.0 - load(p, SHARE))):  # fmt: skip
        add_filter(n, IN_DRUG, MODES, CHAIN, rate, rate, rows, ARTERIAL, SPARE, lam, b)
        add_row(IN_DRUG, part, rows, SPARE, VENOUS)
        store(rows, VENOUS + n, part)
    if enantiomer == R:
        for n in range(11, MODES):
            store(lam, n, spread(1.0))  # empty modes
        return worst
    ke0 = load(p, KE0)
    add_filter(11, IN_DRUG, MODES, CHAIN, ke0, ke0, rows, ARTERIAL, EFFECT, lam, b)
    for n, rate, out in ((12, load(p, KT_SBP), T_SBP), (13, load(p, KT_CADSS), T_CADSS)):
        add_filter(n, IN_EFFECT, MODES, CHAIN, rate, rate, rows, EFFECT, out, lam, b)
    return worst


sweep_chunk = sweeper(build_r, SHAPE)


def _kernel(stamp):
    @njit(**KERNEL)
    def sweep_r(p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of, output_of,
                first, channel, column, scale, delivered, times, effects, curves, summaries,
                amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is.

        Channel 0 is S-ketamine and channel 1 is R-ketamine into the arterial centre.
        """
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            sweep_chunk(chunk, p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of,
                        output_of, first, channel, column, scale, delivered, times, effects, curves,
                        summaries, amplification)  # fmt: skip

    return sweep_r


sweep_r = _kernel(
    fingerprint(
        vars(lanes),
        vars(modes),
        vars(ahead),
        vars(summary_kernel),
        vars(strain),
        vars(sweep),
        globals(),
    )
)
