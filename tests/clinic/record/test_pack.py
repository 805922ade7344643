"""The session pack on paper: everything that a session needs, with no program running."""

import io

import pytest
from pypdf import PdfReader

from esker.clinic.record import paper, pdf
from esker.core.protocols.load import load
from esker.protocol_files import text_of

PROTOCOLS = ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv")
PERSON = {"name": "Demo Alder", "born": "1984-04-12", "mrn": "DEMO-1001", "allergies": None}
ORDER = {
    "drug": "ketamine", "route": "iv", "dose_mg": "35.75", "dose_mg_per_kg": "0.5",
    "weight_kg": "71.5", "version": 2, "signed_by": "prescriber", "prns": [],
}  # fmt: skip


def printed(given):
    pages = PdfReader(io.BytesIO(pdf.pack(given))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.hazard(26)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_pack_asks_for_all_that_the_protocol_asks_for(name):
    """Hazard 26, software in the way of a rescue: on paper nothing stands in the way.

    Every readiness question, criterion, rescue step and limit is printed, and room to sign.
    """
    protocol, digest = load(text_of(name))
    text = printed(paper.pack(protocol, digest))

    def there(words):
        return " ".join(words.split()) in text

    assert all(there(each.text) for each in protocol.readiness)
    assert all(there(each.title) for each in protocol.discharge)
    assert all(there(step) for card in protocol.rescue for step in card.steps)
    assert all(there(b.edges) for table in protocol.tables for b in table.bands if b.because)
    assert there("Witness, another person")
    assert there("Nurse, signature")


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("esketamine-trd-us", ["40 min", "70 min", "90 min", "100 min", "130 min"]),
        ("ketamine-iv", ["10 min", "20 min", "30 min", "40 min", "80 min"]),
    ],
)
def test_the_grid_has_a_row_for_each_check_of_the_protocol(name, due):
    """In order, from the first dose; checks of one minute share a row."""
    rows = paper.pack(*load(text_of(name)))["times"]
    first = [row["at"] for row in rows if row["at"].endswith("after the first dose")]
    assert [f"{minutes} after the first dose" for minutes in due] == first


def test_the_infusion_is_worked_out_from_the_vial_by_two_people():
    text = printed(paper.pack(*load(text_of("ketamine-iv"))))
    assert "strength on this vial, mg/mL" in text
    assert "worked out again by a second person" in text


def test_a_session_prints_its_patient_and_its_order():
    """Allergies that nobody asked for are not the same as none."""
    session = {"simulation": True, "patient": PERSON, "order": ORDER}
    text = printed(paper.pack(*load(text_of("ketamine-iv")), session))
    assert "SIMULATION: no real patient" in text
    assert "Demo Alder, born 1984-04-12, number DEMO-1001" in text
    assert "Allergies: not asked" in text
    assert "35.75 mg (0.5 mg/kg for 71.5 kg), version 2" in text


def test_a_session_that_is_not_there_is_refused_in_a_sentence(tmp_path, capsys):
    from esker.cli import main

    words = ["paper", "--session", "s1", "--data", str(tmp_path / "nowhere")]
    assert main(words) == 2
    assert "There is no clinic in" in capsys.readouterr().err


def test_a_protocol_that_fails_its_check_is_not_printed(tmp_path, capsys):
    """On paper nobody sees a hole between two bands."""
    from esker.cli import main

    text, whole = text_of("esketamine-trd-us"), tmp_path / "own.toml"
    cut = text.replace("{ above = 110, to = 250", "{ above = 120, to = 250", 1)
    assert cut != text
    whole.write_text(cut)
    out = tmp_path / "pack.pdf"
    assert main(["paper", "--protocol", str(whole), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "No pack is printed of a protocol that fails its check." in said
    assert "Table " in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--protocol", "ketamin-iv"], "Built in are: "),
        (["--out", "nowhere/pack.pdf"], "nowhere/pack.pdf: No such file or directory."),
    ],
)
def test_a_slip_of_the_hand_is_a_sentence(words, said, tmp_path, monkeypatch, capsys):
    from esker.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["paper", *words]) == 2
    assert said in capsys.readouterr().err
