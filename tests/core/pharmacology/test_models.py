"""The models say what their papers say, and covariates move what was seen to move."""

from __future__ import annotations

import numpy as np
import pytest

from esker.core.pharmacology import (
    Ancestry,
    Covariates,
    Interaction,
    parse_dose,
    simulate,
    study,
    summarise,
)
from esker.core.pharmacology.individuals import population, typical
from esker.core.pharmacology.layout import PARAMETERS
from esker.core.pharmacology.parameter import Table
from esker.core.pharmacology.tables_e import MODEL_E
from esker.core.pharmacology.tables_r import MODEL_R

DAY = np.arange(0, 1441.0)
FOREVER = np.array([0.0, 100 * 1440.0])


def _area(dose: str, drug: str = "esketamine", **who: object) -> float:
    (kept,) = summarise(study(drug, parse_dose(dose, 70), FOREVER, Covariates(**who)))
    return float(kept["auc_ng_h_ml"][0])


@pytest.mark.parametrize(("dose", "who", "cmax", "area"), [
    ("28 mg nasal", {}, 43.8, 147), ("56 mg nasal", {}, 72.5, 255), ("84 mg nasal", {}, 101.0, 362),
    ("84 mg nasal", {"ancestry": Ancestry.JAPANESE}, 131.3, 475),
    ("84 mg nasal", {"age_years": 70}, 102.7, 391),
])  # fmt: skip
def test_nasal_strata_of_the_paper_are_reproduced(
    dose: str, who: dict, cmax: float, area: float
) -> None:
    """Cmax and AUC over a day within 1 % of the published strata (rows 1 to 5)."""
    (kept,) = summarise(study("esketamine", parse_dose(dose, 70), DAY, Covariates(**who)))

    assert pytest.approx(cmax, rel=0.012) == kept["cmax_ng_ml"][0]
    assert pytest.approx(area, rel=0.025) == kept["auc_ng_h_ml"][0]


def test_arterial_and_venous_ketamine_at_the_end_of_an_infusion() -> None:
    """0.5 mg/kg over 40 min: 298 ng/mL in arteries, 205 in the arm (row 14)."""
    curves = simulate("ketamine", parse_dose("0.5 mg/kg iv 40 min", 70), [40.0])
    arterial = curves["ketamine_s_arterial_ng_ml"] + curves["ketamine_r_arterial_ng_ml"]

    assert pytest.approx(298, rel=0.005) == arterial[0, 0]
    assert pytest.approx(205, rel=0.005) == curves["ketamine_venous_ng_ml"][0, 0]


def test_session_effects_are_the_calibrated_ones() -> None:
    """84 mg nasal: +7.5, +4.3 and +1.4 mmHg at 40, 90 and 240 min; CADSS peaks at 9.4."""
    curves = simulate("esketamine", parse_dose("84 mg nasal", 70), DAY)

    assert [7.5, 4.3, 1.4] == [
        pytest.approx(curves["delta_sbp_mmhg"][0, t], abs=0.06) for t in (40, 90, 240)
    ]
    assert pytest.approx(9.4, rel=0.03) == curves["cadss"][0].max()
    assert (curves["cadss"][0, 110:] < 0.1 * curves["cadss"][0].max()).all()


@pytest.mark.parametrize(("name", "dose", "ratio"), [
    ("ticlopidine", "20 mg oral", 2.38), ("ticlopidine", "28 mg nasal", 1.51),
    ("ticlopidine", "20 mg iv 40 min", 1.38), ("grapefruit", "20 mg oral", 3.00),
    ("grapefruit", "28 mg nasal", 1.48), ("rifampicin", "20 mg oral", 0.14),
    ("rifampicin", "20 mg iv 40 min", 0.86), ("rifampicin", "28 mg nasal", 0.77),
    ("st_johns_wort", "20 mg oral", 0.42), ("hepatic_moderate", "28 mg nasal", 1.97),
    ("itraconazole", "20 mg oral", 1.0),
])  # fmt: skip
def test_interactions_change_exposure_as_observed(name: str, dose: str, ratio: float) -> None:
    """Ratios of area with and without (section 1.4 of the models chapter)."""
    found = _area(dose, interactions=(Interaction(name),)) / _area(dose)

    assert pytest.approx(ratio, rel=0.03) == found


def test_weight_scales_model_r_and_not_model_e() -> None:
    """Allometry for the racemate; Perez-Ruixo found no effect of weight."""
    heavy = _area("50 mg iv 40 min", "ketamine", weight_kg=140.0)

    assert pytest.approx(2**-0.75) == heavy / _area("50 mg iv 40 min", "ketamine", weight_kg=70.0)
    assert _area("28 mg nasal", weight_kg=140.0) == _area("28 mg nasal", weight_kg=70.0)


