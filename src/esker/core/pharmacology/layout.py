"""What the rows of the solvers' arrays are: one list for the kernels, the dense solver and names.

Apart from the kernels, so that somebody who wants one typical patient need not load a compiler.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Parameter matrices, per minute, L/min and L, in this order.
PARAMETERS: Final = MappingProxyType({
    "E": ("kan", "kasw", "kapo", "vc", "q1", "vp1", "q2", "vp2", "qh", "vh", "kel", "kmet", "vn",
          "cln", "vpn", "qn", "fh", "vh1", "vh2", "clh", "qhnk", "ke0", "kt_sbp", "kt_cadss",
          "bridge"),
    "R": ("v1", "v2", "v3", "cl", "q2", "q3", "kmet", "fm", "cln", "qn", "vn2", "fh", "vh1", "vh2",
          "clh", "qhnk", "venous_fast", "venous_slow", "venous_share", "ke0", "kt_sbp",
          "kt_cadss", "cl_r", "cln_r"),
})  # fmt: skip

# Outputs of a solver. All ng/mL; "effect" and the tolerances are arterial-equivalent.
ROWS: Final = MappingProxyType({
    "E": ("venous", "nk", "hnk", "effect", "tolerance_sbp", "tolerance_cadss"),
    "R": ("s_arterial", "s_venous", "s_nk", "s_hnk", "effect", "tolerance_sbp",
          "tolerance_cadss", "r_arterial", "r_venous", "r_nk", "r_hnk"),
})  # fmt: skip

# Knots with equal gaps that the kernels take at once.
AHEAD: Final = 4

# Reduced outputs: peaks are over the output times, areas are exact up to the last one.
SUMMARIES: Final = (
    "cmax_ng_ml", "tmax_min", "auc_ng_h_ml", "norketamine_cmax_ng_ml", "norketamine_auc_ng_h_ml",
    "delta_sbp_max_mmhg", "delta_sbp_tmax_min", "cadss_max", "cadss_tmax_min",
    "cognition_recovery_min", "sedation_recovery_min",
)  # fmt: skip

# g/mol: ketamine 237.73, norketamine 223.70, hydroxynorketamine 239.70. Model R's source carries
# metabolites as ketamine equivalents.
HNK_PER_NK: Final = 239.70 / 223.70
NK_PER_KETAMINE: Final = 223.70 / 237.73
HNK_PER_KETAMINE: Final = 239.70 / 237.73
