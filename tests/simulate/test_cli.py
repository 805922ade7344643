"""esker simulate: files in, files out, and one sentence when something is wrong."""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path

import pytest
from pyarrow import ipc, parquet

from esker import cli
from esker.core.pharmacology import parse_dose
from esker.simulate import output

simulate = importlib.import_module("esker.core.pharmacology.simulate")  # not its function
NASAL = ["--model", "esketamine", "--dose", "84 mg nasal"]
QUICK = ["--times", "0:2h:30min"]


def main(words: list[str]) -> int:
    return cli.main(["simulate", *words])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_typical_patient_as_csv(tmp_path: Path) -> None:
    """Columns begin with subject and time_min; each output carries its unit."""
    out = tmp_path / "curve.csv"

    assert main([*NASAL, *QUICK, "--typical", "--out", str(out)]) == 0
    assert out.read_text().startswith("subject,time_min,esketamine_ng_ml,noresketamine_ng_ml,")
    assert ["0", "30", "60", "90", "120"] == [row["time_min"] for row in _rows(out)]
    assert float(_rows(out)[2]["delta_sbp_mmhg"]) == pytest.approx(6.2, abs=0.1)


def test_parquet_and_arrow_hold_the_same_table(tmp_path: Path) -> None:
    files = [tmp_path / "x.parquet", tmp_path / "x.arrow"]
    for file in files:
        assert main([*NASAL, *QUICK, "-n", "3", "--out", str(file)]) == 0
    with ipc.open_file(str(files[1])) as arrow:
        assert arrow.read_all().equals(parquet.read_table(files[0]))


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    """The drawing too; and another seed does not."""
    files = [tmp_path / f"{k}.csv" for k in range(3)]
    drawn = [file.with_suffix(".svg") for file in files]
    for file, plot, seed in zip(files, drawn, ("1", "1", "2"), strict=True):
        words = [*NASAL, *QUICK, "-n", "20", "--seed", seed, "--out", str(file)]
        assert main([*words, "--plot", str(plot)]) == 0

    for one, again, other in (files, drawn):
        assert one.read_bytes() == again.read_bytes()
        assert one.read_bytes() != other.read_bytes()


def test_parquet_and_plot_of_a_regimen_file(tmp_path: Path) -> None:
    """Two pump rates as two rows; the racemate's columns; a drawing with the caution on it."""
    regimen, out, plot = (tmp_path / name for name in ("r.json", "o.parquet", "p.svg"))
    regimen.write_text(
        json.dumps(
            [
                {"at_min": 0, "route": "iv", "amount_mg": 10, "duration_min": 10},
                {"at_min": 10, "route": "iv", "amount_mg": 25, "duration_min": 30},
            ]
        )
    )
    words = ["--model", "ketamine", "--regimen", str(regimen), *QUICK, "-n", "30"]

    assert main([*words, "--out", str(out), "--plot", str(plot)]) == 0
    table = parquet.read_table(out)
    assert table.column_names[:2] == ["subject", "time_min"]
    assert {"ketamine_s_arterial_ng_ml", "ketamine_venous_ng_ml", "cadss"} <= set(
        table.column_names
    )
    assert table.num_rows == 150
    assert "nothing here may open a gate" in plot.read_text()


def test_an_event_table(tmp_path: Path) -> None:
    """Subjects keep their names and their own times."""
    events, out = tmp_path / "e.csv", tmp_path / "o.csv"
    events.write_text(
        "ID,TIME,EVID,AMT,ROUTE\nA7,0,1,28,nasal\nA7,1,0,,\nB2,0,1,28,nasal\nB2,2,0,,\n"
    )

    assert main(["--model", "esketamine", "--events", str(events), "--out", str(out)]) == 0
    assert [("A7", "60"), ("B2", "120")] == [
        (row["subject"], row["time_min"]) for row in _rows(out)
    ]


