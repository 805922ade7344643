"""The validation page is what the command makes, and hides no failure."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from esker.core.pharmacology import simulate
from esker.core.pharmacology.tables_r import MODEL_R
from esker.simulate.validation import page
from esker.simulate.validation.__main__ import write
from esker.simulate.validation.checks import Check, Kind, Set
from esker.simulate.validation.kinetics import NMOL, stairs

FOLDER = Path(__file__).resolve().parents[2] / "docs/pharmacology"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GAPS = {31, 37, 43}  # the reference table has no such rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Check]]:
    folder = tmp_path_factory.mktemp("validation")
    return folder, write(folder)


@pytest.mark.parametrize("name", ["validation.md", "parameters.md"])
def test_the_committed_page_is_what_the_command_makes(
    made: tuple[Path, list[Check]], name: str
) -> None:
    """The same words, and numbers within 1 %."""
    ours, new = (folder.joinpath(name).read_text() for folder in (FOLDER, made[0]))
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", new)
    one, other = ([float(each) for each in NUMBER.findall(text)] for text in (ours, new))
    assert one == pytest.approx(other, rel=0.01, abs=0.011)


def test_the_pictures_are_there(made: tuple[Path, list[Check]]) -> None:
    """Four, each small, each drawn again by the command, none with a date in it."""
    for name in ("ratios", "steps", "nasal", "effects"):
        ours, new = ((folder / f"{name}.svg").read_text() for folder in (FOLDER, made[0]))
        assert ours.count("<path") == new.count("<path") > 5
        assert len(ours) < 60_000
        assert "dc:date" not in ours


def test_every_row_is_compared_or_said_to_be_left_out(made: tuple[Path, list[Check]]) -> None:
    left_out = {int(n) for rows, *_ in page.NOT_COMPARED for n in rows.split(", ")}
    compared = {int(check.row) for check in made[1]}
    assert compared | left_out == set(range(1, 48)) - GAPS
    assert not compared & left_out


def test_known_failures_are_shown_as_failures(made: tuple[Path, list[Check]]) -> None:
    """The push (17), the mouth (20), the older cohort (28), the late phase (15), chiral
    hydroxynorketamine (16), rare rises (32); and nothing fails without a word."""
    failed = [check for check in made[1] if not check.holds]
    text = (made[0] / "validation.md").read_text()
    assert {"15", "16", "17", "20", "28", "32"} <= {check.row for check in failed}
    assert all(check.known for check in failed)
    assert text.count("**fails, known**") == len(failed)
    assert "**fails**" not in text


def test_what_was_made_to_hold_is_not_counted_as_holding(
    made: tuple[Path, list[Check]],
) -> None:
    """Thinking and wakefulness (38), the noise of placebo (30), the share after IM (24)."""
    ours = {check.row for check in made[1] if check.constructed}
    assert ours == {"24", "30", "38"}
    text = (made[0] / "validation.md").read_text()
    counts = re.findall(r"\| (?:calibration|external) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", text)
    assert len(counts) == 2
    assert all(int(a) == int(b) + int(c) + int(d) for a, b, c, d in counts)
    assert text.count("| by construction |") == sum(check.constructed for check in made[1]) + 1


def test_the_parent_is_not_why_late_norketamine_is_low() -> None:
    """The page's cause for row 13, tried: S-ketamine as observed, not as predicted."""
    p = {name: one.value for name, one in MODEL_R.items()}
    times, k = np.arange(0.0, 301.0), 2 / p["mtt"]
    curve = simulate("esketamine", stairs(1), times)["ketamine_s_arterial_ng_ml"][0]
    seen = np.array([0.32, 0.54, 1.03, 0.24]) / curve[[60, 120, 180, 300]] * NMOL["ketamine"]
    curve = curve * np.interp(times, [60.0, 120.0, 180.0, 300.0], seen)

    def slope(t: float, y: np.ndarray) -> list[float]:
        m1, m2, n1, n2 = y
        out, back = p["qn"] / p["v1"] * n1, p["qn"] / p["vn2"] * n2
        formed = p["cl"] * np.interp(t, times, curve) / 1000
        lost = p["cln_s"] / p["v1"] * n1
        return [formed - k * m1, k * (m1 - m2), p["fm"] * k * m2 - lost - out + back, out - back]

    n1 = solve_ivp(slope, (0, 300), np.zeros(4), max_step=1.0).y[2, -1]
    assert 1000 * n1 / p["v1"] / NMOL["ketamine"] == pytest.approx(0.39, abs=0.005)


def test_the_rule_of_agreement() -> None:
    """Factors for concentrations, two standard errors for effects, ranges for ranges."""

    def check(predicted: float, which: Set, kind: Kind, **more: float) -> bool:
        return Check("0", which, kind, "", "", 10.0, predicted, "", "", **more).holds

    assert check(12.4, Set.CALIBRATION, Kind.KINETIC)
    assert not check(12.6, Set.CALIBRATION, Kind.KINETIC)
    assert check(12.6, Set.EXTERNAL, Kind.KINETIC)
    assert not check(12.1, Set.EXTERNAL, Kind.EFFECT, se=1.0)
    assert check(12.0, Set.CALIBRATION, Kind.EFFECT, se=1.0)
    assert not check(9.9, Set.EXTERNAL, Kind.KINETIC, observed_to=20.0)
