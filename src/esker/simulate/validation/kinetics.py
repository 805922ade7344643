"""Kinetic rows: concentrations, areas and times against published means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from esker.core.pharmacology import (
    Ancestry,
    Covariates,
    Dose,
    Route,
    parse_dose,
    simulate,
    study,
    summarise,
)
from esker.core.pharmacology.individuals import typical
from esker.core.pharmacology.layout import PARAMETERS
from esker.core.pharmacology.tables_e import MODEL_E, PEREZ
from esker.core.pharmacology.tables_r import MODEL_R

from .checks import Check, Kind, Set

Floats = NDArray[np.float64]
KG: Final = 70.0
DAY: Final = np.arange(0.0, 1441.0)
NMOL: Final = {"ketamine": 237.73, "norketamine": 223.70, "hydroxynorketamine": 239.70}
METABOLITES: Final = (
    "right at the infusion's end, too low two hours later: the parent is low by then too (rows 10 "
    "to 12), and in the model its metabolites follow it down"
)
KAMP: Final = "Kamp 2020, doi:10.1097/ALN.0000000000003577 (digitised)"
SIMONS: Final = "Simons 2022, doi:10.3389/fpain.2022.946486"
HASAN: Final = "Hasan 2021, doi:10.1097/ALN.0000000000003829"
C, X, K = Set.CALIBRATION, Set.EXTERNAL, Kind.KINETIC


def rows() -> Iterator[Check]:
    """All kinetic comparisons, in the order of the reference table."""
    yield from nasal()
    yield from label()
    yield from steps()
    yield from infusions()
    yield from others()


def _typical(drug: str, dose: str, **who: object) -> dict[str, float]:
    (kept,) = summarise(study(drug, parse_dose(dose, KG), DAY, Covariates(**who)))  # type: ignore[arg-type]
    return {name: float(values[0]) for name, values in kept.items()}


def nasal() -> Iterator[Check]:
    """Rows 1 to 5: the strata of Model E's own paper."""
    strata = (
        ("1", "28 mg", {}, (43.8, 147, 59.1, 274)),
        ("2", "56 mg", {}, (72.5, 255, 119.7, 516)),
        ("3", "84 mg", {}, (101.0, 362, 180, 758)),
        ("4", "84 mg", {"ancestry": Ancestry.JAPANESE}, (131.3, 475)),
        ("5", "84 mg", {"age_years": 70.0}, (102.7, 391)),
    )
    names = ("cmax_ng_ml", "auc_ng_h_ml", "norketamine_cmax_ng_ml", "norketamine_auc_ng_h_ml")
    titles = ("Cmax", "AUC 0-24 h", "noresketamine Cmax", "noresketamine AUC 0-24 h")
    for row, dose, who, seen in strata:
        found = _typical("esketamine", f"{dose} nasal", **who)
        people = {"4": "Japanese", "5": "over 60 (70 y)"}.get(row, "White, under 60")
        for name, title, value in zip(names, titles, seen, strict=False):
            known = (
                "the paper's table and its parameters disagree here: only a metabolite that never "
                "comes back from its second pool would match, and row 15 speaks against that"
                if name == names[3]
                else ""
            )
            unit = "ng h/mL" if "auc" in name else "ng/mL"
            yield Check(
                row,
                C,
                K,
                f"esketamine {dose} nasal, {people}: {title}",
                "72" if row == "4" else "820",
                value,
                found[name],
                unit,
                PEREZ,
                known=known,
            )


def label() -> Iterator[Check]:
    """Row 6: the label's figures, recalled."""
    source = "esketamine label"
    found = _typical("esketamine", "84 mg nasal")
    curve = simulate("esketamine", parse_dose("84 mg nasal", KG), [720.0, 1440.0])
    low, high = curve["esketamine_ng_ml"][0, 1], curve["esketamine_ng_ml"][0, 0]
    (many,) = summarise(
        study("esketamine", parse_dose("84 mg nasal", KG), DAY[:300], n=2000, seed=1)
    )
    spread = many["cmax_ng_ml"].std() / many["cmax_ng_ml"].mean() * 100
    for what, bounds, value, unit in (
        ("Tmax after the last device", (20, 40), found["tmax_min"] - 10, "min"),
        ("half-life, 12 to 24 h", (7, 12), 12 * math.log(2) / math.log(high / low), "h"),
        ("spread of Cmax between people", (27, 66), spread, "% CV"),
    ):
        yield Check(
            "6",
            X,
            K,
            f"esketamine 84 mg nasal: {what}",
            "-",
            bounds[0],
            float(value),
            unit,
            source,
            observed_to=bounds[1],
            recalled=True,
        )
    yield Check(
        "6",
        X,
        K,
        "esketamine 84 mg nasal: fraction absorbed",
        "-",
        48.0,
        100 * nasal_fraction(3),
        "%",
        source,
        recalled=True,
    )


