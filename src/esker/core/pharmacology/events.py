"""Regimens of many subjects as a NONMEM-style event table, read row by row.

>>> rows = [{"ID": 1, "TIME": 0, "AMT": 28, "ROUTE": "nasal"}, {"ID": 1, "TIME": 2, "EVID": 0}]
>>> [(one.id, one.times_min) for one in from_events(rows)]
[('1', (120.0,))]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .covariates import AGE_YEARS, WEIGHT_KG, InputError, finite, one_of, within
from .regimen import Dose, Route

ADDL_MAX: Final = 10_000  # a dose a day for decades; more is a slip, and would fill the memory
# Columns about a subject, the covariate that each is, and what a person can be.
PERSON: Final = {"WT": ("weight_kg", WEIGHT_KG), "AGE": ("age_years", AGE_YEARS)}
COLUMNS: Final = {"at_min": "TIME", "amount_mg": "AMT", "duration_min": "RATE or DUR"}


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject of an event table: doses, and the times at which it asks for output.

    `person` holds what the table says of weight and age, by the names of `Covariates`.
    """

    id: str
    doses: tuple[Dose, ...]
    times_min: tuple[float, ...]
    person: Mapping[str, float] = field(default_factory=dict)


def from_events(
    rows: Iterable[Mapping[str, object]], minutes_per_unit: float = 60.0
) -> tuple[Subject, ...]:
    """Subjects from a NONMEM-style event table.

    Columns: ID, TIME, EVID (0 output, 1 dose), AMT in mg, ROUTE, and RATE in mg per unit of TIME
    or DUR; ADDL with II repeats a dose; WT in kg and AGE in years, one value for each subject. TIME
    counts in hours unless `minutes_per_unit` says else. Other columns are not read.

    Raises
    ------
    InputError
        Naming the row and column.
    """
    found: dict[str, _Open] = {}
    for number, row in enumerate(rows, start=1):
        cells = {str(key).upper(): value for key, value in row.items()}
        where = f"event row {number}"
        try:
            name = _named(cells)
            where += f", subject {name}"
            subject = found.setdefault(name, _Open())
            _event(cells, minutes_per_unit, subject)
            _person(cells, subject.person)
        except InputError as wrong:
            raise InputError(f"{where}: {wrong}") from None
    if not found:
        raise InputError("the event table has no rows")
    return tuple(_closed(name, subject) for name, subject in found.items())


@dataclass(slots=True)
class _Open:
    """A subject while its rows are read; `asked` holds the output times as they were written."""

    doses: list[Dose] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    times_min: list[float] = field(default_factory=list)
    person: dict[str, float] = field(default_factory=dict)


def _closed(name: str, subject: _Open) -> Subject:
    if not subject.doses:
        raise InputError(f"subject {name} has no dose: no row of it has AMT and EVID 1")
    if not subject.asked:
        raise InputError(f"subject {name} asks for no output: no row of it has EVID 0")
    return Subject(name, tuple(subject.doses), tuple(subject.times_min), subject.person)


def number_cells(rows: Iterable[Mapping[str | None, str | None]]) -> Iterable[Mapping[str, object]]:
    """Rows of a text table with numbers read as such; an empty cell or "." is no value.

    The ID stays text: as a number, two long ones could become one subject.

    Raises
    ------
    InputError
        Naming the row that has more cells than there are columns.
    """
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise InputError(f"event row {number} has more cells than there are columns")
        yield {str(key).strip(): _cell(str(key), text) for key, text in row.items()}


def _cell(column: str, text: str | None) -> object:
    if text is None or text.strip() in ("", "."):
        return None
    if column.strip().upper() == "ID":
        return text.strip()
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _named(row: Mapping[str, object]) -> str:
    for column in ("ID", "TIME"):
        if row.get(column) is None:
            raise InputError(f"{column} is missing")
    name = row["ID"]
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _event(row: Mapping[str, object], unit: float, subject: _Open) -> None:
    """Take one row in."""
    time = finite("TIME", row["TIME"])
    if time < 0:
        raise InputError(f"TIME must not be negative; it is {time:g}")
    given = 1 if row.get("AMT") else 0
    evid = finite("EVID", given if row.get("EVID") is None else row["EVID"])
    if evid == 1:
        subject.doses.extend(_given(row, time * unit, unit))
    elif evid == 0:
        _asked(time, unit, subject)
    else:
        raise InputError(f"EVID must be 0 (output) or 1 (dose); it is {evid:g}")


def _asked(time: float, unit: float, subject: _Open) -> None:
    """An output row; times of a subject grow from row to row."""
    last = subject.asked[-1] if subject.asked else -1.0
    if time == last:
        raise InputError(f"TIME {time:g} is asked for twice; give each output time once")
    if time < last:
        raise InputError(f"TIME {time:g} comes after {last:g}; sort the output rows by TIME")
    subject.asked.append(time)
    subject.times_min.append(finite("TIME", time * unit))


def _person(row: Mapping[str, object], known: dict[str, float]) -> None:
    """What the row says of its subject. The models take one weight and one age for all of it."""
    for column, (covariate, possible) in PERSON.items():
        if row.get(column) is None:
            continue
        value = within(column, row[column], *possible)
        if known.setdefault(covariate, value) != value:
            raise InputError(f"{column} changes within a subject; give it one value")


def _given(row: Mapping[str, object], at: float, unit: float) -> list[Dose]:
    amount = finite("AMT", row.get("AMT"))
    rate, duration = finite("RATE", row.get("RATE") or 0.0), finite("DUR", row.get("DUR") or 0.0)
    if rate < 0:
        raise InputError(f"RATE must not be negative; it is {rate:g}")
    if rate and duration:
        raise InputError("give RATE or DUR, not both")
    minutes = (amount / rate if rate else duration) * unit
    more, gap = finite("ADDL", row.get("ADDL") or 0.0), finite("II", row.get("II") or 0.0) * unit
    if not 0 <= more <= ADDL_MAX or more != int(more):
        raise InputError(f"ADDL must be a whole number from 0 to {ADDL_MAX}; it is {more:g}")
    if more and gap <= 0:
        raise InputError("ADDL needs II above 0")
    route = one_of("ROUTE", str(row.get("ROUTE") or "").lower(), Route)
    return [_dose(at + gap * k, route, amount, minutes) for k in range(int(more) + 1)]


def _dose(at: float, route: Route, amount: float, minutes: float) -> Dose:
    """A dose, whose faults are named by the table's columns."""
    try:
        return Dose(at, route, amount, minutes)
    except InputError as wrong:
        name, _, rest = str(wrong).partition(" ")
        raise InputError(f"{COLUMNS.get(name, name)} {rest}") from None
