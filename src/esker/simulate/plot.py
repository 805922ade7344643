"""Bands of a simulation as SVG: the median and the middle 90 %, or the typical curve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from esker.core.pharmacology.simulate import Study, stream

DRAWN_MAX = 2000  # subjects; bands do not change visibly beyond
COLOUR = "#1f5f8b"


def draw(study: Study, path: Path) -> None:
    """Write concentration, pressure rise and dissociation over time, with the notes beneath."""
    drawn = replace(study, subjects=min(study.subjects, DRAWN_MAX) if study.subjects else None)
    parts = list(stream(drawn))
    figure = Figure(figsize=(7, 8), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    parent = next(iter(parts[0].outputs))
    for axis, name in zip(axes, (parent, "delta_sbp_mmhg", "cadss"), strict=True):
        _band(axis, study.times_min / 60.0, np.concatenate([part[name] for part in parts]))
        axis.set_ylabel(name)
    axes[-1].set_xlabel("hours")
    who = (
        f"{drawn.subjects} virtual patients, median and 5-95 %"
        if drawn.subjects
        else "typical patient"
    )
    figure.suptitle(f"{study.drug}, Model {study.plan.model}: {who}", fontsize=11)
    figure.supxlabel("\n".join(study.notes), fontsize=6)
    with mpl.rc_context({"svg.hashsalt": "esker"}):  # else its ids differ from run to run
        figure.savefig(path, metadata={"Date": None})


def _band(axis: Axes, hours: np.ndarray, values: np.ndarray) -> None:
    low, middle, high = np.percentile(values, [5, 50, 95], axis=0)
    if len(values) > 1:
        axis.fill_between(hours, low, high, color=COLOUR, alpha=0.2, linewidth=0)
    axis.plot(hours, middle, color=COLOUR)
    axis.set_ylim(bottom=0)
