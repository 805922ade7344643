"""The page's pictures: SVG with text as text, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from esker.core.pharmacology import parse_dose, simulate

from . import kinetics
from .checks import WITHIN, Check, Set
from .page import kinetic

BLUE, ORANGE, GREY = "#1f5f8b", "#b5651d", "#777777"
STYLE: Final = {"svg.hashsalt": "esker", "svg.fonttype": "none", "path.simplify_threshold": 0.5}


def draw(checks: Sequence[Check], folder: Path) -> None:
    """Write the four pictures of the page."""
    with mpl.rc_context(STYLE):
        for name, figure in (
            ("ratios", ratios(checks)),
            ("steps", steps(checks)),
            ("nasal", nasal()),
            ("effects", effects()),
        ):
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def ratios(checks: Sequence[Check]) -> Figure:
    """Predicted over observed for each kinetic row, with the bands that it is held to."""
    drawn = kinetic(checks)
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axis = figure.subplots()
    for which, colour in ((Set.CALIBRATION, GREY), (Set.EXTERNAL, BLUE)):
        mine = [(k, c) for k, c in enumerate(drawn) if c.set is which]
        axis.plot(
            [k for k, _ in mine],
            [c.predicted / c.observed for _, c in mine],
            "o",
            color=colour,
            markersize=4,
            label=which.name.lower(),
        )
        for edge in WITHIN[which]:
            axis.axhline(edge, color=colour, linewidth=0.8, linestyle="--")
    axis.set_xticks(range(len(drawn)), [c.row for c in drawn], fontsize=6, rotation=90)
    axis.set_yscale("log", base=2)
    axis.set_yticks(
        [0.125, 0.25, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2],
        ["0.125", "0.25", "0.5", "0.67", "0.8", "1", "1.25", "1.5", "2"],
    )
    axis.set(ylabel="predicted / observed", xlabel="row")
    axis.legend(frameon=False, fontsize=8)
    return figure


def steps(checks: Sequence[Check]) -> Figure:
    """Rows 10 to 12: the model's line through points that it never saw."""
    times = np.arange(0.0, 361.0, 2.0)
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    curves = {
        "10": ("esketamine", kinetics.stairs(1), "ketamine_s_arterial_ng_ml", "S, esketamine"),
        "11": ("ketamine", kinetics.stairs(2), "ketamine_s_arterial_ng_ml", "S, racemate"),
        "12": ("ketamine", kinetics.stairs(2), "ketamine_r_arterial_ng_ml", "R, racemate"),
    }
    for axis, (row, (drug, doses, name, title)) in zip(
        figure.subplots(1, 3, sharey=True), curves.items(), strict=True
    ):
        line = simulate(drug, doses, times)[name][0] / kinetics.NMOL["ketamine"]
        axis.plot(times / 60, line, color=BLUE)
        axis.plot([1, 2, 3, 5], [c.observed for c in checks if c.row == row], "o", color=ORANGE)
        axis.set(title=title, xlabel="hours")
    figure.axes[0].set_ylabel("arterial, nmol/mL")
    return figure


def nasal() -> Figure:
    """84 mg: the typical patient, and the middle 90 % of two thousand."""
    times = np.arange(0.0, 721.0, 4.0)
    doses = parse_dose("84 mg nasal", kinetics.KG)
    one = simulate("esketamine", doses, times)["esketamine_ng_ml"][0]
    many = simulate("esketamine", doses, times, n=2000, seed=1)["esketamine_ng_ml"]
    low, high = np.percentile(many, [5, 95], axis=0)
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axis = figure.subplots()
    axis.fill_between(times / 60, low, high, color=BLUE, alpha=0.2, linewidth=0)
    axis.plot(times / 60, one, color=BLUE)
    axis.plot([44 / 60], [101.0], "o", color=ORANGE)
    axis.set(xlabel="hours", ylabel="esketamine, venous, ng/mL", ylim=(0, None))
    return figure


def effects() -> Figure:
    """Pressure rise and dissociation of the typical patient, nasal and infused."""
    times = np.arange(0.0, 301.0, 2.0)
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for drug, dose, colour in (
        ("esketamine", "84 mg nasal", BLUE),
        ("ketamine", "0.5 mg/kg iv 40 min", ORANGE),
    ):
        curves = simulate(drug, parse_dose(dose, kinetics.KG), times)
        left.plot(times, curves["delta_sbp_mmhg"][0], color=colour, label=dose)
        right.plot(times, curves["cadss"][0], color=colour)
    left.plot([40], [7.4], "o", color=ORANGE)
    right.plot([40], [7.7], "o", color=ORANGE)
    left.set(xlabel="minutes", ylabel="systolic rise, mmHg", ylim=(0, None))
    right.set(xlabel="minutes", ylabel="CADSS", ylim=(0, None))
    left.legend(frameon=False, fontsize=8)
    return figure
