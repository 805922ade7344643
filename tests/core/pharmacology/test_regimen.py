"""Regimens as text, JSON and event tables; whatever is wrong is named."""

from __future__ import annotations

import math

import pytest

from esker.core.pharmacology import (
    Covariates,
    Dose,
    InputError,
    Route,
    from_events,
    from_rows,
    parse_dose,
    parse_times,
    simulate,
)
from esker.core.pharmacology.dosing import Drug, nasal_order, plan
from esker.core.pharmacology.events import number_cells
from esker.core.pharmacology.regimen import by_device

SPRAY = {"at_min": 0, "route": "nasal", "amount_mg": 28}


def test_84_mg_nasal_is_three_devices_five_minutes_apart() -> None:
    """The label's schedule, one row for each device."""
    assert [(0.0, 28.0), (5.0, 28.0), (10.0, 28.0)] == [
        (dose.at_min, dose.amount_mg) for dose in parse_dose("84 mg nasal", 70)
    ]


@pytest.mark.parametrize(("text", "mg", "minutes"), [
    ("0.5 mg/kg iv 40 min", 40.0, 40.0), ("20mg iv over 0.5 h", 20.0, 30.0),
    ("30 mg/h iv 40min", 20.0, 40.0), ("0.3 mg/kg/h iv 2 h", 48.0, 120.0), ("40 mg IM", 40.0, 0.0),
])  # fmt: skip
def test_doses_by_weight_and_by_rate(text: str, mg: float, minutes: float) -> None:
    """Per kilogram and per hour become mg and minutes."""
    (dose,) = parse_dose(text, weight_kg=80)

    assert (pytest.approx(mg), pytest.approx(minutes)) == (dose.amount_mg, dose.duration_min)


@pytest.mark.parametrize(("text", "names"), [
    ("", "dose"), ("ketamine", "dose"), ("nan mg iv", "dose amount"), ("-5 mg iv", "amount_mg"),
    ("0 mg iv", "amount_mg"), ("35 mg nasal", "whole devices"),
    ("20 mg/h iv", "duration is missing"),
    ("20 mg smoked", "dose route"), ("28 mg nasal 5 min", "no duration"), ("5 mL iv", "dose"),
    ("20 mg oral 5 min", "duration_min"), ("5000 mg iv", "amount_mg"), ("x mg iv", "dose amount"),
])  # fmt: skip
def test_a_dose_that_cannot_be_meant_is_named(text: str, names: str) -> None:
    """Missing, negative, NaN, mixed units: one sentence with the part that is wrong."""
    with pytest.raises(InputError, match=names):
        parse_dose(text, weight_kg=70)


@pytest.mark.parametrize(("rows", "names"), [
    ([], "at least one dose"), ("84 mg", "list"), ([3], r"regimen\[0\]"),
    ([SPRAY, {"at_min": 5, "route": "nasal"}], r"regimen\[1\].amount_mg is missing"),
    ([SPRAY | {"amount_mg": -28}], r"regimen\[0\].amount_mg"),
    ([SPRAY | {"amount_mg": math.nan}], r"regimen\[0\].amount_mg must be a finite"),
    ([SPRAY | {"amount_mg": "28"}], r"regimen\[0\].amount_mg must be a number"),
    ([SPRAY | {"amount_mg": True}], r"regimen\[0\].amount_mg must be a number"),
    ([SPRAY | {"at_min": -1}], r"regimen\[0\].at_min"),
    ([SPRAY | {"route": "nose"}], r"regimen\[0\].route"),
    ([SPRAY | {"rate_mg_per_h": 3}], "not a rate"),
    ([SPRAY | {"amount_ml": 3}], "amount_ml is not a field"),
    ([SPRAY | {"duration_min": 3}], r"regimen\[0\].duration_min"),
])  # fmt: skip
def test_a_regimen_file_names_the_row_and_field(rows: object, names: str) -> None:
    """The message says which dose and which field."""
    with pytest.raises(InputError, match=names):
        from_rows(rows)


def test_a_nasal_row_is_one_device() -> None:
    """56 mg in one row would be absorbed as one device."""
    assert by_device(from_rows([SPRAY])) == from_rows([SPRAY])
    with pytest.raises(
        InputError, match=r"regimen\[1\].amount_mg: a nasal row is one device of 28"
    ):
        by_device(from_rows([SPRAY, SPRAY | {"at_min": 5, "amount_mg": 56}]))


