"""From covariates and a seed to the parameter matrix of virtual patients.

Draws come in blocks of 1024 patients, each from its own Philox counter: patient k of a seed is the
same in every run, whatever the number of patients, the chunking or the threads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .covariates import CYP2B6_CHRONIC, Ancestry, Covariates
from .effects import session_factor
from .layout import PARAMETERS
from .parameter import Table
from .tables_e import MODEL_E
from .tables_effects import EFFECTS
from .tables_r import MODEL_R

Floats = NDArray[np.float64]
BLOCK: Final = 1024
LN2: Final = math.log(2.0)
FRN_MAX: Final = 1.0  # the Japanese factor on a logit draw would pass it
QH_MIN_L_PER_H: Final = 30.0  # the age slope is linear; nobody studied has less

# Which draw moves which parameter. The order is part of the meaning of a seed: append only.
DRAWS: Final[Mapping[str, tuple[str, ...]]] = {
    "E": ("frn", "kan", "kasw", "kapo", "vc", "vp1", "qh", "vh", "kel", "kmet", "vn", "cln",
          "vh1", "clh", "qhnk", "sbp", "cadss", "cadss_zero"),
    "R": ("v1", "v2", "v3", "cl", "q", "mtt", "cln", "vh1", "clh", "qhnk", "venous_slow",
          "sbp", "cadss", "cadss_zero"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Individuals:
    """Virtual patients of one model.

    Attributes
    ----------
    parameters
        (kernel parameters, patients), per minute.
    feel
        (2, patients): own factor on the pressure rise, own sensitivity to dissociation.
    frn, fgut
        (patients,) Model E only: nasal and gut fractions; empty for Model R.
    """

    model: str
    parameters: Floats
    feel: Floats
    frn: Floats
    fgut: Floats

    @property
    def count(self) -> int:
        return int(self.parameters.shape[1])

    def part(self, start: int, stop: int) -> Individuals:
        """Patients `start` to `stop`."""
        return replace(
            self,
            parameters=np.ascontiguousarray(self.parameters[:, start:stop]),
            feel=np.ascontiguousarray(self.feel[:, start:stop]),
            frn=self.frn[start:stop],
            fgut=self.fgut[start:stop],
        )


def normals(seed: int, start: int, stop: int, width: int) -> Floats:
    """Standard normal draws (stop - start, width) of patients `start` to `stop` of this seed."""
    first, last = start // BLOCK, (stop - 1) // BLOCK
    blocks = [
        np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, block])).standard_normal(
            (BLOCK, width)
        )
        for block in range(first, last + 1)
    ]
    return np.concatenate(blocks)[start - first * BLOCK : stop - first * BLOCK]


def typical(model: str, covariates: Covariates) -> Individuals:
    """The one patient in whom nothing varies."""
    return _make(model, covariates, np.zeros((1, len(DRAWS[model]))), mean_effects=True)


def population(model: str, covariates: Covariates, seed: int, start: int, stop: int) -> Individuals:
    """Patients `start` to `stop` of a seed, all with these covariates."""
    return _make(
        model, covariates, normals(seed, start, stop, len(DRAWS[model])), mean_effects=False
    )


def _make(model: str, covariates: Covariates, z: Floats, mean_effects: bool) -> Individuals:
    draws = dict(zip(DRAWS[model], z.T, strict=True))
    feel = _feel(covariates, draws, mean_effects)
    empty = np.empty(0)
    if model == "R":
        return Individuals("R", _matrix_r(covariates, draws), feel, empty, empty)
    frn, fgut = _fractions(covariates, draws)
    return Individuals("E", _matrix_e(covariates, draws), feel, frn, fgut)


def _spread(table: Table, name: str, draw: Floats) -> Floats:
    return table[name].value * np.exp(table[name].log_sd * draw)


def _feel(covariates: Covariates, draws: Mapping[str, Floats], mean_effects: bool) -> Floats:
    """Own factors with mean 1, so that the calibrated group means stay what they are."""
    factor = session_factor(covariates.session_number)
    if mean_effects:
        return np.array([[1.0], [factor]])
    sbp, score = EFFECTS["sbp_emax"].log_sd, EFFECTS["cadss_emax"].log_sd
    zero = EFFECTS["cadss_zero_share"].value
    feels = draws["cadss_zero"] > NormalDist().inv_cdf(zero)
    return np.stack(
        [
            np.exp(sbp * draws["sbp"] - sbp**2 / 2),
            np.where(
                feels, factor * np.exp(score * draws["cadss"] - score**2 / 2) / (1.0 - zero), 0.0
            ),
        ]
    )


def _fractions(covariates: Covariates, draws: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    typical_frn, sd = MODEL_E["frn"].value, MODEL_E["frn_logit_sd"].value
    logit = math.log(typical_frn / (1.0 - typical_frn)) + sd * draws["frn"]
    frn = 1.0 / (1.0 + np.exp(-logit))
    if covariates.ancestry is Ancestry.JAPANESE:
        frn = frn * MODEL_E["frn_japanese"].value
    shift = covariates.clearance_shift()
    fgut = 1.0 if shift.fgut_is_whole else min(1.0, MODEL_E["fgut"].value * shift.fgut)
    return np.minimum(frn, FRN_MAX), np.full(frn.size, fgut)


def _matrix_e(covariates: Covariates, draws: Mapping[str, Floats]) -> Floats:
    n, shift, t = draws["vc"].size, covariates.clearance_shift(), MODEL_E
    own = {
        name: _spread(t, name, draws[name]) for name in DRAWS["E"] if name in t and name != "frn"
    }
    asian = covariates.ancestry is not Ancestry.OTHER
    older = max(0.0, covariates.age_years - 60.0) * t["qh_per_year_over_60"].value
    qh = max(QH_MIN_L_PER_H, t["qh"].value + older) / t["qh"].value * shift.qh
    cyp = CYP2B6_CHRONIC.get(covariates.cyp2b6_chronic or "", 1.0)
    values = _hnk(draws) | {
        "kan": own["kan"] / 60, "kasw": own["kasw"] / 60, "kapo": own["kapo"] / 60,
        "vc": own["vc"], "q1": t["q1"].value / 60, "vp1": own["vp1"],
        "q2": t["q2"].value / 60, "vp2": t["vp2"].value,
        "qh": own["qh"] * qh / 60, "vh": own["vh"],
        "kel": own["kel"] * shift.clint * cyp * (t["kel_asian"].value if asian else 1.0) / 60,
        "kmet": own["kmet"] * shift.clint * cyp / 60,
        "vn": own["vn"], "cln": own["cln"] * (t["cln_asian"].value if asian else 1.0) / 60,
        "vpn": t["vpn"].value, "qn": t["qn"].value / 60, "fh": t["fh"].value,
        "ke0": LN2 / t["ke0_half_life_min"].value, "bridge": EFFECTS["bridge"].value,
    } | _tolerance()  # fmt: skip
    return _stack(PARAMETERS["E"], values, n)


def _hnk(draws: Mapping[str, Floats]) -> dict[str, Floats | float]:
    """The hydroxynorketamine block, which Model E borrows from Model R."""
    own: dict[str, Floats | float] = {
        name: _spread(MODEL_R, name, draws[name]) for name in ("vh1", "clh", "qhnk")
    }
    return own | {"vh2": MODEL_R["vh2"].value}


def _tolerance() -> dict[str, Floats | float]:
    return {
        "kt_sbp": LN2 / EFFECTS["sbp_tolerance_half_life"].value,
        "kt_cadss": LN2 / EFFECTS["cadss_tolerance_half_life"].value,
    }


def _matrix_r(covariates: Covariates, draws: Mapping[str, Floats]) -> Floats:
    t, size = MODEL_R, covariates.weight_kg / 70.0
    flow, volume = size ** t["exponent_flow"].value, size ** t["exponent_volume"].value
    own = {name: _spread(t, name, draws[name]) for name in ("v1", "v2", "v3", "cl", "mtt")}
    q = np.exp(t["q2"].log_sd * draws["q"])
    cln = np.exp(t["cln_s"].log_sd * draws["cln"]) * flow
    slow = _spread(t, "venous_slow_half_life", draws["venous_slow"])
    cl = own["cl"] * flow * clearance_factor(covariates)
    hnk = _hnk(draws)
    values = {
        "v1": own["v1"] * volume, "v2": own["v2"] * volume, "v3": own["v3"] * volume,
        "cl": cl, "cl_r": cl * t["cl_r_ratio"].value,
        "q2": t["q2"].value * q * flow, "q3": t["q3"].value * q * flow,
        "kmet": 2.0 / own["mtt"], "fm": t["fm"].value,
        "cln": t["cln_s"].value * cln, "cln_r": t["cln_r"].value * cln,
        "qn": t["qn"].value * flow, "vn2": t["vn2"].value * volume, "fh": t["fh"].value,
        "vh1": hnk["vh1"] * volume, "vh2": hnk["vh2"] * volume,
        "clh": hnk["clh"] * flow, "qhnk": hnk["qhnk"] * flow,
        "venous_fast": LN2 / t["venous_fast_half_life"].value, "venous_slow": LN2 / slow,
        "venous_share": t["venous_fast_share"].value,
        "ke0": LN2 / t["ke0_half_life_min"].value,
    } | _tolerance()  # fmt: skip
    return _stack(PARAMETERS["R"], values, q.size)


def clearance_factor(covariates: Covariates) -> float:
    """What interactions do to systemic clearance, by the well-stirred liver of Model E."""
    shift, t = covariates.clearance_shift(), MODEL_E
    flow, intrinsic = t["qh"].value, t["vh"].value * (t["kel"].value + t["kmet"].value)
    before = flow * intrinsic / (flow + intrinsic)
    flow, intrinsic = flow * shift.qh, intrinsic * shift.clint
    cyp = CYP2B6_CHRONIC.get(covariates.cyp2b6_chronic or "", 1.0)
    return flow * intrinsic / (flow + intrinsic) / before * cyp


def _stack(names: tuple[str, ...], values: Mapping[str, Floats | float], n: int) -> Floats:
    return np.stack([np.broadcast_to(values[name], n) for name in names])
