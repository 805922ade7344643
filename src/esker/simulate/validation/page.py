"""The validation page as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .checks import Check, Kind, Set

HEAD = """# Validation: what the models say beside what was observed

Made by `./dev validation`; tests hold that this page is what the command makes. Nothing here is
clinically validated, and nothing here may open a gate.

Rows keep the numbers of the table they were collected in. **Calibration** rows were used to choose
or fit a constant, so their agreement proves little. **External** rows were not used to fit one, but
for those marked *by construction*, which are not counted as holding. The rule:
means of concentrations and areas within 0.8 to 1.25 of the observation (calibration) or 0.67 to 1.5
(external); effects within two standard errors where one is known, else within 0.67 to 1.5; a
published range must hold the prediction. Predictions are for the typical patient of 70 kg and 45
years unless a row says otherwise. *Recalled* marks an observation that was not read in its source
and must be confirmed before anyone relies on it.

"""
FIGURES = """## Pictures

![Ratios of predicted to observed](ratios.svg)

![Arterial ketamine in a three-step infusion](steps.svg)

![Nasal esketamine, 84 mg](nasal.svg)

![Effects within a session](effects.svg)

"""
# Rows that are in the reference table and have no prediction here, and why.
NOT_COMPARED = (
    ("8, 9", "esketamine film under the tongue", "no model of the film's uptake"),
    ("18", "racemate by nose, 10 to 50 mg", "refused: devices absorb 11 to 45 %"),
    ("21", "racemate wafer under the tongue", "no model of its uptake"),
    ("22", "slow-release racemate by mouth", "no model of its uptake"),
    ("23", "tablet, rectal, nasal racemate, n = 3", "no model of its uptake"),
    ("25", "racemate by mouth, 0.5 mg/kg", "refused: how fast it is absorbed is not published"),
    ("26", "inhaled esketamine", "no model of its uptake"),
    ("33", "adverse events of pressure", "a reported event is not a pressure"),
    ("34", "anaesthetic esketamine, 1959 ng/mL", "beyond the range of the effect models"),
    ("39", "dissociation and mood are unrelated", "the models keep them independent"),
    ("44", "six infusions, response 13 to 67.5 %", "needs an assumed placebo course and spread"),
    ("45", "response after six, flat on weekly dosing", "needs an assumed placebo course"),
    ("46", "relapse after withdrawal", "the outcome layer is not part of these models"),
    ("47", "remission and relapse against ECT", "the outcome layer is not part of these models"),
)


def page(checks: Sequence[Check]) -> str:
    """The whole page; ends with one newline."""
    mood = (
        "Mood rows assume a start of 34 MADRS points, of which 20 % fall without the drug in the "
        "first week and 35 % by day 28.\n"
    )
    return "\n".join(
        [
            HEAD + _summary(checks),
            _section("Calibration rows", [c for c in checks if c.set is Set.CALIBRATION]),
            mood,
            _section("External rows", [c for c in checks if c.set is Set.EXTERNAL]),
            _failures(checks),
            _rest(),
            FIGURES.rstrip(),
            "",
        ]
    )


def _summary(checks: Sequence[Check]) -> str:
    lines = [
        "| rows | compared | hold | by construction | fail |",
        "|---|---:|---:|---:|---:|",
    ]
    for title, which in (("calibration", Set.CALIBRATION), ("external", Set.EXTERNAL)):
        mine = [c for c in checks if c.set is which]
        failed = sum(not c.holds for c in mine)
        made = sum(c.holds and c.constructed for c in mine)
        held = len(mine) - failed - made
        lines.append(f"| {title} | {len(mine)} | {held} | {made} | {failed} |")
    return "\n".join(lines) + "\n"


def _section(title: str, checks: Iterable[Check]) -> str:
    head = (
        "| # | what | n | observed | predicted | unit | ratio | verdict | source |\n"
        "|---|---|---|---:|---:|---|---:|---|---|"
    )
    return "\n".join([f"## {title}\n", head, *(_line(c) for c in checks), ""])


def _line(c: Check) -> str:
    seen = f"{c.observed:g}"
    if c.observed_to is not None and c.observed_to != c.observed:
        seen += f" to {c.observed_to:g}"
    elif c.se is not None:
        seen += f" (SE {number(c.se)})"
    single = c.observed_to is None and c.observed > 0
    ratio = f"{c.predicted / c.observed:.2f}" if single else ""
    recalled = ", *recalled*" if c.recalled else ""
    return (
        f"| {c.row} | {c.what} | {c.n} | {seen} | {number(c.predicted)} | {c.unit} | {ratio} | "
        f"{c.verdict} | {c.source}{recalled} |"
    )


def _failures(checks: Iterable[Check]) -> str:
    lines = [
        f"- Row {c.row}, {c.what}: {c.known or 'not explained'}." for c in checks if not c.holds
    ]
    remarks = [f"- Row {c.row}, {c.what}: {c.known}." for c in checks if c.holds and c.known]
    return "\n".join(
        [
            "## What fails, and why as far as known\n",
            *lines,
            "",
            "Remarks on rows that hold:\n",
            *remarks,
            "",
        ]
    )


def _rest() -> str:
    lines = ["## Rows without a prediction\n", "| # | what | why not |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {a} | {b} | {c} |" for a, b, c in NOT_COMPARED), ""])


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def kinetic(checks: Iterable[Check]) -> list[Check]:
    """Those of which a ratio can be drawn."""
    return [c for c in checks if c.kind is Kind.KINETIC and c.observed_to is None]