def test_a_regimen_row_becomes_a_dose() -> None:
    """Duration is 0 unless given."""
    assert (Dose(0.0, Route.NASAL, 28.0, 0.0),) == from_rows([SPRAY])


def test_racemic_spray_and_swallowed_racemate_are_refused_with_the_reason() -> None:
    """No model supports them; the sentence says why."""
    for text, why in (("28 mg nasal", "11 to 45 %"), ("50 mg oral", "not how fast")):
        with pytest.raises(InputError, match=why):
            simulate("ketamine", parse_dose(text, 70), [0, 60])


def test_later_devices_absorb_less_until_a_gap_over_two_hours() -> None:
    """The factor counts within one session."""
    doses = tuple(Dose(at, Route.NASAL, 28.0) for at in (0, 5, 10, 130, 251, 256))

    assert (1, 2, 3, 4, 1, 2) == nasal_order(doses)


def test_esketamine_by_vein_uses_model_r_with_s_alone() -> None:
    """A nasal or oral dose anywhere moves the whole regimen to Model E."""
    vein = parse_dose("28 mg iv 40 min", 70)

    assert ("R", {0}) == (
        plan(Drug.ESKETAMINE, vein).model,
        {one.channel for one in plan(Drug.ESKETAMINE, vein).inputs},
    )
    assert plan(Drug.ESKETAMINE, (*vein, *parse_dose("28 mg nasal", 70))).model == "E"
    with pytest.raises(InputError, match="combined"):
        plan(Drug.ESKETAMINE, (*parse_dose("20 mg im", 70), *parse_dose("28 mg nasal", 70)))


def test_an_event_table_gives_each_subject_doses_and_times() -> None:
    """NONMEM columns: a rate, a repeat, output rows; TIME in hours."""
    rows = number_cells(
        [
            {"ID": "1", "TIME": "0", "EVID": "1", "AMT": "20", "RATE": "30", "ROUTE": "IV"},
            {"ID": "1", "TIME": "1", "EVID": "0", "AMT": ".", "RATE": ".", "ROUTE": ""},
            {
                "ID": "2",
                "TIME": "0.5",
                "EVID": "",
                "AMT": "28",
                "RATE": "",
                "ROUTE": "nasal",
                "ADDL": "1",
                "II": "1",
            },
            {"ID": "2", "TIME": "3", "EVID": "0"},
        ]
    )
    one, two = from_events(rows)

    assert ("1", (60.0,), Dose(0.0, Route.IV, 20.0, 40.0)) == (one.id, one.times_min, one.doses[0])
    assert [30.0, 90.0] == [dose.at_min for dose in two.doses]


@pytest.mark.parametrize(("row", "names"), [
    ({"TIME": 0, "AMT": 5, "ROUTE": "iv"}, "row 1: ID"), ({"ID": 1, "AMT": 5}, "TIME is missing"),
    ({"ID": 1, "TIME": 0, "EVID": 4}, "EVID"), ({"ID": 1, "TIME": 0, "AMT": 5}, "ROUTE"),
    ({"ID": 1, "TIME": 0, "AMT": 5, "RATE": 5, "DUR": 1, "ROUTE": "iv"}, "not both"),
    ({"ID": 1, "TIME": 0, "AMT": 5, "RATE": -2, "ROUTE": "iv"}, "RATE"),
    ({"ID": 1, "TIME": 0, "EVID": 1, "ROUTE": "iv"}, "AMT"), ({"ID": 1, "TIME": 0}, "no dose"),
    ({"ID": 1, "TIME": 0, "AMT": 5, "ADDL": 2, "ROUTE": "iv"}, "II"),
])  # fmt: skip
def test_an_event_table_names_row_and_column(row: dict, names: str) -> None:
    """The same care as for JSON."""
    with pytest.raises(InputError, match=names):
        from_events([row])


DOSED = {"ID": "A7", "TIME": 0, "AMT": 5, "ROUTE": "iv"}