def extraction() -> float:
    """What the liver of the typical patient takes in one passage."""
    t = MODEL_E
    intrinsic = t["vh"].value * (t["kel"].value + t["kmet"].value)
    return intrinsic / (t["qh"].value + intrinsic)


def nasal_fraction(devices: int) -> float:
    """Share of a nasal dose that reaches the blood, by nose and gut, for so many devices."""
    t = MODEL_E
    through_gut = t["fgut"].value * (1 - extraction())
    first, later = t["frn"].value, t["frn"].value * t["frn_later"].value
    shares = [first, *[later] * (devices - 1)]
    return sum(share + (1 - share) * through_gut for share in shares) / devices


def stairs(factor: float) -> tuple[Dose, ...]:
    """Three hours of infusion, each faster: .14, .28 and .57 mg/kg/h of esketamine."""
    return tuple(
        Dose(60.0 * hour, Route.IV, rate * factor * KG, 60.0)
        for hour, rate in enumerate((0.14, 0.28, 0.57))
    )


def steps() -> Iterator[Check]:
    """Rows 7 and 10 to 13: arterial curves."""
    push = simulate("esketamine", parse_dose("20 mg iv 20 min", KG), np.arange(0, 61.0))
    peak = float(push["ketamine_s_arterial_ng_ml"].max())
    for seen, n in ((273, "20"), (260, "19")):
        yield Check(
            "7",
            C,
            K,
            f"esketamine 20 mg IV in 20 min, arterial Cmax, visit of {n}",
            n,
            seen,
            peak,
            "ng/mL",
            SIMONS,
        )
    at = [60.0, 120.0, 180.0, 300.0]
    alone, mixed = simulate("esketamine", stairs(1), at), simulate("ketamine", stairs(2), at)
    for row, curves, name, seen4, what in (
        ("10", alone, "ketamine_s_arterial_ng_ml", (0.32, 0.54, 1.03, 0.24), "S in esketamine"),
        ("11", mixed, "ketamine_s_arterial_ng_ml", (0.27, 0.52, 1.05, 0.25), "S in racemate"),
        ("12", mixed, "ketamine_r_arterial_ng_ml", (0.40, 0.60, 1.15, 0.27), "R in racemate"),
    ):
        for hour, value, found in zip((1, 2, 3, 5), seen4, curves[name][0], strict=True):
            yield Check(
                row,
                X,
                K,
                f"3-step infusion, arterial {what}, {hour} h",
                "20",
                value,
                float(found) / NMOL["ketamine"],
                "nmol/mL",
                KAMP,
            )
    metabolites = (
        ("S-norketamine, esketamine", alone["noresketamine_ng_ml"], "norketamine", (0.64, 0.54)),
        ("R-norketamine, racemate", mixed["norketamine_r_ng_ml"], "norketamine", (0.76, 0.60)),
        (
            "hydroxynorketamine, racemate",
            mixed["hydroxynorketamine_ng_ml"],
            "hydroxynorketamine",
            (0.18, 0.22),
        ),
    )
    for what, curve, molecule, seen2 in metabolites:
        for k, value in zip((2, 3), seen2, strict=True):
            known = METABOLITES if k == 3 else ""
            yield Check(
                "13",
                C,
                K,
                f"3-step infusion, {what}, {(1, 2, 3, 5)[k]} h",
                "20",
                value,
                float(curve[0, k]) / NMOL[molecule],
                "nmol/mL",
                KAMP,
                known=known,
            )


