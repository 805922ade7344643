"""The record shows samples; the file beside it holds every reading."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.test import Client

from esker.clinic import clock
from esker.clinic.record import readings
from tests.clinic.sessions.room import Room, install


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber)).arrived()
    clock.install(clock.machine)


@pytest.mark.django_db
def test_every_reading_is_in_the_file_as_the_session_has_it(room):
    """Nothing observed is lost: a minute at 1 Hz is 60 lines of each channel."""
    for spo2 in range(60):
        room.wait(seconds=1)
        room.monitor(spo2=40 + spo2)
    vitals = [{"channel": "sbp", "value": "124", "unit": "mmHg"}]
    room.do("record_vitals", vitals=vitals)
    client = Client()
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.get(f"/record/{room.session}/readings.csv")
    lines = list(csv.DictReader(StringIO(answer.content.decode())))

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"].startswith("text/csv")
    told = room.state()["readings"]
    assert [each["id"] for each in told] == [each["id"] for each in lines]
    for reading, line in zip(told, lines, strict=True):
        for name in ("channel", "value", "unit", "observed_at", "source"):
            assert reading[name] == line[name]
        assert (room.session, "no") == (line["session"], line["simulation"])
    shown = [line["value"] for line in lines if line["channel"] == "spo2"]
    assert [str(40 + spo2) for spo2 in range(60)] == shown
    nurse = [line for line in lines if line["source"] == "nurse"]
    assert [("124", "nurse")] == [(line["value"], line["confirmed_by"]) for line in nurse]
    page = client.get(f"/record/{room.session}/").content.decode()
    assert f"/record/{room.session}/readings.csv" in page


def test_a_device_cannot_put_a_formula_into_a_spreadsheet():
    """What a monitor calls itself stays text; and a simulated reading says so on its line."""
    bare = dict.fromkeys(readings.COLUMNS) | {"device": '=HYPERLINK("x")', "late": True}
    header, line = csv.reader(
        StringIO(readings.text({"id": "s", "simulation": True, "readings": [bare]}))
    )
    told = dict(zip(header, line, strict=True))
    assert ("yes", "yes", '\'=HYPERLINK("x")') == (
        told["simulation"], told["late"], told["device"],
    )  # fmt: skip
