"""The whole demo as real processes: what a newcomer sees, at every pace, today and tomorrow."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta

import pytest

from tests.clinic.demo.running import Visitor, clinic, esker, free_port, until

BEGINS = datetime.fromisoformat("2026-11-23T08:30+00:00")
SOON = timedelta(minutes=2)
RINGING = {("limit", "medium"), ("limit", "high")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def base(folder):
    with clinic(folder, "--at", "2026-11-23T08:30Z") as address:
        yield address


@pytest.fixture(scope="module")
def nurse(base):
    return Visitor(base, "nurse")


def shown(floor):
    return datetime.fromisoformat(floor["now"])


def alarms(session):
    return {(each["condition"], each["priority"]) for each in session["alarms"]}


def lost(floor):
    return [e["sentence"] for s in floor["sessions"] for e in s["alarms"] if
            e["condition"] == "lost_signal"]  # fmt: skip


def test_a_newcomer_sees_an_alarm_within_two_minutes(nurse):
    """Chair 3's infusion reaches its hold; the pump is to be paused."""
    until(lambda: ("hold_during_infusion", "high") in alarms(nurse.chair(3)))

    assert BEGINS < shown(nurse.floor()) < BEGINS + SOON


def test_six_chairs_are_in_different_states(nurse):
    """Two free, of which one has a monitor that speaks; four in different phases or doses."""
    seated = [s for s in nurse.floor()["sessions"] if s["chair"]]
    states = {(s["phase"], s["dosing"], s["protocol"]["drug"]) for s in seated}
    assert {"Chair 3", "Chair 4", "Chair 5", "Chair 6"} == {s["chair"] for s in seated}
    assert len(states) == 4
    assert all(s["patient"]["name"].startswith("Demo ") for s in nurse.floor()["sessions"])
    assert "Chair 1" in nurse.get("/")


def test_every_answer_says_that_it_is_a_simulation(nurse):
    """Pages in words, the PDF and JSON in a header; what names a session also in its body."""
    session = nurse.chair(3)
    addresses = (
        "/", "/people/", "/demo/", "/demo/packs/", f"/chair/{session['id']}/",
        f"/record/{session['id']}/",
    )  # fmt: skip
    for address in addresses:
        assert "SIMULATION: no real patient" in nurse.get(address)
    for address in (*addresses, f"/record/{session['id']}/pdf/", "/api/v1/openapi.json"):
        assert nurse.open(address).headers["X-Esker-Simulation"] == "no real patient"
    assert session["simulation"] is True


def test_the_ledger_itself_says_that_it_is_a_simulation(base, folder):
    """Exported envelopes are verbatim, so an entry of the chain says it, with its digest."""
    lines = esker("ledger", "export", "--data", folder).communicate()[0].splitlines()
    said = [line for line in lines if '"simulation.declared"' in line]
    assert len(said) == 1
    assert "nobody in this ledger is real" in said[0]


def test_at_60x_no_signal_is_lost(nurse):
    """Time waits for the monitors: a minute in a second makes no reading old."""
    begun = shown(nurse.floor())
    nurse.post("/demo/clock/", rate="60", next="/people/")
    seen = []
    until(lambda: seen.append(nurse.floor()) or shown(seen[-1]) > begun + timedelta(minutes=5))
    nurse.post("/demo/clock/", rate="1", next="/people/")

    assert not [words for floor in seen for words in lost(floor)]


def test_a_jump_finds_every_signal_fresh(nurse):
    """Forty minutes on, checks are overdue, but nobody's signal was lost."""
    begun = shown(nurse.floor())
    nurse.post("/demo/clock/", jump="40", next="/people/")
    floor = nurse.floor()

    assert shown(floor) >= begun + timedelta(minutes=40)
    assert not lost(floor)
    for session in (s for s in floor["sessions"] if s["chair"]):
        assert session["vitals"]["spo2"]["age_s"] <= 5


def test_a_scenario_at_a_chair_rings_within_two_minutes(nurse, folder):
    """`esker monitor` takes the chair's monitor over, and gives it back when it ends."""
    play = esker("monitor", "--data", folder, "--chair", 6, "--scenario", "hypertensive")
    try:
        assert "DEMO-MON-6 speaks" in play.stdout.readline()
        before = shown(nurse.floor())
        nurse.post("/demo/clock/", rate="10", next="/people/")
        until(lambda: RINGING & alarms(nurse.chair(6)))
        assert shown(nurse.floor()) < before + SOON
        second = esker("monitor", "--data", folder, "--chair", 6)
        assert "speaks for DEMO-MON-6 already" in second.communicate()[0]
    finally:
        play.terminate()
        play.wait(20)
        nurse.post("/demo/clock/", rate="1", next="/people/")
    until(lambda: int(nurse.chair(6)["vitals"]["hr"]["value"]) < 90)