def test_an_event_table_says_who_weighs_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """WT and AGE of a subject count before --weight and --age; a weight that changes is refused."""
    events, out = tmp_path / "e.csv", tmp_path / "o.csv"
    rows = "ID,TIME,EVID,AMT,ROUTE,RATE,WT\n1,0,1,35,iv,52.5,{}\n1,1,0,,,,{}\n"
    words = ["--model", "ketamine", "--events", str(events), "--out", str(out)]
    found = {}
    for weight, asked in (("120", []), ("", ["--weight", "120"]), ("70", ["--weight", "120"])):
        events.write_text(rows.format(weight, weight))
        assert main([*words, *asked]) == 0
        found[weight] = float(_rows(out)[0]["ketamine_venous_ng_ml"])

    assert found["120"] == found[""]
    assert found["70"] > 1.3 * found["120"]
    events.write_text(rows.format("70", "71"))
    assert main(words) == 2
    assert "event row 2, subject 1: WT changes within a subject" in capsys.readouterr().err


def test_a_summary_has_one_row_for_each_patient(tmp_path: Path) -> None:
    """Peaks, areas and recovery."""
    out = tmp_path / "s.csv"

    assert main([*NASAL, *QUICK, "-n", "7", "--summary", "--out", str(out)]) == 0
    assert len(_rows(out)) == 7
    assert "auc_ng_h_ml" in _rows(out)[0]


