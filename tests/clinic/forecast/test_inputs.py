"""What a session asks of the models: what was given, what is to come, what was confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from esker.clinic.forecast.inputs import Unable, request, seed
from esker.core.interactions import Interaction
from esker.core.protocols.load import load
from esker.core.session.commands import Person, Tri
from esker.core.session.state import Dosing, Drawn, Given, Interactions, Observed, Order, Session
from esker.protocol_files import text_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WHO = Person(id="p1", name="Demo Alder", born=date(1984, 4, 12), mrn="DEMO-1001")
NASAL, INFUSION = (load(text_of(name))[0] for name in ("esketamine-trd-us", "ketamine-iv"))


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def order(drug: str, route: str, mg: str) -> Order:
    return Order(1, drug, route, Decimal(mg), None, None, Decimal(80), (), "dr", NOW)


def device(number: int, at: float) -> Given:
    return Given(f"e{number}", Decimal(28), minutes(at), minutes(at), f"V{number}", number)


def score(what: str, value: str, at: float) -> Observed:
    return Observed(f"o{at}", what, Decimal(value), "", minutes(at), "nurse")


SPRAYED = Session(
    id="s1", patient=WHO, orders=(order("esketamine", "nasal", "84"),), given=(device(1, 0),),
    dosing=Dosing.RUNNING,
)  # fmt: skip
PUMP = Session(
    id="s2", patient=WHO, orders=(order("ketamine", "iv", "40"),), dosing=Dosing.RUNNING,
    drawn=Drawn(1, "V1", Decimal(4), Decimal(40), Decimal(50), Decimal(75), NOW),
    given=(Given("e1", Decimal(0), NOW, NOW, "V1", None, Decimal(75)),),
    rate_ml_per_h=Decimal(75), weights=((Decimal("81.5"), NOW),),
)  # fmt: skip


def doses(asked):
    return [(each["at_min"], each["amount_mg"], each["duration_min"]) for each in asked["doses"]]


def test_the_rest_of_the_devices_comes_at_their_spacing():
    asked = request(SPRAYED, NASAL, minutes(2), 0)

    assert doses(asked) == [(0.0, 28.0, 0.0), (5.0, 28.0, 0.0), (10.0, 28.0, 0.0)]
    assert (asked["drug"], asked["now_min"], asked["doses"][0]["route"]) == (
        "esketamine", 2.0, "nasal"
    )  # fmt: skip


def test_a_device_that_is_late_has_not_been_given():
    """It counts as still to come, a minute from now; so "stops now" leaves it out."""
    assert doses(request(SPRAYED, NASAL, minutes(30), 0))[1:] == [
        (31.0, 28.0, 0.0), (36.0, 28.0, 0.0)
    ]  # fmt: skip


def test_a_running_pump_empties_its_syringe():
    """40 mg in 50 mL at 75 mL/h: 40 minutes, whatever the time is now."""
    for now in (1, 25):
        assert doses(request(PUMP, INFUSION, minutes(now), 0)) == [
            (0.0, 40.0, pytest.approx(40.0))
        ]  # fmt: skip


def test_a_paused_pump_would_go_on_now_and_a_stopped_one_does_not():
    until = {"until": minutes(10), "until_told": minutes(10), "ended_by": "e2"}
    paused = replace(PUMP, given=(replace(PUMP.given[0], **until),), dosing=Dosing.PAUSED)

    assert doses(request(paused, INFUSION, minutes(15), 0)) == [
        (0.0, 10.0, 10.0), (15.0, 30.0, pytest.approx(30.0))
    ]  # fmt: skip
    stopped = replace(paused, dosing=Dosing.DONE)
    assert doses(request(stopped, INFUSION, minutes(15), 0)) == [(0.0, 10.0, 10.0)]


def test_only_confirmed_values_since_the_first_dose_are_observed():
    """Earlier pressures are the baseline; other channels do not enter."""
    seen = (score("sbp", "118", -3), score("sbp", "131", 10), score("spo2", "97", 10),
            score("cadss", "6", 40), score("sbp", "140", 90))  # fmt: skip
    asked = request(replace(SPRAYED, observed=seen), NASAL, minutes(60), 2)

    assert asked["observed"] == [
        {"at_min": 10.0, "sign": "sbp_mmhg", "value": 131.0},
        {"at_min": 40.0, "sign": "cadss", "value": 6.0},
    ]
    assert asked["baseline_sbp_mmhg"] == [118.0]
    assert asked["covariates"]["session_number"] == 3


def test_without_an_earlier_pressure_the_gates_own_baseline_counts():
    asked = request(replace(SPRAYED, baseline={"sbp": Decimal(121)}), NASAL, minutes(1), 0)
    assert asked["baseline_sbp_mmhg"] == [121.0]


def test_what_cannot_be_asked_is_said():
    """Nothing given, or a racemate without a weight."""
    weightless = replace(PUMP, weights=(), orders=(replace(PUMP.orders[0], weight_kg=None),))
    with pytest.raises(Unable, match="Nothing has been given"):
        request(replace(SPRAYED, given=()), NASAL, NOW, 0)
    with pytest.raises(Unable, match="weight"):
        request(weightless, INFUSION, minutes(5), 0)


def test_a_session_keeps_its_virtual_patients():
    assert seed("s1") == seed("s1") != seed("s2")


def test_none_is_told_and_an_answer_that_nobody_has_is_not():
    """Unknown is not no: no answer, or one that says so, leaves the forecast its assumption."""

    def asked(interactions):
        found = request(replace(SPRAYED, interactions=interactions), NASAL, minutes(2), 0)
        return found["told"], found["covariates"]["interactions"]

    assert asked(None) == asked(Interactions(Tri.UNKNOWN, ())) == (False, [])
    assert asked(Interactions(Tri.NO, ())) == (True, [])
    assert asked(Interactions(Tri.YES, (Interaction.RIFAMPICIN,))) == (True, ["rifampicin"])
