"""The demo's bodies answer the drug that was recorded, the same way for the same seed."""

from datetime import UTC, datetime, timedelta

import pytest

from esker.clinic.demo import cast
from esker.clinic.demo.bodies import Body, Taken, effect, vitals
from esker.clinic.demo.cast import CEDAR
from esker.clinic.demo.scenarios import PLAYS, SCENARIOS
from esker.clinic.demo.voices import Cable, Monitor, Voice
from esker.core.monitoring.channels import Channel

BEGUN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BODY = Body(18, rise=8)
RUNNING = Taken(
    "ketamine", "iv", 64, 35, (), mg_per_min=0.8, running_since=BEGUN, empty_at=BEGUN + 40 * MINUTE
)
PAUSED = Taken("ketamine", "iv", 64, 35, ((BEGUN, 24, 19.2),))


def pressure(taken, minutes):
    at = BEGUN + minutes * MINUTE
    return effect(BODY, taken, at).sbp * BODY.rise


def test_no_drug_no_change():
    assert effect(BODY, None, BEGUN).cadss == effect(BODY, RUNNING, BEGUN).sbp == 0


def test_the_pressure_rises_while_the_pump_runs_and_falls_when_it_is_paused():
    """Pause at 24 minutes: within a minute the way turns, and a quarter of an hour shows it."""
    assert pressure(RUNNING, 24) > pressure(RUNNING, 10) + 20
    assert pressure(PAUSED, 26) < pressure(PAUSED, 25) < pressure(RUNNING, 25)
    assert pressure(PAUSED, 40) < pressure(RUNNING, 40) - 25


def test_what_is_recorded_late_changes_nothing_before_it():
    """The response up to a pause is the response of the pump that ran until then."""
    assert pressure(PAUSED, 20) == pytest.approx(pressure(RUNNING, 20), rel=1e-6)


def test_a_syringe_that_is_empty_gives_no_more():
    empty = Taken("ketamine", "iv", 64, 35, ((BEGUN, 40, 32),))
    assert pressure(RUNNING, 70) == pytest.approx(pressure(empty, 70), rel=1e-6)


def test_the_same_seed_gives_the_same_vitals():
    """A demo day can be repeated."""
    felt = effect(BODY, RUNNING, BEGUN + 20 * MINUTE)
    assert vitals(BODY, felt, BEGUN) == vitals(BODY, felt, BEGUN)
    assert vitals(BODY, felt, BEGUN) != vitals(Body(19, rise=8), felt, BEGUN)


def test_at_rest_nothing_would_ring_and_nothing_stands_still():
    """Two hours without a drug, of every body that is not Fir's."""
    for patient, body in cast.BODIES.items():
        shown = [vitals(body, effect(body, None, BEGUN), BEGUN + n * MINUTE) for n in range(120)]
        assert all(each[Channel.SPO2] >= 94 for each in shown)
        assert len({round(each[Channel.HR]) for each in shown}) > 2
        if patient != str(cast.FIR.person()["id"]):
            assert all(90 < each[Channel.SBP] < 140 for each in shown)


@pytest.mark.parametrize(
    ("scenario", "channel", "least", "most"),
    [
        ("calm", Channel.SBP, 110, 135),
        ("hypertensive", Channel.SBP, 180, 215),
        ("desaturation", Channel.SPO2, 80, 89),
        ("artefact", Channel.SPO2, 40, 60),
    ],
)
def test_a_scenario_shows_within_two_minutes(scenario, channel, least, most):
    """The furthest from calm that the monitor itself said in the first two minutes."""
    voice = Voice(Monitor("M", scenario=scenario), lambda _: Cable("p", Body(0)))
    said = [raw for second in range(121) for raw in voice.until(BEGUN + second * MINUTE / 60)]
    code = {Channel.SBP: "NONINV_SYS", Channel.SPO2: "SAT_O2"}[channel]
    rows = [row for raw in said for row in raw.decode().split("\r") if code in row]
    values = [float(row.split("|")[5]) for row in rows]
    furthest = max(values) if channel is Channel.SBP else min(values)
    assert set(SCENARIOS) == set(PLAYS)
    assert least <= furthest <= most


def test_the_silent_monitor_speaks_for_a_minute():
    voice = Voice(Monitor("M", scenario="silent"), lambda _: Cable("p", Body(0)))
    assert voice.until(BEGUN)
    assert voice.until(BEGUN + MINUTE / 2)
    assert not voice.until(BEGUN + 2 * MINUTE)


def test_a_monitor_that_is_tied_to_nobody_is_silent():
    assert not Voice(Monitor("M"), lambda _: None).until(BEGUN)


def test_the_cuff_measures_at_its_interval_and_once_for_each_check():
    """The pressure is no news in between: a real cuff squeezes every few minutes."""
    due: list[str] = []
    voice = Voice(Monitor("M"), lambda _: Cable("p", Body(0), None, tuple(due)))

    def cuff(minutes):
        return b"NONINV_SYS" in b"".join(voice.until(BEGUN + minutes * MINUTE))

    assert [cuff(0), cuff(1), cuff(2)] == [True, False, False]
    due.append("recovery@70")
    assert [cuff(3), cuff(4), cuff(8)] == [True, False, True]


def test_cedar_rises_into_a_hold_as_the_demo_begins():
    """The infusion of the demo: 24 minutes in, the pressure is at the protocol's hold."""
    body = cast.BODIES[str(CEDAR.person()["id"])]
    shown = [
        vitals(body, effect(body, RUNNING, BEGUN + n * MINUTE), BEGUN + n * MINUTE)[Channel.SBP]
        for n in (10, 25, 30)
    ]
    assert shown[0] < 180 < shown[1] < shown[2] < 205
