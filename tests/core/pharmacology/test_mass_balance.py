"""What goes in must come out: clearance times area is the dose, to nine digits."""

from __future__ import annotations

import numpy as np

from esker.core.pharmacology import Covariates, parse_dose, simulate, study, summarise
from esker.core.pharmacology.engine import run
from esker.core.pharmacology.layout import PARAMETERS

LONG = np.array([0.0, 60.0, 400 * 1440.0])  # more than 100 slowest half-lives
TOLERANCE = 1e-9


def _run(drug: str, dose: str):
    request = study(drug, parse_dose(dose, 70), LONG, Covariates(), n=64, seed=4)
    _, who = next(request.chunks())
    amounts = request.plan.amounts(who)
    return who, amounts, run(who, amounts, request.timeline, LONG, False, True).summaries


def test_every_milligram_of_racemate_is_cleared() -> None:
    """Model R: CL x area of both enantiomers is the dose; fm of it becomes norketamine."""
    who, amounts, kept = _run("ketamine", "50 mg iv 40 min")
    p = dict(zip(PARAMETERS["R"], who.parameters, strict=True))
    mg_min = 25.0 / p["cl"] + 25.0 / p["cl_r"]
    nk_min = p["fm"] * (25.0 / p["cln"] + 25.0 / p["cln_r"]) * 223.70 / 237.73

    np.testing.assert_allclose(kept[2], 1000 * mg_min / 60, rtol=TOLERANCE)
    np.testing.assert_allclose(kept[4], 1000 * nk_min / 60, rtol=TOLERANCE)
    assert amounts.sum(axis=0)[0] == 50.0


def test_every_milligram_of_a_spray_passes_nose_gut_and_liver() -> None:
    """Model E: nasal plus swallowed less first pass equals hepatic clearance x area."""
    who, amounts, kept = _run("esketamine", "84 mg nasal")
    p = dict(zip(PARAMETERS["E"], who.parameters, strict=True))
    intrinsic = p["vh"] * (p["kel"] + p["kmet"])
    extraction = intrinsic / (p["qh"] + intrinsic)
    arriving = amounts[0::2].sum(axis=0) + amounts[1::2].sum(axis=0) * (1 - extraction)
    made = amounts.sum(axis=0) * p["kmet"] / (p["kel"] + p["kmet"])

    np.testing.assert_allclose(
        kept[2], 1000 * arriving / (p["qh"] * extraction) / 60, rtol=TOLERANCE
    )
    np.testing.assert_allclose(kept[4], 1000 * made / p["cln"] / 60, rtol=TOLERANCE)


def test_area_so_far_grows_to_the_whole() -> None:
    """The exact area at a finite time is what a fine trapezoid finds."""
    times = np.arange(0, 240.01, 0.05)
    dose = parse_dose("28 mg nasal", 70)
    curve = simulate("esketamine", dose, times)["esketamine_ng_ml"][0]
    (kept,) = summarise(study("esketamine", dose, times))

    np.testing.assert_allclose(kept["auc_ng_h_ml"][0], np.trapezoid(curve, times) / 60, rtol=1e-6)
