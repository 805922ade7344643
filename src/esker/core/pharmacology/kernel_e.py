"""Model E in modes, and its sweep along the knots (numba, parallel over blocks of patients)."""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

from numba import njit, prange

from . import ahead, lanes, modes, strain, summary_kernel, sweep
from .ahead import Shape
from .fingerprint import fingerprint
from .lanes import CHUNK, KERNEL, OPTIONS, clear, load, spread, store
from .layout import HNK_PER_NK
from .modes import (
    add_filter,
    add_pools,
    add_row,
    arrowhead,
    scale_row,
)
from .sweep import sweeper

# Positions in layout.PARAMETERS["E"].
(KAN, KASW, KAPO, VC, Q1, VP1, Q2, VP2, QH, VH, KEL, KMET, VN, CLN, VPN, QN, FH, VH1, VH2, CLH,
 QHNK, KE0, KT_SBP, KT_CADSS, BRIDGE) = range(25)  # fmt: skip
NASAL, SWALLOWED, ORAL, IV = range(4)
OBSERVED = (0, 1, 3, 4, 5, 0)  # as `summary_kernel.observe` has it
ROWS = 6
MODES = 14  # 3 depots, 4 of drug and liver, 2 NK, 2 HNK, effect site, 2 tolerances
DRUG, NK, HNK, EFFECT, T_SBP, T_CADSS, LIVER, DEPOTS, SPARE = (MODES * r for r in range(9))
# Which modes can reach each output: 53 products instead of 84.
IN_DEPOTS, IN_DRUG, IN_NK, IN_EFFECT = ((0, 3),), ((0, 7),), ((0, 9),), ((0, 7), (11, 12))
REACH = (
    IN_DRUG, IN_NK, ((0, 11),), IN_EFFECT, ((0, 7), (11, 13)), ((0, 7), (11, 12), (13, 14)),
)  # fmt: skip
SHAPE = Shape("E", 1, MODES, 4, ROWS, REACH, 9, -1, OBSERVED)


@njit(inline="always", **OPTIONS)
def build_e(_, p, lam, b, rows):
    """Poles, bolus gains and output rows (ng/mL per mg) of WIDTH patients.

    `p` is (25, WIDTH); `lam` 14 rows; `b` 4 * 14; `rows` 9 * 14, of which the first
    six stay as outputs. Returns what `arrowhead` says of the roots.
    """
    clear(b)
    clear(rows)
    for m in range(3):
        store(lam, m, load(p, KAN + m))
        store(b, MODES * m + m, spread(1.0))
    vc, vh, qh, q1, q2 = load(p, VC), load(p, VH), load(p, QH), load(p, Q1), load(p, Q2)
    a1, a2 = q1 / load(p, VP1), q2 / load(p, VP2)
    out_of_liver, into_liver = qh / vh, qh / vc
    a3 = out_of_liver + load(p, KEL) + load(p, KMET)
    s1, s2, s3 = a1 * q1 / vc, a2 * q2 / vc, out_of_liver * into_liver
    worst = arrowhead(4, (q1 + q2 + qh) / vc, a1, a2, a3, s1, s2, s3, lam[3:],
                      b[IV * MODES + 3 :], rows[SPARE:])  # fmt: skip
    for j in range(4):
        pole = load(lam, 3 + j)
        # What the liver hands to the centre and takes from it, for this mode.
        beside = 1.0 / (a3 - pole)
        to_centre, to_liver = out_of_liver * beside, into_liver * beside
        store(rows, DEPOTS, load(p, KAN))
        store(rows, DEPOTS + 1, load(p, KASW) * to_centre)
        store(rows, DEPOTS + 2, load(p, KAPO) * to_centre)
        share = load(b, IV * MODES + 3 + j)
        add_filter(3 + j, IN_DEPOTS, MODES, -1, pole, share, rows, DEPOTS, SPARE, lam, b)
        add_row(IN_DEPOTS, 1.0, rows, SPARE, DRUG)
        add_row(IN_DEPOTS, to_liver, rows, SPARE, LIVER)
        store(rows, DRUG + 3 + j, spread(1.0))
        store(rows, LIVER + 3 + j, to_liver)
    vn, cln, qn = load(p, VN), load(p, CLN), load(p, QN)
    add_pools(7, IN_DRUG, MODES, -1, cln / vn, qn / vn, qn / load(p, VPN), load(p, KMET), rows, LIVER,
              SPARE, NK, lam, b)  # fmt: skip
    vh1, qhnk = load(p, VH1), load(p, QHNK)
    add_pools(9, IN_NK, MODES, -1, load(p, CLH) / vh1, qhnk / vh1, qhnk / load(p, VH2),
              load(p, FH) * cln / vn, rows, NK, SPARE, HNK, lam, b)  # fmt: skip
    ke0 = load(p, KE0)
    scale_row(IN_DRUG, 1000.0 / vc, rows, DRUG, DRUG)
    add_filter(11, IN_DRUG, MODES, -1, ke0, ke0 * load(p, BRIDGE), rows, DRUG, EFFECT, lam, b)
    for n, rate, out in ((12, load(p, KT_SBP), T_SBP), (13, load(p, KT_CADSS), T_CADSS)):
        add_filter(n, IN_EFFECT, MODES, -1, rate, rate, rows, EFFECT, out, lam, b)
    scale_row(IN_NK, 1000.0 / vn, rows, NK, NK)
    scale_row(REACH[2], 1000.0 * HNK_PER_NK / vh1, rows, HNK, HNK)
    return worst


sweep_chunk = sweeper(build_e, SHAPE)


def _kernel(stamp):
    @njit(**KERNEL)
    def sweep_e(p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of, output_of,
                first, channel, column, scale, delivered, times, effects, curves, summaries,
                amplification):  # fmt: skip
        """Run every patient along the timeline; `engine.run` says what each array is."""
        n = p.shape[1] if stamp >= 0 else 0  # read, so that it is part of the cache key
        for chunk in prange((n + CHUNK - 1) // CHUNK):
            sweep_chunk(chunk, p, amounts, feel, gaps, sums, regular, ahead_of, gap_of, end_of,
                        output_of, first, channel, column, scale, delivered, times, effects, curves,
                        summaries, amplification)  # fmt: skip

    return sweep_e


sweep_e = _kernel(
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
