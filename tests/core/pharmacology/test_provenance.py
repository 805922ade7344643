"""A constant that changes a result changes the model's hash; a better citation does not."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pytest

from esker.core import pharmacology
from esker.core.interactions import Interaction
from esker.core.pharmacology import covariates, individuals, lanes, layout, provenance, tables_e
from esker.core.pharmacology.forecast import forecast
from esker.core.pharmacology.forecast_json import request_from_json
from esker.core.pharmacology.provenance import model_hash

MODULES = [
    importlib.import_module(f"{pharmacology.__name__}.{found.name}")
    for found in pkgutil.iter_modules(pharmacology.__path__)
]
KERNELS = ("ahead", "kernel_e", "kernel_r", "summary_kernel", "sweep")  # places in arrays


def _title(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _constants(module: ModuleType) -> Iterator[tuple[str, Any]]:
    machine = () if module is lanes else vars(lanes)
    for name, value in sorted(vars(module).items()):
        if name.isupper() and not isinstance(value, type) and name not in machine:
            yield name, value


def _others(value: Any) -> Iterator[Any]:
    """The same constant with one number, word or place of it changed, in every way in turn."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + (1 if isinstance(value, int) else abs(value) * 1e-9 or 1e-9)
    elif isinstance(value, str):
        yield f"{value}?"
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from (MappingProxyType({**value, key: other}) for other in _others(one))
        yield MappingProxyType(dict(list(value.items())[1:]))
    elif isinstance(value, tuple):
        yield value[1:]
        for k, one in enumerate(value):
            yield from ((*value[:k], other, *value[k + 1 :]) for other in _others(one))
    elif isinstance(value, np.ndarray):
        for k in range(value.size):
            other = value.copy()
            other.flat[k] += abs(other.flat[k]) * 1e-9 or 1e-9
            yield other
    elif isinstance(value, re.Pattern):
        yield re.compile(f"{value.pattern}?")
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in provenance.ABOUT_A_NUMBER:
                one = getattr(value, field.name)
                yield from (replace(value, **{field.name: other}) for other in _others(one))


def _decides() -> Iterator[tuple[ModuleType, str, Any]]:
    seen: set[int] = set()  # a table that others import is changed once
    for module in MODULES:
        if _title(module) in (provenance.MACHINE, *KERNELS):
            continue
        citations = (str,) if _title(module).startswith("tables_") else ()
        for name, value in _constants(module):
            known = isinstance(value, Mapping | tuple) and id(value) in seen
            if not isinstance(value, citations) and module is not provenance and not known:
                seen.add(id(value))
                yield module, name, value


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [pytest.param(*each, id=f"{_title(each[0])}.{each[1]}") for each in _decides()],
)
def test_each_changed_constant_is_another_model(
    module: ModuleType, name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number of each table, each factor of each interaction, each limit, each order of draws."""
    seen, ways = {model_hash()}, list(_others(value))
    for other in ways:
        monkeypatch.setattr(module, name, other)
        seen.add(model_hash())

    assert len(seen) == len(ways) + 1 > 1


def test_what_was_once_forgotten_is_in_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether grapefruit opens the gut, where a fraction is cut, the least liver flow."""
    grapefruit = replace(covariates.SHIFTS[Interaction.GRAPEFRUIT], fgut_is_whole=False)
    before = model_hash()
    for module, name, value in (
        (covariates, "SHIFTS", {**covariates.SHIFTS, Interaction.GRAPEFRUIT: grapefruit}),
        (individuals, "FRN_MAX", 0.99),
        (individuals, "QH_MIN_L_PER_H", 31.0),
        (provenance, "EQUATIONS_VERSION", 0),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, value)
            assert model_hash() != before
    assert model_hash() == before


def test_a_better_citation_is_the_same_model(monkeypatch: pytest.MonkeyPatch) -> None:
    before = model_hash()
    better = replace(tables_e.MODEL_E["kan"], source="the same, page 7", note="read again")
    monkeypatch.setattr(tables_e, "MODEL_E", {**tables_e.MODEL_E, "kan": better})
    assert model_hash() == before


def test_kernels_hold_places_and_no_number_of_a_model() -> None:
    """Else the hash, which does not read them, would miss it."""

    def whole(value: Any) -> bool:
        if isinstance(value, tuple):
            return all(map(whole, value))
        return isinstance(value, int | str)

    for module in MODULES:
        if _title(module) in KERNELS:
            own = [(name, value) for name, value in _constants(module) if name not in vars(layout)]
            assert [name for name, value in own if not whole(value)] == []


# What these questions were answered in version 2 of the equations. When the numbers have changed for
# a reason, raise EQUATIONS_VERSION and write the new ones: a kept forecast then says that it comes
# from another model, not that this machine cannot count.
QUESTIONS = (
    {"drug": "esketamine", "now_min": 30.0, "particles": 300, "horizon_min": 120.0, "seed": 7,
     "doses": [{"at_min": 0.0, "route": "nasal", "amount_mg": 28.0},
               {"at_min": 5.0, "route": "nasal", "amount_mg": 28.0}],
     "covariates": {"weight_kg": 82.0, "age_years": 71.0, "ancestry": "japanese",
                    "interactions": ["rifampicin", "hepatic_moderate"], "session_number": 3},
     "observed": [{"at_min": 20.0, "sign": "sbp_mmhg", "value": 139.0},
                  {"at_min": 25.0, "sign": "cadss", "value": 6.0}],
     "baseline_sbp_mmhg": [128.0, 131.0]},
    {"drug": "ketamine", "now_min": 20.0, "particles": 300, "horizon_min": 120.0, "seed": 7,
     "doses": [{"at_min": 0.0, "route": "iv", "amount_mg": 41.0, "duration_min": 40.0}],
     "covariates": {"weight_kg": 82.0, "age_years": 45.0, "cyp2b6_chronic": "*1/*6",
                    "interactions": ["ticlopidine"]},
     "observed": [{"at_min": 10.0, "sign": "sbp_mmhg", "value": 135.0}],
     "baseline_sbp_mmhg": [121.0]},
)  # fmt: skip
VERSION, ANSWERS = 2, (
    (119.521599, 63.963067, 75.254135, 75.254135, 4.493356, 4.578361, 4.578361, 2.984289, 2.036303,
     2.036303),
    (183.42877, 102.7745, 161.189955, 77.381897, 4.565067, 4.902877, 2.946155, 3.357733, 2.992103,
     1.004703),
)  # fmt: skip


@pytest.mark.parametrize(("question", "known"), zip(QUESTIONS, ANSWERS, strict=True))
def test_other_answers_want_another_version(question: dict[str, Any], known: tuple[float]) -> None:
    """Equations are no constants: these answers stand for them."""
    told = forecast(request_from_json(question))
    found = [told.effective]
    for name in ("concentration_ng_ml", "delta_sbp_mmhg", "cadss"):
        for scenario in (told.so_far, told.goes_on, told.stops):
            found.append(float(np.mean(scenario.bands[name].levels)))

    assert provenance.EQUATIONS_VERSION == VERSION
    np.testing.assert_allclose(found, known, rtol=1e-5)