@pytest.mark.parametrize(("words", "names"), [
    (["--dose", "84 mg nasal", "--weight", "7"], "weight_kg"),
    (["--dose", "84 mg nasal", "--times", "0:24:5"], "times"),
    (["--dose", "84 mg nasal", "--out", "curve.xlsx"], "--out"),
    (["--dose", "84 mg nasal", "--interaction", "tea"], "interaction"),
    (["--dose", "20 mg/h iv"], "duration"),
    (["--dose", "84 mg nasal", "-n", "0"], "n must"),
    (["--regimen", "no-such-file.json"], "no-such-file.json"), (["--regimen", "."], "directory"),
    (["--dose", ""], "dose ''"), (["--dose", "84 mg nasal", "--out", "no/o.csv"], "no folder no"),
    (["--dose", "84 mg nasal", "--plot", "no/p.svg"], "--plot: there is no folder no"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_and_exit_code_2(
    words: list[str], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and the field is named."""
    assert main(["--model", "esketamine", *words]) == 2
    err = capsys.readouterr().err
    assert names in err
    assert err.count("\n") == 1


def test_broken_json_two_devices_in_a_row_and_racemic_spray_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The slips that a user makes first."""
    broken, two = tmp_path / "r.json", tmp_path / "two.json"
    broken.write_text("[{")
    two.write_text('[{"at_min": 0, "route": "nasal", "amount_mg": 56}]')

    assert main(["--model", "esketamine", "--regimen", str(broken)]) == 2
    assert main(["--model", "esketamine", "--regimen", str(two)]) == 2
    assert main(["--model", "ketamine", "--dose", "50 mg nasal"]) == 2
    err = capsys.readouterr().err
    assert "is not JSON" in err
    assert "regimen[0].amount_mg: a nasal row is one device of 28 mg" in err
    assert "racemic nasal sprays differ" in err


@pytest.mark.parametrize(("text", "said"), [
    ("[" * 100_000, "is not JSON"), ('[{"at_min": ' + "9" * 5000 + "}]", "is not JSON"),
    ('[{"at_min": 0, "route": "iv", "amount_mg": 28, "amount_mg": 5}]', "amount_mg is given twice"),
    ('[{"at_min": 0, "route": "iv", "amount_mg": NaN}]', "amount_mg must be a finite number"),
    ('[{"at_min": 0, "route": "n\xe4sal", "amount_mg": 28}]', "is not text in UTF-8"),
])  # fmt: skip
def test_a_regimen_file_that_cannot_be_meant_is_one_sentence(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nested without end, numbers without end, a field twice, not a number, another encoding."""
    regimen = tmp_path / "r.json"
    regimen.write_text(text, encoding="latin-1")
    assert main(["--model", "esketamine", "--regimen", str(regimen)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_mark_before_the_json_is_no_part_of_it(tmp_path: Path) -> None:
    regimen, out = tmp_path / "r.json", tmp_path / "o.csv"
    regimen.write_text('[{"at_min": 0, "route": "iv", "amount_mg": 28}]', encoding="utf-8-sig")
    words = ["--model", "esketamine", "--regimen", str(regimen), *QUICK, "--out", str(out)]
    assert main(words) == 0
    assert len(_rows(out)) == 5


@pytest.mark.parametrize(("text", "said"), [
    ("ID;TIME;AMT;ROUTE\n1;0;28;nasal\n", "not separated by commas"), ("", "it is empty"),
    ("SUBJECT,TIME\n1,0\n", "there is no column ID; the first line has SUBJECT, TIME"),
    ("ID,TIME,AMT,ROUTE\n", "no rows"), ("ID,TIME,AMT,ROUTE\n1,0,28,nasal,9\n", "more cells"),
    ("ID,TIME,AMT,ROUTE\n1,0,28,n\xe4sal\n", "no CSV in UTF-8"), ('ID,TIME\n1,"0\n', "no CSV in"),
    ("ID,TIME,EVID,AMT,ROUTE\n1,0,1,56,nasal\n1,1,0,,\n", "1: dose[0].amount_mg: a nasal row"),
    ("ID,TIME,EVID,AMT,ROUTE\n1,0,1,9,rectal\n", "event row 1, subject 1: ROUTE must be one of"),
    ("ID,TIME,EVID,AMT,ROUTE\n1,0,1,28,nasal\n1,0,1,9,im\n1,1,0,,\n", "subject 1: route: nasal"),
    ("ID,TIME,EVID,AMT,ROUTE\nA,0,1,28,nasal\nA,1,0,,\nB,0,1,28,iv\nB,2,0,,\n",
     "subject B: the doses need Model R, those of subject A Model E"),
])  # fmt: skip
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_event_table_that_cannot_be_meant_is_one_sentence(
    text: str, said: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the subject, where there is one; columns of two models never share a heading."""
    events, out = tmp_path / "e.csv", tmp_path / f"o.{suffix}"
    events.write_text(text, encoding="latin-1")
    assert main(["--model", "esketamine", "--events", str(events), "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [events]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_a_run_that_was_stopped_leaves_the_old_file(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C in a long run: nothing half-written, and no trace on the screen."""
    out, tables = tmp_path / f"o.{suffix}", output.curve_tables

    def stopped(*asked):
        yield from tables(*asked)
        raise KeyboardInterrupt

    out.write_text("yesterday's")
    monkeypatch.setattr(output, "curve_tables", stopped)
    assert main([*NASAL, *QUICK, "--out", str(out)]) == 130
    assert out.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [out]
    assert capsys.readouterr().err == "\nStopped.\n"


def test_the_drawing_says_what_each_line_is(tmp_path: Path) -> None:
    """Venous plasma, both enantiomers: what a laboratory reports, by the names of the table."""
    drawn = {}
    for drug in ("ketamine", "esketamine"):
        plot = tmp_path / f"{drug}.svg"
        words = ["--model", drug, "--dose", "35 mg iv 40 min", *QUICK, "--plot", str(plot)]
        assert main([*words, "--out", str(tmp_path / "o.csv")]) == 0
        drawn[drug] = plot.read_text()
    assert "ketamine, venous plasma, S and R together: ketamine_venous_ng_ml" in drawn["ketamine"]
    assert "norketamine in plasma, S and R together: norketamine_ng_ml" in drawn["ketamine"]
    assert "esketamine, venous plasma: esketamine_ng_ml" in drawn["esketamine"]
    assert not any("arterial" in text for text in drawn.values())


def test_many_times_are_streamed_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month by the minute for a thousand patients would not fit into the memory."""
    laid = simulate.study("esketamine", parse_dose("28 mg nasal", 70), range(100), n=20)
    whole = [part.subjects for part in simulate.stream(laid)]
    monkeypatch.setattr(simulate, "POINTS", 700)
    assert ([20], [7, 7, 6]) == (whole, [part.subjects for part in simulate.stream(laid)])
