"""Kinetic rows of racemate in a vein or a muscle, clearances, and esketamine by mouth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from esker.core.pharmacology import Covariates, parse_dose, simulate
from esker.core.pharmacology.individuals import typical
from esker.core.pharmacology.layout import PARAMETERS
from esker.core.pharmacology.tables_e import MODEL_E
from esker.core.pharmacology.tables_r import MODEL_R

from .checks import Check, Kind, Set
from .kinetics import KG, Floats, extraction, summary

HASAN: Final = "Hasan 2021, doi:10.1097/ALN.0000000000003829"
FANTA: Final = "Fanta 2015, doi:10.1007/s00228-015-1826-y"
ZARATE: Final = "Zarate 2006 (100 to 250 elsewhere)"
WANG: Final = "Wang 2019, doi:10.2147/DDDT.S224553"
LATE: Final = (
    "the model's slowest phase of the racemate is 3.4 h; little of the area lies later, so the "
    "area holds, and late concentrations are too low"
)
CONJUGATES: Final = (
    "the same cohort, measured without telling the enantiomers apart, gives 0.33 (row 15), which "
    "the model meets; the two assays disagree (conjugates, or a limit of quantification)"
)
TWO_DAYS: Final = np.arange(0.0, 2881.0, 2.0)  # areas of metabolites are complete to a hundredth
C, X, K = Set.CALIBRATION, Set.EXTERNAL, Kind.KINETIC


def rows() -> Iterator[Check]:
    """Rows 14 to 17, 19, 20 and 24."""
    yield from slow()
    yield from chiral()
    yield from push()
    yield from clearance()
    yield from swallowed()
    yield from muscle()


def slow() -> Iterator[Check]:
    """Rows 14 and 15: infusions, enantiomers together."""
    peak = summary("ketamine", "0.5 mg/kg iv 40 min")["cmax_ng_ml"]
    what = "racemate 0.5 mg/kg IV in 40 min, venous Cmax"
    yield Check("14", C, K, what, "18", 185, peak, "ng/mL", ZARATE)
    found = summary("ketamine", "5 mg iv 30 min")
    curves = simulate("ketamine", parse_dose("5 mg iv 30 min", KG), TWO_DAYS)
    drug = curves["ketamine_venous_ng_ml"][0]
    half_life = 12 * math.log(2) / math.log(drug[360] / drug[720])
    nk, hnk = (_area(curves[f"{name}_ng_ml"][0]) for name in ("norketamine", "hydroxynorketamine"))
    for what, seen, value, unit, known in (
        ("racemate 5 mg IV in 30 min, serum Cmax", 29.9, found["cmax_ng_ml"], "ng/mL", ""),
        ("racemate 5 mg IV in 30 min, AUC", 52, found["auc_ng_h_ml"], "ng h/mL", ""),
        ("racemate 5 mg IV in 30 min, half-life, 12 to 24 h", 5.9, half_life, "h", LATE),
        ("norketamine to ketamine, AUC 0-48 h", 1.79, nk / _area(drug), "ratio", ""),
        ("hydroxynorketamine to ketamine, AUC 0-48 h", 0.33, hnk / _area(drug), "ratio", ""),
    ):
        yield Check("15", C, K, what, "15", seen, float(value), unit, HASAN, known=known)


def chiral() -> Iterator[Check]:
    """Row 16: the cohort of row 15, enantiomers apart."""
    curves = simulate("ketamine", parse_dose("5 mg iv 30 min", KG), TWO_DAYS)
    hnk = simulate("esketamine", parse_dose("2.5 mg iv 30 min", KG), TWO_DAYS)
    s = hnk["hydroxynorketamine_ng_ml"][0]
    both = {"S": s, "R": curves["hydroxynorketamine_ng_ml"][0] - s}
    for name, peak, ratio in (("S", 15.6, 1.7), ("R", 16.5, 3.1)):
        drug = curves[f"ketamine_{name.lower()}_venous_ng_ml"][0]
        what, value = f"racemate 5 mg IV, {name}-ketamine Cmax", float(drug.max())
        yield Check("16", X, K, what, "15", peak, value, "ng/mL", HASAN)
        what, value = f"{name}-hydroxynorketamine to ketamine, AUC", _area(both[name]) / _area(drug)
        yield Check("16", X, K, what, "15", ratio, value, "ratio", HASAN, known=CONJUGATES)


def push() -> Iterator[Check]:
    """Row 17."""
    early = simulate("ketamine", parse_dose("10 mg iv", KG), [2.0])["ketamine_venous_ng_ml"][0, 0]
    area = summary("ketamine", "10 mg iv")["auc_ng_h_ml"]
    for what, seen, value, unit, known in (
        ("venous at 2 min", 296, early, "ng/mL", "the venous link is too slow just after a push"),
        ("AUC", 113, area, "ng h/mL", ""),
    ):
        what, source = f"racemate 10 mg IV push, {what}", "abstract read"
        yield Check("17", X, K, what, "9", seen, float(value), unit, source, known=known)


def clearance() -> Iterator[Check]:
    """Row 19."""
    p = dict(zip(PARAMETERS["R"], typical("R", Covariates()).parameters[:, 0], strict=True))
    for what, seen, rate in (
        ("S, esketamine 0.5 mg/kg bolus", 18.1, p["cl"]),
        ("S, racemate", 18.4, p["cl"]),
        ("R, racemate 1 mg/kg", 15.8, p["cl_r"]),
    ):
        value = float(rate) * 1000 / KG
        yield Check("19", X, K, f"clearance of {what}", "32", seen, value, "mL/min/kg", WANG)


def swallowed() -> Iterator[Check]:
    """Row 20: at a steady state the areas of an interval are those of one dose to its end."""
    curves = simulate("esketamine", parse_dose("0.25 mg/kg oral", KG), np.arange(0.0, 5761.0, 2.0))
    ratio = _area(curves["noresketamine_ng_ml"][0]) / _area(curves["esketamine_ng_ml"][0])
    share = 100 * MODEL_E["fgut"].value * (1 - extraction())
    for what, seen, value, unit, known in (
        ("fraction absorbed", 8, share, "%", "Model E's gut fraction is too high for a solution"),
        ("noresketamine to esketamine, AUC", 16.5, ratio, "ratio", "too much parent arrives whole"),
    ):
        what = f"esketamine by mouth, {what}"
        yield Check("20", X, K, what, "11", seen, value, unit, FANTA, known=known)


def muscle() -> Iterator[Check]:
    """Row 24."""
    found, source = summary("ketamine", "0.5 mg/kg im"), "uptake is an own estimate"
    for what, seen, value, unit, ours in (
        ("Cmax", 243, found["cmax_ng_ml"], "ng/mL", False),
        ("Tmax", 22, found["tmax_min"], "min", False),
        ("fraction absorbed", 93, 100 * MODEL_R["im_f"].value, "%", True),
    ):
        what = f"racemate 0.5 mg/kg IM, {what}"
        yield Check(
            "24", C, K, what, "6?", seen, value, unit, source, recalled=True, constructed=ours
        )


def _area(curve: Floats) -> float:
    """Over evenly spaced times; only ratios of these are used."""
    return float(np.trapezoid(curve))
