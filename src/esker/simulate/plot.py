"""Bands of a simulation as SVG: the median and the middle 90 %, or the typical curve.

Drawn is what a laboratory would report: venous plasma, both enantiomers together for the racemate.
Arterial columns are in the table; at the end of an infusion they stand half as high again, and on
one axis with the venous ones they would be read for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from esker.core.pharmacology.simulate import Study, stream
from esker.whole import whole

DRAWN_MAX = 2000  # subjects; bands do not change visibly beyond
STYLES = (("#1f5f8b", "-"), ("#a3541d", "--"))
# Column of the table -> what it is; those that a model does not have are left out.
PLASMA = {
    "ketamine_venous_ng_ml": "ketamine, venous plasma, S and R together",
    "norketamine_ng_ml": "norketamine in plasma, S and R together",
    "esketamine_ng_ml": "esketamine, venous plasma",
    "noresketamine_ng_ml": "noresketamine in plasma",
}
PANELS = (
    ("ng/mL", PLASMA),
    ("mmHg", {"delta_sbp_mmhg": "rise of systolic pressure"}),
    ("points", {"cadss": "dissociation (CADSS)"}),
)


def draw(study: Study, path: Path) -> None:
    """Write concentrations, pressure rise and dissociation over time, with the notes beneath."""
    drawn = replace(study, subjects=min(study.subjects, DRAWN_MAX) if study.subjects else None)
    parts = list(stream(drawn))
    hours = study.times_min / 60.0
    figure = Figure(figsize=(7, 8.5), layout="constrained")
    for axis, (unit, names) in zip(figure.subplots(3, 1, sharex=True), PANELS, strict=True):
        known = {name: said for name, said in names.items() if name in parts[0].outputs}
        _panel(axis, hours, known, {
            name: np.concatenate([part[name] for part in parts]) for name in known
        })  # fmt: skip
        axis.set_ylabel(unit)
    axis.set_xlabel("hours")
    who = (
        f"{drawn.subjects} virtual patients, median and 5-95 %"
        if drawn.subjects
        else "typical patient"
    )
    figure.suptitle(f"{study.drug}, Model {study.plan.model}: {who}", fontsize=11)
    figure.supxlabel("\n".join(study.notes), fontsize=6)
    # Without a salt its ids would differ from run to run.
    with mpl.rc_context({"svg.hashsalt": "esker"}), whole(path) as part:
        figure.savefig(part, format="svg", metadata={"Date": None})


def _panel(
    axis: Axes, hours: np.ndarray, names: Mapping[str, str], values: Mapping[str, np.ndarray]
) -> None:
    for (name, said), (colour, line) in zip(names.items(), STYLES, strict=False):
        low, middle, high = np.percentile(values[name], [5, 50, 95], axis=0)
        if len(values[name]) > 1:
            axis.fill_between(hours, low, high, color=colour, alpha=0.18, linewidth=0)
        axis.plot(hours, middle, line, color=colour, label=f"{said}: {name}")
    axis.set_ylim(bottom=0)
    axis.legend(fontsize=7, frameon=False, loc="upper right")
