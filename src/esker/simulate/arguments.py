"""The words of `esker simulate`, and what a run does with them."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from esker.core.pharmacology import Covariates
    from esker.core.pharmacology.simulate import Study

DESCRIPTION = "Virtual patients from published models of ketamine and esketamine. Research only."
EXAMPLE = """examples:
  esker simulate --model esketamine --dose "84 mg nasal" --typical --out curve.csv
  esker simulate --model ketamine --dose "0.5 mg/kg iv 40 min" --weight 82 -n 1000 --seed 1 \\
      --times 0:6h:1min --out cohort.parquet --plot cohort.svg
A regimen file is a JSON list: [{"at_min": 0, "route": "nasal", "amount_mg": 28}, ...]"""
SUFFIXES = (".csv", ".parquet", ".arrow")
ROWS_WITHOUT_PROGRESS = 2_000_000


def add_parser(commands: Any) -> None:
    """Add `simulate` to a parser's subcommands; `args.run(args)` runs it."""
    words = commands.add_parser(
        "simulate", help="virtual patients", description=DESCRIPTION, epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = words.add_argument
    add("--model", required=True, metavar="DRUG", help="esketamine, or ketamine (the racemate)")
    given = words.add_mutually_exclusive_group(required=True)
    given.add_argument("--regimen", type=Path, metavar="FILE.json", help="doses as a JSON list")
    given.add_argument(
        "--dose", metavar="TEXT", help='such as "84 mg nasal" or "0.5 mg/kg iv 40 min"'
    )
    given.add_argument(
        "--events",
        type=Path,
        metavar="FILE.csv",
        help="NONMEM-style event table: ID, TIME in h, EVID, AMT, ROUTE, RATE or DUR, WT, AGE",
    )
    add("--weight", type=float, default=70.0, metavar="KG", help="default 70")
    add("--age", type=float, default=45.0, metavar="YEARS", help="default 45")
    add("--ancestry", default="other", help="other, asian or japanese")
    add(
        "--interaction",
        action="append",
        default=[],
        metavar="NAME",
        help="such as rifampicin or hepatic_moderate; may be repeated",
    )
    who = words.add_mutually_exclusive_group()
    who.add_argument(
        "-n", type=int, metavar="PATIENTS", help="virtual patients instead of one typical"
    )
    who.add_argument("--typical", action="store_true", help="the typical patient (the default)")
    add("--seed", type=int, default=1, help="same seed, same patients; default 1")
    add("--times", default="0:24h:5min", metavar="START:END:STEP", help="default 0:24h:5min")
    add("--summary", action="store_true", help="one row per patient: peaks, areas, recovery")
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help="FILE.csv, .parquet or .arrow; default CSV to the screen",
    )
    add("--plot", type=Path, metavar="FILE.svg", help="also draw bands")
    words.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate and write. Returns 0, or 2 with one sentence on what to mend."""
    from esker.core.pharmacology import InputError

    try:
        _check_files(args)
        studies = _studies(args)
        _write(args, studies)
    except InputError as wrong:
        print(f"esker simulate: {wrong}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the one who reads has read enough
        raise
    except OSError as wrong:
        where = wrong.filename or args.out or "the output"
        print(f"esker simulate: {where}: {wrong.strerror or wrong}", file=sys.stderr)
        return 2
    for note in dict.fromkeys(note for _, study in studies for note in study.notes):
        print(note, file=sys.stderr)
    return 0


def _check_files(args: argparse.Namespace) -> None:
    from esker.core.pharmacology import InputError

    if args.out and args.out.suffix not in SUFFIXES:
        raise InputError(f"--out must end in {', '.join(SUFFIXES)}; it is {args.out.name}")
    if args.plot and args.plot.suffix != ".svg":
        raise InputError(f"--plot must end in .svg; it is {args.plot.name}")
    if args.plot and (args.events or args.summary):
        raise InputError("--plot draws one regimen's curves: not with --events or --summary")
    for option, path in (("--out", args.out), ("--plot", args.plot)):
        if path and path.is_dir():
            raise InputError(f"{option}: {path} is a folder; name a file")
        if path and not path.parent.is_dir():
            raise InputError(f"{option}: there is no folder {path.parent}")
        if path and not os.access(path.parent, os.W_OK):
            raise InputError(f"{option}: nothing can be written into {path.parent}")


def _studies(args: argparse.Namespace) -> list[tuple[str | None, Study]]:
    """(subject name or None, checked request): one, or one for each subject of an event table."""
    from esker.core.interactions import Interaction
    from esker.core.pharmacology import Covariates, InputError, parse_times, study
    from esker.core.pharmacology.covariates import Ancestry, one_of

    who = Covariates(
        weight_kg=args.weight, age_years=args.age,
        ancestry=one_of("ancestry", args.ancestry, Ancestry),
        interactions=tuple(one_of("interaction", name, Interaction) for name in args.interaction),
    )  # fmt: skip
    if args.events:
        if args.n:
            raise InputError("-n: an event table names its subjects; leave -n out")
        found = [(one.id, _of_one(args.model, one, who)) for one in _events(args.events)]
        _one_model(found)
        return found
    doses = _doses(args)
    return [(None, study(args.model, doses, parse_times(args.times), who, args.n, args.seed))]


def _doses(args: argparse.Namespace) -> Any:
    from esker.core.pharmacology import from_rows, parse_dose
    from esker.core.pharmacology.regimen import by_device

    if args.dose is not None:
        return parse_dose(args.dose, args.weight, args.model)
    return by_device(from_rows(_json(args.regimen)))


def _json(path: Path) -> Any:
    """What a JSON file holds. Of a field given twice nobody can say which was meant."""
    import json

    from esker.core.pharmacology import InputError

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"regimen {path.name}: {twice[0]} is given twice in one dose")
        return dict(pairs)

    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows editors put a mark first
        return json.loads(text, object_pairs_hook=once)
    except InputError:
        raise
    except UnicodeDecodeError as wrong:
        raise InputError(f"regimen {path.name} is not text in UTF-8: {wrong}") from None
    except (ValueError, RecursionError) as wrong:
        raise InputError(f"regimen {path.name} is not JSON: {wrong}") from None


def _events(path: Path) -> Any:
    """Subjects of an event table, each with doses that a device can give."""
    import csv

    from esker.core.pharmacology import InputError, from_events
    from esker.core.pharmacology.events import number_cells
    from esker.core.pharmacology.regimen import by_device

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, strict=True)
            if "ID" not in [str(name).strip().upper() for name in table.fieldnames or ()]:
                raise InputError(f"events {path.name}: {_without_id(table.fieldnames)}")
            subjects = from_events(number_cells(table))
    except (csv.Error, UnicodeDecodeError) as wrong:
        raise InputError(f"events {path.name} is no CSV in UTF-8: {wrong}") from None
    for each in subjects:
        by_device(each.doses, f"subject {each.id}: dose")
    return subjects


def _without_id(columns: Any) -> str:
    if not columns:
        return "it is empty; the first line names the columns ID, TIME, AMT, ROUTE"
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        return "its cells are not separated by commas; save it as CSV with commas"
    return f"there is no column ID; the first line has {', '.join(map(str, columns))}"


def _of_one(model: str, subject: Any, who: Covariates) -> Study:
    """The checked request of one subject, whose name stands before what is wrong with it."""
    from esker.core.pharmacology import InputError, study

    try:
        return study(model, subject.doses, subject.times_min, replace(who, **subject.person))
    except InputError as wrong:
        raise InputError(f"subject {subject.id}: {wrong}") from None


def _one_model(found: list[tuple[str, Study]]) -> None:
    """Raises InputError when the table would need the columns of both models."""
    from esker.core.pharmacology import InputError

    (first, one), *others = found
    for name, other in others:
        if other.plan.model != one.plan.model:
            raise InputError(
                f"subject {name}: the doses need Model {other.plan.model}, those of subject "
                f"{first} Model {one.plan.model}, and the columns differ; give them in two tables"
            )


def _write(args: argparse.Namespace, studies: list[tuple[str | None, Study]]) -> None:
    from . import output

    with output.opened(args.out) as sink:
        for name, study in studies:
            parts = (
                output.summary_tables(study) if args.summary else output.curve_tables(study, name)
            )
            rows = (study.subjects or 1) * (1 if args.summary else study.times_min.size)
            for done, table in parts:
                sink.write(table)
                if rows > ROWS_WITHOUT_PROGRESS:
                    output.progress(done, study.subjects or 1)
    if args.plot:
        from .plot import draw

        draw(studies[0][1], args.plot)
