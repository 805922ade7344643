"""`python -m esker.simulate.validation [--out FOLDER]`."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from . import effects, infusions, kinetics, mood, page, parameters, plots
from .checks import Check

FOLDER = Path("docs/pharmacology")


def checks() -> list[Check]:
    """Every comparison, by row."""
    parts = (kinetics, infusions, effects, mood)
    return list(itertools.chain.from_iterable(part.rows() for part in parts))


def write(folder: Path) -> list[Check]:
    """Write the pages and pictures into `folder`; returns what was compared."""
    folder.mkdir(parents=True, exist_ok=True)
    found = checks()
    (folder / "validation.md").write_text(page.page(found), encoding="utf-8")
    (folder / "parameters.md").write_text(parameters.page(), encoding="utf-8")
    plots.draw(found, folder)
    return found


def main() -> None:
    words = argparse.ArgumentParser(prog="./dev validation", description=__doc__)
    words.add_argument("--out", type=Path, default=FOLDER)
    folder = words.parse_args().out
    found = write(folder)
    failed = [one for one in found if not one.holds]
    print(f"{folder}/validation.md: {len(found)} comparisons, {len(failed)} fail.")


if __name__ == "__main__":
    main()
