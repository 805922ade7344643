"""The record of a session on paper."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from esker.clinic.record import pdf
from esker.clinic.record.content import Record
from tests.clinic.pages.conftest import AT, example

PRINTED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(seq, kind, actor="nurse", recorded=AT, **body):
    return {"id": f"e{seq}", "seq": seq, "kind": kind, "occurred_at": AT, "recorded_at": recorded,
            "actor": actor, "sentence": f"{kind} happened.", "body": body}  # fmt: skip


@pytest.fixture
def session():
    made = example() | {"infusion": None}
    made["entries"] = [
        entry(1, "session.opened"),
        entry(2, "alarm.raised", "alarm-loop", alarm="a", priority="high", sentence="Low SpO2."),
        entry(3, "alarm.acknowledged", alarm="a"),
        entry(4, "alarm.cleared", "alarm-loop", alarm="a"),
        entry(5, "override.signed", "prescriber", reason="Seen.", signature={"licence": "L1"}),
        entry(6, "device.given", recorded="2026-11-23T09:40:00+00:00", amount_mg="28"),
    ]
    return made


def content(session, checkpoint=None):
    people = {"nurse": "Demo Nurse", "prescriber": "Demo Dr"}
    return Record(session, "America/New_York", people).content(PRINTED, checkpoint)


def table(made, title):
    return next(each["rows"] for each in made["tables"] if each["title"] == title)


def test_an_alarm_stands_with_who_took_it_and_when_it_was_over(session):
    """The life of an alarm is one line, in the clinic's own time."""
    assert [["04:30:00", "HIGH: Low SpO2.", "04:30:00, Demo Nurse", "04:30:00"]] == table(
        content(session), "Alarms"
    )


@pytest.mark.parametrize(("said", "words"), [
    (None, "not asked"), ({"answer": "unknown", "named": []}, "not known"),
    ({"answer": "no", "named": []}, "none of those asked about"),
    ({"answer": "yes", "named": ["rifampicin", "st_johns_wort"]}, "rifampicin, St John’s wort"),
])  # fmt: skip
def test_interactions_that_nobody_asked_about_are_not_none(session, said, words):
    """Unknown is not no: four answers, four wordings."""
    facts = content(session | {"interactions": said})["facts"]
    assert [words] == [value for label, value in facts if label == "Interactions"]


def test_an_override_names_its_signer_and_licence(session):
    """Who signed, and by which right."""
    assert "Demo Dr, licence L1" == table(content(session), "Overrides")[0][2]


def test_what_was_told_late_shows_both_its_times(session):
    """When it happened, and when it was recorded."""
    assert "04:30:00 (recorded 04:40:00)" == table(content(session), "Doses")[0][0]


def test_a_check_that_nobody_did_is_a_gap_and_not_a_blank(session):
    """A missed check stands as missed, with a dash where its values should be."""
    session["due"] = [{"due_at": AT, "opens_at": AT, "closes_at": AT, "title": "Pressure",
                       "status": "missed", "channels": ["sbp", "dbp"], "scales": []}]  # fmt: skip
    row = table(content(session), "Checks of the protocol")[0]
    assert ["Pressure", "missed", "-/-"] == row[1:4]


def test_the_paper_carries_simulation_checkpoint_and_pages(session):
    """What a reader years later needs: that it was a demo, the proof, and that no page is gone."""
    reader = PdfReader(BytesIO(pdf.session(content(session, "cafe" * 16))))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "SIMULATION" in text
    assert "cafe" * 8 in text.replace("\n", "")
    assert f"Page 1 of {len(reader.pages)}" in text


def test_the_record_prints_a_name_as_text(session):
    """Markup in a name is printed, never run."""
    session["patient"]["name"] = "#panic()"
    text = PdfReader(BytesIO(pdf.session(content(session)))).pages[0].extract_text()
    assert "#panic()" in text
