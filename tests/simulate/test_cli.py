"""esker simulate: files in, files out, and one sentence when something is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pyarrow import ipc, parquet

from esker import cli
from esker.simulate import main

NASAL = ["--model", "esketamine", "--dose", "84 mg nasal"]
QUICK = ["--times", "0:2h:30min"]


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


def test_it_is_a_subcommand_of_esker(tmp_path: Path) -> None:
    """Words that begin with a dash reach it."""
    out = tmp_path / "curve.csv"

    assert cli.main(["simulate", *NASAL, *QUICK, "--typical", "--out", str(out)]) == 0
    assert len(_rows(out)) == 5


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
    (["--regimen", "no-such-file.json"], "no-such-file.json"),
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