def infusions() -> Iterator[Check]:
    """Rows 14 to 17 and 19: racemate into a vein."""
    found = _typical("ketamine", "0.5 mg/kg iv 40 min")
    yield Check(
        "14",
        C,
        K,
        "racemate 0.5 mg/kg IV in 40 min, venous Cmax",
        "18",
        185,
        found["cmax_ng_ml"],
        "ng/mL",
        "Zarate 2006 (100 to 250 elsewhere)",
    )
    found = _typical("ketamine", "5 mg iv 30 min")
    yield Check(
        "15",
        C,
        K,
        "racemate 5 mg IV in 30 min, serum Cmax",
        "15",
        29.9,
        found["cmax_ng_ml"],
        "ng/mL",
        HASAN,
    )
    yield Check(
        "15",
        C,
        K,
        "racemate 5 mg IV in 30 min, AUC",
        "15",
        52,
        found["auc_ng_h_ml"],
        "ng h/mL",
        HASAN,
    )
    ratio = found["norketamine_auc_ng_h_ml"] / found["auc_ng_h_ml"]
    yield Check("15", C, K, "norketamine to ketamine, AUC", "15", 1.79, ratio, "ratio", HASAN)
    curves = simulate("ketamine", parse_dose("5 mg iv 30 min", KG), DAY)
    area = np.trapezoid(curves["hydroxynorketamine_ng_ml"][0], DAY) / 60
    yield Check(
        "15",
        C,
        K,
        "hydroxynorketamine to ketamine, AUC 0-24 h",
        "15",
        0.33,
        float(area) / found["auc_ng_h_ml"],
        "ratio",
        HASAN,
    )
    chiral = simulate("ketamine", parse_dose("5 mg iv 30 min", KG), np.arange(0, 61.0))
    for name, value in (("s", 15.6), ("r", 16.5)):
        yield Check(
            "16",
            X,
            K,
            f"racemate 5 mg IV, {name.upper()}-ketamine Cmax",
            "15",
            value,
            float(chiral[f"ketamine_{name}_venous_ng_ml"].max()),
            "ng/mL",
            HASAN,
        )
    push = simulate("ketamine", parse_dose("10 mg iv", KG), [2.0])
    yield Check(
        "17",
        X,
        K,
        "racemate 10 mg IV push, venous at 2 min",
        "9",
        296,
        float(push["ketamine_venous_ng_ml"][0, 0]),
        "ng/mL",
        "abstract read",
        known="the venous link is too slow just after a push",
    )
    yield Check(
        "17",
        X,
        K,
        "racemate 10 mg IV push, AUC",
        "9",
        113,
        _typical("ketamine", "10 mg iv")["auc_ng_h_ml"],
        "ng h/mL",
        "abstract read",
    )
    p = dict(zip(PARAMETERS["R"], typical("R", Covariates()).parameters[:, 0], strict=True))
    for what, value, rate in (
        ("S, esketamine 0.5 mg/kg bolus", 18.1, p["cl"]),
        ("S, racemate", 18.4, p["cl"]),
        ("R, racemate 1 mg/kg", 15.8, p["cl_r"]),
    ):
        yield Check(
            "19",
            X,
            K,
            f"clearance of {what}",
            "32",
            value,
            float(rate) * 1000 / KG,
            "mL/min/kg",
            "Wang 2019, doi:10.2147/DDDT.S224553",
        )


def others() -> Iterator[Check]:
    """Rows 20 and 24: by mouth and into muscle."""
    swallowed = 100 * MODEL_E["fgut"].value * (1 - extraction())
    yield Check(
        "20",
        X,
        K,
        "esketamine by mouth, fraction absorbed",
        "11",
        8,
        swallowed,
        "%",
        "Fanta 2015, doi:10.1007/s00228-015-1826-y",
        known="Model E's gut fraction is too high for a swallowed solution",
    )
    found = _typical("ketamine", "0.5 mg/kg im")
    source = "uptake is an own estimate"
    yield Check(
        "24",
        C,
        K,
        "racemate 0.5 mg/kg IM, Cmax",
        "6?",
        243,
        found["cmax_ng_ml"],
        "ng/mL",
        source,
        recalled=True,
    )
    yield Check(
        "24",
        C,
        K,
        "racemate 0.5 mg/kg IM, Tmax",
        "6?",
        22,
        found["tmax_min"],
        "min",
        source,
        recalled=True,
    )
    yield Check(
        "24",
        C,
        K,
        "racemate 0.5 mg/kg IM, fraction absorbed",
        "6?",
        93,
        100 * MODEL_R["im_f"].value,
        "%",
        source,
        recalled=True,
    )
