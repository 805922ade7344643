"""The forecast is calibrated, honest, repeatable and plain data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from esker.core.interactions import Interaction
from esker.core.pharmacology import Covariates, Dose, InputError, Route, parse_dose
from esker.core.pharmacology.dosing import Drug
from esker.core.pharmacology.forecast import (
    LEVELS,
    PARTICLES,
    Observed,
    Request,
    Sign,
    forecast,
    quantiles,
    split,
)
from esker.core.pharmacology.forecast_json import (
    forecast_to_json,
    request_from_json,
    request_to_json,
)
from esker.core.pharmacology.provenance import model_hash
from esker.core.pharmacology.simulate import simulate
from esker.core.pharmacology.tables_effects import EFFECTS

SPRAYS = parse_dose("84 mg nasal", 70)
PUMP = parse_dose("0.5 mg/kg iv 40 min", 70)


def _request(**changes: object) -> Request:
    return replace(Request(Drug.ESKETAMINE, Covariates(), SPRAYS, now_min=40.0), **changes)


@pytest.mark.parametrize(("drug", "doses"), [(Drug.ESKETAMINE, SPRAYS), (Drug.KETAMINE, PUMP)])
def test_ninety_percent_bands_hold_ninety_percent(drug: Drug, doses: tuple[Dose, ...]) -> None:
    """Patients of another seed, read with noise: 85 to 95 % of the truth to come is inside."""
    patients, seen, asked = 60, np.array([10.0, 20.0, 30.0, 40.0]), np.array([50.0, 70.0, 110.0])
    truth = simulate(drug, doses, np.union1d(seen, asked), n=patients, seed=99)
    rng = np.random.default_rng(5)
    sd = EFFECTS["pressure_reading_sd"].value
    inside: dict[str, list[bool]] = {"concentration_ng_ml": [], "delta_sbp_mmhg": [], "cadss": []}
    parent = "ketamine_venous_ng_ml" if drug is Drug.KETAMINE else "esketamine_ng_ml"
    for k in range(patients):
        level = 120 + 10 * rng.standard_normal()
        pressures = level + truth["delta_sbp_mmhg"][k, :4] + sd * rng.standard_normal(4)
        score = truth["cadss"][k, 3]
        noise = np.hypot(
            EFFECTS["cadss_reading_sd"].value, EFFECTS["cadss_reading_cv"].value * score
        )
        request = Request(
            drug, Covariates(), doses, 40.0,
            (*(Observed(t, Sign.SBP, p) for t, p in zip(seen, pressures, strict=True)),
             Observed(40.0, Sign.CADSS, score + noise * rng.standard_normal())),
            tuple(level + sd * rng.standard_normal(2)), horizon_min=70.0, particles=1500,
        )  # fmt: skip
        answer = forecast(request).goes_on
        for name, held in inside.items():
            band = answer.bands[name]
            at = np.searchsorted(band.minutes, asked)
            source = truth[parent if name == "concentration_ng_ml" else name][k, 4:]
            low, high = np.array(band.levels[0])[at], np.array(band.levels[-1])[at]
            held.extend((low - 1e-9 <= source) & (source <= high + 1e-9))

    share = np.mean([held for held in inside.values()])
    assert 0.85 <= share <= 0.95
    for held in inside.values():
        assert np.mean(held) >= 0.8


def test_high_readings_raise_the_band_and_narrow_it() -> None:
    """What was observed moves the forecast towards it."""
    high = tuple(Observed(t, Sign.SBP, 150.0) for t in (10.0, 15.0, 20.0, 25.0, 30.0, 35.0))
    plain = forecast(_request())
    told = forecast(_request(observed=high, baseline_sbp_mmhg=(125.0, 125.0, 125.0)))

    before, after = (
        np.array(f.goes_on.bands["delta_sbp_mmhg"].levels)[:, 5] for f in (plain, told)
    )
    assert after[2] > before[2] + 3
    assert told.effective < plain.effective == pytest.approx(PARTICLES)


def test_impossible_readings_are_admitted_not_believed() -> None:
    """When no virtual patient explains them, the answer says so and stays finite."""
    wild = tuple(Observed(t, Sign.SBP, 260.0) for t in (10.0, 20.0, 30.0, 40.0))
    answer = forecast(_request(observed=wild, baseline_sbp_mmhg=(120.0,)))

    assert not answer.matched
    assert 0 < answer.tempering < 1
    assert answer.effective >= 99
    assert "Trust the monitor" in answer.sentence
    assert np.isfinite(answer.goes_on.bands["cadss"].levels).all()


def test_pressures_without_a_baseline_are_not_used() -> None:
    """A rise from nothing known is not a rise."""
    told = forecast(_request(observed=(Observed(20.0, Sign.SBP, 180.0),)))

    assert told.goes_on.bands == forecast(_request()).goes_on.bands


def test_what_was_used_is_told_a_pressure_as_its_rise() -> None:
    observed = (Observed(20.0, Sign.SBP, 131.0), Observed(30.0, Sign.CADSS, 6.0))
    few = {"observed": observed, "particles": 1500, "horizon_min": 30.0}
    told = forecast(_request(baseline_sbp_mmhg=(118.0, 122.0), **few)).used
    assert told == (Observed(20.0, Sign.SBP, 11.0), Observed(30.0, Sign.CADSS, 6.0))
    blind = forecast(_request(**few))
    assert blind.used == (Observed(30.0, Sign.CADSS, 6.0),)
    assert "1 observation " in blind.sentence


def test_what_nobody_told_is_named_as_assumed() -> None:
    few = {"particles": 200, "horizon_min": 30.0}
    assert any("none was told" in note for note in forecast(_request(**few)).notes)
    told = Covariates(interactions=(Interaction.RIFAMPICIN,))
    assert not any(
        "none was told" in note for note in forecast(_request(covariates=told, **few)).notes
    )


@pytest.mark.parametrize(("named", "starts"), [
    ((), "Reckoned with none of the medicines, foods and conditions on the list, as charted."),
    ((Interaction.ST_JOHNS_WORT, Interaction.RIFAMPICIN), "Reckoned with St John’s wort, rifam"),
])  # fmt: skip
def test_what_was_told_is_named_and_that_ancestry_is_not_asked(named, starts) -> None:
    who = Covariates(interactions=named)
    request = _request(covariates=who, told=True, particles=200, horizon_min=30.0)
    [note] = [each for each in forecast(request).notes if each.startswith("Reckoned")]
    assert note.startswith(starts)
    assert note.endswith("Assumes no ancestry in which clearance differs: that is not asked.")


def test_a_question_from_before_it_could_be_told_is_answered_to_the_letter() -> None:
    """The ledger keeps the digest of the whole answer: one changed word would break its replay."""
    asked = request_to_json(_request(particles=200, horizon_min=30.0))
    del asked["told"]
    assert request_from_json(asked).told is False
    assert forecast(request_from_json(asked)).notes[-1] == (
        "Assumes no medicine, food or liver disease that changes clearance, and no ancestry in "
        "which it differs: none was told."
    )


def test_a_medicine_that_is_named_twice_counts_once() -> None:
    once, twice = (Covariates(interactions=(Interaction.RIFAMPICIN,) * n) for n in (1, 2))
    assert once.clearance_shift() == twice.clearance_shift()


def test_a_told_that_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(InputError, match="told"):
        request_from_json(request_to_json(_request()) | {"told": "no"})


def test_stopping_an_infusion_leaves_less_to_come() -> None:
    """From now on, stopping lies below going on; until now they are one."""
    answer = forecast(Request(Drug.KETAMINE, Covariates(), PUMP, now_min=15.0))
    on, off = (
        np.array(s.bands["concentration_ng_ml"].levels) for s in (answer.goes_on, answer.stops)
    )

    np.testing.assert_allclose(on[:, 0], off[:, 0], rtol=1e-9)
    assert (off[:, 1:20] < on[:, 1:20]).all()
    assert answer.stops.clear_min[1] < answer.goes_on.clear_min[1]


def test_clear_is_an_interval_and_later_than_the_horizon_is_none() -> None:
    """Never a single minute."""
    low, middle, high = forecast(_request(horizon_min=600.0)).goes_on.clear_min
    short = forecast(_request(horizon_min=20.0)).goes_on.clear_min

    assert 60 < low < middle < high
    assert short[2] is None


def test_the_same_request_gives_the_same_answer() -> None:
    """Inputs, seed and model hash are enough to draw it again, through JSON and back."""
    request = _request(observed=(Observed(20.0, Sign.SBP, 133.0), Observed(40.0, Sign.CADSS, 4.0)),
                       baseline_sbp_mmhg=(121.0,))  # fmt: skip
    again = request_from_json(json.loads(json.dumps(request_to_json(request))))
    first, second = (json.dumps(forecast_to_json(forecast(one))) for one in (request, again))

    assert request == again
    assert first == second
    assert json.loads(first)["model_hash"] == model_hash()
    assert {"minutes", *(f"p{level}" for level in LEVELS)} == set(
        json.loads(first)["stops"]["bands"]["cadss"])  # fmt: skip


def test_a_running_infusion_is_cut_at_now() -> None:
    """Given and to come add up."""
    (given,), (coming,) = split(PUMP, 10.0)

    assert (Dose(0.0, Route.IV, 8.75, 10.0), Dose(10.0, Route.IV, 26.25, 30.0)) == (given, coming)
    assert (PUMP, ()) == split(PUMP, 40.0)
    assert ((), (SPRAYS[1],)) == split((SPRAYS[1],), 4.0)


def test_weighted_quantiles_of_equal_weights_are_quantiles() -> None:
    """And a weight of nearly all is that patient."""
    values = np.arange(101.0)[:, None]

    np.testing.assert_allclose(quantiles(values, np.full(101, 1 / 101), (5, 50, 95))[:, 0],
                               [4.55, 50.0, 95.45], atol=1e-9)  # fmt: skip
    one = np.full(101, 1e-9)
    one[30] = 1.0
    assert quantiles(values, one / one.sum(), (50,))[0, 0] == pytest.approx(30.0)


@pytest.mark.parametrize(("changes", "names"), [
    ({"now_min": -1.0}, "now_min"), ({"doses": ()}, "doses"), ({"horizon_min": 0.0}, "horizon_min"),
    ({"particles": 5}, "particles"), ({"observed": (Observed(50.0, Sign.SBP, 1.0),)}, "at_min"),
    ({"observed": (Observed(5.0, Sign.SBP, float("nan")),)}, "value"),
    ({"baseline_sbp_mmhg": (float("inf"),)}, "baseline_sbp_mmhg"),
])  # fmt: skip
def test_a_request_names_what_is_wrong(changes: dict, names: str) -> None:
    """The future cannot have been observed, and nothing given cannot be forecast."""
    with pytest.raises(InputError, match=names):
        _request(**changes)


@pytest.mark.parametrize(("changes", "names"), [
    ({"drug": "tea"}, "drug"), ({"covariates": {"weight_kg": 7}}, "weight_kg"),
    ({"covariates": {"shoe": 7}}, "covariates"), ({"observed": [{"at_min": 1}]}, "sign is missing"),
    ({"observed": [{"at_min": 1, "sign": "spo2", "value": 9}]}, "sign"), ({"now_min": None}, "now_min"),
])  # fmt: skip
def test_a_json_request_names_what_is_wrong(changes: dict, names: str) -> None:
    """The same care at the process's border."""
    with pytest.raises(InputError, match=names):
        request_from_json(request_to_json(_request()) | changes)
