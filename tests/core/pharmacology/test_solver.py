"""The fast solver against the slow one, ordinary people and awkward ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from esker.core.pharmacology import Covariates, engine
from esker.core.pharmacology.engine import dense_rows, run, summarise
from esker.core.pharmacology.individuals import population
from esker.core.pharmacology.layout import PARAMETERS
from esker.core.pharmacology.timeline import Input, lay_out

from . import reference

LINEAR, EVERYTHING = 1e-9, 1e-6
TIMES = np.array([0.0, 3.0, 17.0, 40.0, 41.3, 60.0, 95.0, 180.0, 333.3, 720.0])


def _inputs_e(rng: np.random.Generator) -> list[Input]:
    """Sprays, swallowed parts, an oral dose, a pump whose rate changes off the grid, a push."""
    sprays = [
        Input(0, 0, 0.0, 0.0),
        Input(1, 1, 0.0, 31.8),
        Input(0, 2, 5.0, 0.0),
        Input(1, 3, 5.0, 31.8),
    ]
    start = float(rng.uniform(1, 60))
    return [
        *sprays,
        Input(2, 4, start, 19.2),
        Input(3, 5, start, 13.7),
        Input(3, 6, start + 13.7, 26.1),
        Input(3, 7, 2 * start, 0.0),
    ]


def _scaled(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    return np.abs(found - true).max(axis=-1) / true.max(axis=-1)


@pytest.mark.parametrize("seed", range(3))
def test_model_e_agrees_with_the_reference_solver(seed: int) -> None:
    """Random people, absorption rates at CV 132 % among them, differ by less than 1e-9."""
    rng = np.random.default_rng(seed)
    who = population("E", Covariates(), seed, 0, 5)
    inputs = _inputs_e(rng)
    amounts = rng.uniform(1, 40, (8, 5))
    out = run(who, amounts, lay_out(tuple(inputs), 8, TIMES), TIMES, True, False).curves

    for k in range(5):
        true = reference.solve(
            reference.model_e(who.parameters[:, k]), inputs, amounts[:, k], TIMES
        )
        assert _scaled(out[:, :, k], true).max() < LINEAR


@pytest.mark.parametrize("seed", range(3))
def test_model_r_agrees_with_the_reference_solver(seed: int) -> None:
    """Both enantiomers, the double pole of the metabolic delay among them."""
    rng = np.random.default_rng(seed)
    who = population("R", Covariates(weight_kg=91), seed, 0, 3)
    s = [Input(0, 0, 0.0, 40.0), Input(0, 1, 50.3, 0.0)]
    r = [Input(1, 2, 2.5, 20.1), Input(1, 3, 70.0, 0.0)]
    amounts = rng.uniform(1, 40, (4, 3))
    out = run(who, amounts, lay_out((*s, *r), 4, TIMES), TIMES, True, False).curves

    for k in range(3):
        for name, mine, rows in (("S", s, slice(0, 7)), ("R", r, slice(7, 11))):
            model = reference.model_r(who.parameters[:, k], name)
            first = [replace(one, channel=0) for one in mine]
            true = reference.solve(model, first, amounts[:, k], TIMES)
            assert _scaled(out[rows, :, k], true[: len(out[rows])]).max() < LINEAR


def _with_equal_poles(gap: float):
    """A person whose swallowed and nasal rates, and an elimination pole, differ by `gap`."""
    who = population("E", Covariates(), 5, 0, 3)
    p = who.parameters.copy()
    name = PARAMETERS["E"].index
    p[name("kasw")] = p[name("kan")] * (1 + gap)
    p[name("kapo")] = p[name("ke0")] * (1 + gap)
    p[name("kt_sbp")] = p[name("kt_cadss")] = p[name("qn")] / p[name("vpn")]
    return replace(who, parameters=p)


@pytest.mark.parametrize("gap", [0.0, 1e-13, 1e-9, 1e-6, 1e-4, 1e-2])
def test_near_equal_poles_lose_no_digits(gap: float) -> None:
    """Equal, nearly equal and merely close rates all stay within 1e-9 of the reference."""
    who = _with_equal_poles(gap)
    inputs = _inputs_e(np.random.default_rng(0))
    amounts = np.full((8, 3), 10.0)
    out = run(who, amounts, lay_out(tuple(inputs), 8, TIMES), TIMES, True, False).curves
    true = reference.solve(reference.model_e(who.parameters[:, 0]), inputs, amounts[:, 0], TIMES)

    assert _scaled(out[:, :, 0], true).max() < LINEAR


@pytest.mark.parametrize("gap", [0.0, 1e-6, 1e-3, 0.03])
def test_a_metabolite_as_slow_as_its_own_delay_loses_no_digits(gap: float) -> None:
    """A third pole on the double pole goes to the careful solver and comes back right."""
    who = population("R", Covariates(), 5, 0, 3)
    p = who.parameters.copy()
    name = PARAMETERS["R"].index
    p[name("ke0")] = p[name("venous_slow")] * (1 + gap)
    rate = p[name("kmet")] * (1 + gap)
    p[name("qn")] = 1e-3 * p[name("v1")] * rate
    p[name("cln")] = p[name("v1")] * rate - p[name("qn")]
    who = replace(who, parameters=p)
    inputs = [Input(0, 0, 0.0, 40.0)]
    amounts = np.full((1, 3), 20.0)
    out = run(who, amounts, lay_out(tuple(inputs), 1, TIMES), TIMES, True, False).curves
    true = reference.solve(reference.model_r(p[:, 0], "S"), inputs, amounts[:, 0], TIMES)

    assert _scaled(out[:7, :, 0], true).max() < LINEAR


@pytest.mark.parametrize("model", ["E", "R"])
def test_kernel_and_dense_solver_agree_on_ordinary_people(model: str) -> None:
    """Two methods with no common step give the same curves, areas, peaks and recovery."""
    who = population(model, Covariates(), 3, 0, 40)
    times = np.arange(0.0, 241.0)
    inputs = (Input(0, 0, 0.0, 0.0), Input(1, 1, 4.0, 31.8))
    timeline = lay_out(inputs, 2, times)
    amounts = np.full((2, 40), 15.0)
    fast = run(who, amounts, timeline, times, True, True)
    rows, area, area_nk = dense_rows(model, who.parameters, amounts, timeline)
    whole = summarise(model, rows, area, area_nk, who.feel, times)

    np.testing.assert_allclose(fast.curves, rows, rtol=0, atol=1e-9 * rows.max())
    np.testing.assert_allclose(fast.summaries, whole, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        ("E", (Input(2, 0, 0.0, 0.0),)),
        ("E", (Input(0, 0, 0.0, 0.0), Input(1, 1, 0.0, 31.8))),
        ("R", (Input(0, 0, 0.0, 0.0), Input(1, 1, 0.0, 0.0))),
        ("R", (Input(0, 0, 0.0, 40.0), Input(1, 1, 0.0, 40.0))),
    ],
)
def test_of_two_thousand_nobody_is_off(model: str, inputs: tuple[Input, ...]) -> None:
    """Those whose rates lie near each other are found, whatever the dose and the output."""
    who = population(model, Covariates(), 11, 0, 2000)
    times = np.array([2.0, 5, 10, 15, 20, 30, 40, 60, 90, 120, 240, 480, 1440])
    timeline = lay_out(inputs, 2, times)
    amounts = np.full((2, 2000), 28.0)
    found = run(who, amounts, timeline, times, True, False).curves
    true, _, _ = dense_rows(model, who.parameters, amounts, timeline)

    off = np.abs(found - true).max(axis=1)
    assert np.all(off <= LINEAR * true.max(axis=1))


@pytest.mark.parametrize("model", ["E", "R"])
def test_the_compiled_careful_solver_is_the_careful_solver(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no error borne everybody goes there: same curves, areas, peaks and recovery."""
    monkeypatch.setattr(engine, "BOUND", 0.0)
    who = population(model, Covariates(), 3, 0, 7)
    amounts = np.full((3, 7), 15.0)
    inputs = (Input(0, 0, 0.0, 0.0), Input(1, 1, 4.0, 31.8), Input(0, 2, 33.3, 7.0))
    timeline = lay_out(inputs, 3, TIMES)
    out = run(who, amounts, timeline, TIMES, True, True)
    rows, area, area_nk = dense_rows(model, who.parameters, amounts, timeline)
    whole = summarise(model, rows, area, area_nk, who.feel, TIMES)

    off = np.abs(out.curves - rows).max(axis=1)
    assert np.all(off <= 1e-11 * rows.max(axis=1))
    np.testing.assert_allclose(out.summaries, whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("bound", [0.0, 1e-9])
def test_no_patients_digits_hang_on_the_neighbours(
    bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the fast kernel nor in the careful one."""
    monkeypatch.setattr(engine, "BOUND", bound)
    who = population("E", Covariates(), 3, 0, 9)
    amounts = np.linspace(5.0, 45.0, 9)[None]
    timeline = lay_out((Input(0, 0, 0.0, 0.0),), 1, TIMES)
    of_all = run(who, amounts, timeline, TIMES, True, False).curves
    some = np.array([8, 2, 5])
    alone = replace(who, parameters=who.parameters[:, some], feel=who.feel[:, some])
    of_some = run(alone, amounts[:, some], timeline, TIMES, True, False).curves

    np.testing.assert_array_equal(of_some, of_all[:, :, some])


def test_an_infusion_split_in_two_is_the_same_infusion() -> None:
    """Piecewise-constant rates superpose, wherever the pieces meet."""
    who = population("R", Covariates(), 1, 0, 3)
    one = lay_out((Input(0, 0, 0.0, 40.0),), 1, TIMES)
    two = lay_out((Input(0, 0, 0.0, 13.37), Input(0, 1, 13.37, 40.0 - 13.37)), 2, TIMES)
    whole = run(who, np.full((1, 3), 40.0), one, TIMES, True, False).curves
    parts = run(who, np.array([[13.37] * 3, [40.0 - 13.37] * 3]), two, TIMES, True, False).curves

    np.testing.assert_allclose(parts, whole, rtol=1e-11, atol=1e-9)


def test_output_at_a_dose_sees_it_given() -> None:
    """A push at an output time is in that output."""
    who = population("R", Covariates(), 1, 0, 3)
    out = run(
        who, np.full((1, 3), 10.0), lay_out((Input(0, 0, 3.0, 0.0),), 1, TIMES), TIMES, True, False
    )

    v1 = who.parameters[PARAMETERS["R"].index("v1"), 0]
    assert out.curves[0, 0, 0] == 0.0
    assert out.curves[0, 1, 0] == pytest.approx(10_000 / v1, rel=1e-12)