def test_extrapolation_is_answered_and_marked() -> None:
    """A 95-year-old gets an answer and a sentence."""
    curves = simulate("esketamine", parse_dose("28 mg nasal", 70), [60.0], Covariates(age_years=95))

    assert np.isfinite(curves["esketamine_ng_ml"]).all()
    assert any(note.startswith("Extrapolated: Model E") for note in curves.notes)


def test_a_seed_means_the_same_people_however_they_are_asked_for() -> None:
    """Patient 1500 is the same alone, among 2000, and in another chunking."""
    whole = population("E", Covariates(), 7, 0, 2000)
    alone = population("E", Covariates(), 7, 1500, 1501)

    np.testing.assert_array_equal(whole.parameters[:, 1500], alone.parameters[:, 0])
    assert not np.array_equal(
        whole.parameters, population("E", Covariates(), 8, 0, 2000).parameters
    )


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    """Bit for bit the same with one thread and with two."""
    import numba

    request = study("ketamine", parse_dose("0.5 mg/kg iv 40 min", 70), DAY[:300], n=333, seed=2)
    (many,) = summarise(request)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        (one,) = summarise(request)
    finally:
        numba.set_num_threads(before)

    for name, values in many.items():
        np.testing.assert_array_equal(values, one[name])


def test_the_nasal_fraction_never_passes_one() -> None:
    """The Japanese factor on a spread of fractions is clamped."""
    who = population("E", Covariates(ancestry=Ancestry.JAPANESE), 1, 0, 4000)

    assert who.frn.max() == 1.0
    assert (who.frn > 0).all()


def test_population_means_keep_the_calibrated_effect() -> None:
    """Own factors have mean 1, some people never dissociate, and no score passes the scale."""
    (kept,) = summarise(
        study("esketamine", parse_dose("84 mg nasal", 70), DAY[:240], n=4000, seed=1)
    )

    assert pytest.approx(7.6, rel=0.05) == kept["delta_sbp_max_mmhg"].mean()
    assert pytest.approx(0.09, abs=0.015) == (kept["cadss_max"] == 0).mean()
    assert kept["cadss_max"].max() <= 92.0


def test_later_sessions_dissociate_less_and_press_the_same() -> None:
    """Dissociation falls with sessions to a floor of half; pressure does not."""
    peaks = [
        next(iter(summarise(study("esketamine", parse_dose("84 mg nasal", 70), DAY[:240],
                                  Covariates(session_number=nth)))))
        for nth in (1, 2, 50)
    ]  # fmt: skip
    ratio = [float(kept["cadss_max"][0] / peaks[0]["cadss_max"][0]) for kept in peaks]

    assert [1.0, pytest.approx(np.exp(-0.08)), pytest.approx(0.5)] == ratio
    assert peaks[2]["delta_sbp_max_mmhg"] == peaks[0]["delta_sbp_max_mmhg"]


@pytest.mark.parametrize(("model", "table", "called", "shared"), [
    ("E", MODEL_R | MODEL_E, {}, []),  # hydroxynorketamine is borrowed from R
    ("R", MODEL_R, {"cl_r": "cl", "cln": "cln_s", "kmet": "mtt", "venous_slow": "venous_slow_half_life"},
     [("cl", "cl_r"), ("cln", "cln_r"), ("q2", "q3")]),
])  # fmt: skip
def test_people_differ_as_the_tables_say(
    model: str, table: Table, called: dict[str, str], shared: list[tuple[str, str]]
) -> None:
    """Spreads, middles, and no two parameters that go together unless they share a draw."""
    people = population(model, Covariates(), 11, 0, 100_000)
    middle = dict(
        zip(PARAMETERS[model], typical(model, Covariates()).parameters[:, 0], strict=True)
    )
    logs = dict(zip(PARAMETERS[model], np.log(people.parameters), strict=True))
    varied = {name: log for name, log in logs.items() if np.ptp(log) > 0}

    for name, log in varied.items():
        assert log.std() == pytest.approx(table[called.get(name, name)].log_sd, rel=0.02), name
        assert np.exp(np.median(log)) == pytest.approx(middle[name], rel=0.015), name
    names, together = list(varied), np.abs(np.corrcoef(list(varied.values()))) > 0.02
    pairs = {(names[i], names[j]) for i, j in np.argwhere(np.triu(together, 1))}
    assert {frozenset(pair) for pair in pairs} == {frozenset(pair) for pair in shared}