@pytest.mark.parametrize(("rows", "said"), [
    ([DOSED, {"ID": "A7", "TIME": 1}, {"ID": "A7", "TIME": 1}],
     "event row 3, subject A7: TIME 1 is asked for twice"),
    ([DOSED, {"ID": "A7", "TIME": 2}, {"ID": "A7", "TIME": 1}],
     "event row 3, subject A7: TIME 1 comes after 2"),
    ([DOSED, {"ID": "A7", "TIME": -1}], "event row 2, subject A7: TIME must not be negative"),
    ([{**DOSED, "WT": 7}], "event row 1, subject A7: WT must be between 30 and 250; it is 7"),
    ([{**DOSED, "AGE": 140}], "event row 1, subject A7: AGE must be between"),
    ([{**DOSED, "AMT": -5}], "event row 1, subject A7: AMT must be above 0"),
    ([{**DOSED, "ROUTE": "im", "DUR": 1}], "event row 1, subject A7: RATE or DUR is for iv only"),
    ([DOSED], "subject A7 asks for no output"), ([], "no rows"),
])  # fmt: skip
def test_an_event_table_names_subject_row_and_column(rows: list[dict], said: str) -> None:
    """In a table of a thousand subjects nobody finds a doubled time by looking."""
    with pytest.raises(InputError, match=said):
        from_events(rows)


def test_long_numbers_stay_different_subjects() -> None:
    """1234567 and 1234568 agree in six digits, and two of seventeen are one as floats."""
    rows = [{**DOSED, "ID": name} for name in (1234567.0, 1234568.0)]
    rows += [{"ID": name, "TIME": 1.0} for name in (1234567.0, 1234568.0)]
    assert ["1234567", "1234568"] == [one.id for one in from_events(rows)]
    text = [{"ID": f"1234567890123456{k}", "TIME": "1", "AMT": "."} for k in (7, 8)]
    assert ["12345678901234567", "12345678901234568"] == [row["ID"] for row in number_cells(text)]


def test_a_cell_too_many_is_named() -> None:
    with pytest.raises(InputError, match="event row 1 has more cells"):
        list(number_cells([{"ID": "1", None: ["x"]}]))  # type: ignore[dict-item]


def test_times_in_words() -> None:
    """Ends included; units may differ."""
    assert (0.0, 30.0, 60.0) == parse_times("0:1h:30min")


@pytest.mark.parametrize("text", ["", "0:24:5", "0:24h", "0:24h:0min", "2h:1h:5min", "-1h:2h:5min",
                                  "0:nan:5min", "0:9999999h:1min"])  # fmt: skip
def test_times_that_cannot_be_meant_are_refused(text: str) -> None:
    """A bare 24 could be hours or minutes, so it is asked for."""
    with pytest.raises(InputError, match="times"):
        parse_times(text)


@pytest.mark.parametrize(("field", "value"), [
    ("weight_kg", 7.0), ("weight_kg", 700.0), ("weight_kg", math.nan), ("age_years", -1.0),
    ("age_years", 140.0), ("ancestry", "martian"), ("interactions", ("tea",)),
    ("cyp2b6_chronic", "*9"), ("session_number", 0),
])  # fmt: skip
def test_a_person_who_cannot_be_is_refused_by_field(field: str, value: object) -> None:
    """7 kg and 700 kg are slips, not patients."""
    with pytest.raises(InputError, match=field):
        Covariates(**{field: value})


@pytest.mark.parametrize("times", [[], [5, 3], [0, 0], [-1, 3], [0, math.nan], "noon", [[0, 1]]])
def test_output_times_are_checked(times: object) -> None:
    """Empty, unsorted, repeated, negative or NaN times are named, never computed."""
    with pytest.raises(InputError, match="times_min"):
        simulate("esketamine", parse_dose("28 mg nasal", 70), times)


@pytest.mark.parametrize(("name", "value"), [("n", 0), ("n", 1.5), ("n", True), ("seed", -1)])
def test_counts_and_seeds_are_checked(name: str, value: object) -> None:
    """A count is a whole number above 0, a seed is not negative."""
    with pytest.raises(InputError, match=name):
        simulate("esketamine", parse_dose("28 mg nasal", 70), [0, 60], **{name: value})


def test_no_dose_and_no_such_drug() -> None:
    """An empty regimen is an error, not a flat line."""
    with pytest.raises(InputError, match="regimen"):
        simulate("esketamine", [], [0, 60])
    with pytest.raises(InputError, match="model"):
        simulate("propofol", parse_dose("28 mg nasal", 70), [0, 60])