def test_the_next_day_it_goes_on_where_it_stopped(tmp_path):
    """Stopped, and started again: the same instant, the same chairs, whatever the hour."""
    with clinic(tmp_path / "d", "--no-monitors") as first:
        nurse = Visitor(first, "nurse")
        nurse.tell(nurse.chair(3)["id"], "pause", reason="The pressure.")
        nurse.post("/demo/clock/", jump="40", next="/people/")
        before = nurse.floor()
    with clinic(tmp_path / "d") as again:
        nurse = Visitor(again, "nurse")
        assert shown(before) <= shown(nurse.floor()) < shown(before) + SOON
        assert nurse.chair(3)["dosing"] == "paused"


def test_a_first_start_that_was_killed_is_made_anew(tmp_path):
    """Whatever a kill leaves of a half-made morning, the next start has six chairs and a clock."""
    folder, ports = tmp_path / "d", ("--port", free_port(), "--mllp-port", free_port())
    first = esker("demo", "--data", folder, *ports, "--no-open")
    until(lambda: (folder / "esker.sqlite3-wal").exists())  # it is migrated, then it is filled
    first.kill()
    first.wait(20)
    assert (folder / "demo-unfinished").exists()
    with clinic(folder, "--no-monitors") as again:
        floor = Visitor(again, "nurse").floor()
    assert 4 == len([each for each in floor["sessions"] if each["chair"]])
    assert not (folder / "demo-unfinished").exists()


def test_a_demo_that_is_open_is_not_opened_twice(base, folder):
    """Two servers would pull one clock in two directions."""
    ports = ("--port", free_port(), "--mllp-port", free_port())
    refused = esker("demo", "--data", folder, *ports, "--no-open")
    assert "is open in another esker demo" in refused.communicate()[0]
    assert refused.returncode == 2


@pytest.mark.hazard(37)
def test_it_listens_on_loopback_only(base, nurse):
    """One clinic sees another (hazard 37): nobody else's machine reaches a demo.

    A listener on all addresses would hold the port on every loopback address too.
    """
    port = int(base.rpartition(":")[2])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))


def test_a_folder_that_is_not_a_demo_is_refused(tmp_path):
    """A real clinic's folder gets no simulated clock and no fictional patient."""
    (tmp_path / "esker.sqlite3").write_text("a real clinic")
    refused = esker("demo", "--data", tmp_path, "--no-open")
    said = refused.communicate()[0]
    assert (refused.returncode, "not a demo" in said) == (2, True)
    assert [each.name for each in tmp_path.iterdir()] == ["esker.sqlite3"]


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        refused = esker("demo", "--data", tmp_path / "d", "--port", port, "--no-open")
        said = refused.communicate()[0]
    assert (refused.returncode, f"Port {port} is taken" in said) == (2, True)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("chair", ["0", "7", "-1"])
def test_a_chair_that_the_demo_has_not_is_refused(chair, base, folder):
    refused = esker("monitor", "--data", folder, "--chair", chair)
    assert f"there is no chair {chair}." in refused.communicate()[0]
    assert refused.returncode == 2


def test_an_instant_without_a_zone_is_refused(tmp_path):
    ports = ("--port", free_port(), "--mllp-port", free_port())
    refused = esker("demo", "--data", tmp_path / "d", *ports, "--at", "2026-11-23T08:30")
    assert "not an instant with a zone" in refused.communicate()[0]
    assert refused.returncode == 2


def test_a_folder_of_another_version_says_how_to_begin_anew(tmp_path):
    """What cannot be migrated is left alone; the sentence names --fresh."""
    (tmp_path / "demo-clock.json").write_text(
        '{"simulated": "2026-11-23T08:30:00+00:00", "wall": "2026-11-23T08:30:00+00:00", "rate": 1}'
    )
    (tmp_path / "esker.sqlite3").write_text("not a database")
    ports = ("--port", free_port(), "--mllp-port", free_port())
    refused = esker("demo", "--data", tmp_path, *ports, "--no-open")
    assert "esker demo --fresh" in refused.communicate()[0]
    assert refused.returncode == 2
