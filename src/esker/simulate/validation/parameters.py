"""Every constant of the models as Markdown: value, spread, unit, source, confidence."""

from __future__ import annotations

from esker.core.pharmacology.covariates import SHIFTS
from esker.core.pharmacology.parameter import Table
from esker.core.pharmacology.provenance import model_hash
from esker.core.pharmacology.tables_e import MODEL_E
from esker.core.pharmacology.tables_effects import EFFECTS
from esker.core.pharmacology.tables_r import MODEL_R
from esker.core.pharmacology.tables_weeks import WEEKS

HEAD = """# Parameters

Made by `./dev validation` from the tables that the code runs on. Doses are base, not salt. The
spread is the coefficient of variation between people of a log-normal; none means that it does not
vary. "Own" marks a choice or fit of this project. Model hash `{hash}`.

"""


def page() -> str:
    """The whole page; ends with one newline."""
    parts = [HEAD.format(hash=model_hash())]
    for title, table in (
        ("Model E: esketamine by nose or mouth, venous plasma", MODEL_E),
        ("Model R: racemate and esketamine by infusion, IM, SC, arterial plasma", MODEL_R),
        ("Effects within a session", EFFECTS),
        ("Response over weeks", WEEKS),
    ):
        parts.append(_table(title, table))
    parts.append(_interactions())
    return "\n".join(parts)


def _table(title: str, table: Table) -> str:
    lines = [
        f"## {title}\n",
        "| name | value | unit | spread % | confidence | source | note |",
        "|---|---:|---|---:|---|---|---|",
    ]
    for name, one in table.items():
        spread = f"{one.cv_percent:.3g}" if one.cv_percent else ""
        lines.append(
            f"| `{name}` | {one.value:g} | {one.unit} | {spread} | {one.confidence.value} | "
            f"{one.source} | {one.note} |"
        )
    return "\n".join([*lines, ""])


def _interactions() -> str:
    lines = [
        "## Interactions, as factors\n",
        "| with | intrinsic clearance | gut | liver flow | source |",
        "|---|---:|---:|---:|---|",
    ]
    for name, shift in SHIFTS.items():
        gut = "whole" if shift.fgut_is_whole else f"{shift.fgut:g}"
        lines.append(f"| {name.value} | {shift.clint:g} | {gut} | {shift.qh:g} | {shift.source} |")
    return "\n".join([*lines, ""])
