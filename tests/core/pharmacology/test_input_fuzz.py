"""Whatever text, JSON or table is handed in: doses that mean something, or an error by name."""

from __future__ import annotations

import math
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from esker.core.pharmacology import InputError, from_events, from_rows, parse_dose, parse_times
from esker.core.pharmacology.events import ADDL_MAX, number_cells

numbers = st.floats() | st.integers() | st.sampled_from([0, 1, 28, -1, 10**400, 1e308, 1e-308])
values = numbers | st.none() | st.booleans() | st.text(max_size=4) | st.lists(st.none(), max_size=1)
routes = st.sampled_from(["nasal", "oral", "iv", "im", "sc", "IV", ""]) | values
rows = st.fixed_dictionaries(
    {}, optional={"at_min": values, "route": routes, "amount_mg": values, "duration_min": values},
)  # fmt: skip
cells = st.sampled_from(["0", "1", "28", "-1", "1e308", "1e-308", "nan", "9" * 400, ".", "", "x"])
columns = ["ID", "TIME", "EVID", "AMT", "RATE", "DUR", "ADDL", "II"]
table = st.lists(
    st.fixed_dictionaries(
        {"ID": st.sampled_from("12"), "TIME": cells},
        optional=dict.fromkeys(columns[2:], cells) | {"ROUTE": st.sampled_from(["iv", "im"])},
    ), min_size=1, max_size=4,
)  # fmt: skip
parts = [
    "84",
    "0.5",
    "-1",
    "1e400",
    "nan",
    "mg",
    "mg/kg",
    "mg/h",
    "/kg",
    "nasal",
    "iv",
    "over",
    "40",
    "min",
    "h",
]
words = st.lists(st.sampled_from([*parts, " "]), max_size=8).map("".join)
spans = st.lists(
    st.sampled_from(["0", "5", "9" * 400, "min", "h", "d", ":", "-", ".5"]), max_size=9
)


def meant(doses: object) -> None:
    assert isinstance(doses, tuple)
    for dose in doses:
        assert 0 < dose.amount_mg <= 2000
        assert 0 <= dose.at_min < math.inf
        assert 0 <= dose.duration_min < math.inf


@given(st.lists(rows, max_size=3) | values)
def test_fuzz_any_json_is_a_regimen_or_an_error(said: object) -> None:
    """`from_rows` of anything that JSON can say."""
    with suppress(InputError):
        meant(from_rows(said))  # type: ignore[arg-type]


@given(table)
@example([{"ID": "1", "TIME": "0", "AMT": "28", "ROUTE": "im", "ADDL": "1e308", "II": "1"}])
@example([{"ID": "1", "TIME": "0", "AMT": "28", "ROUTE": "im", "ADDL": "-1", "II": "1"}])
def test_fuzz_any_event_table_is_subjects_or_an_error(said: list[dict[str, str]]) -> None:
    """`from_events` of any cells; a subject always has a dose, and none has millions."""
    try:
        found = from_events(number_cells(said))
    except InputError:
        return
    for subject in found:
        assert 1 <= len(subject.doses) <= len(said) * (ADDL_MAX + 1)
        meant(subject.doses)


@given(words | st.text(max_size=20), st.sampled_from([45.0, 70.0, 120.0]))
@example("84 mg nasal", 70.0)
def test_fuzz_any_words_are_a_dose_or_an_error(text: str, weight_kg: float) -> None:
    """`parse_dose` of near words."""
    with suppress(InputError):
        meant(parse_dose(text, weight_kg))


@given(spans.map("".join) | st.text(max_size=12))
@example("0:" + "9" * 400 + "h:5min")
def test_fuzz_any_span_is_rising_times_or_an_error(text: str) -> None:
    """`parse_times` of near spans."""
    try:
        found = parse_times(text)
    except InputError:
        return
    assert 1 <= len(found) <= 1_000_001
    assert list(found) == sorted(found)
