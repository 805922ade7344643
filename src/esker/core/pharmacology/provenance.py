"""Which model it was: a hash of every constant and of the equations' version.

The ledger keeps it beside the inputs and the seed of a forecast, so that what was shown can be
made again exactly, or be known to come from another model.

Constants are found, not listed: a list forgets what is added later. Left out are where a number comes
from and how far to trust it, since a better citation is no other model; how wide the machine computes
(`lanes`), since a patient's result does not depend on it; and the kernels' own constants, which are
places in arrays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Final

import numpy as np

# Raise when an equation, the order of draws or the forecast's rules change.
EQUATIONS_VERSION: Final = 2
TABLES: Final = ("tables_e", "tables_r", "tables_effects", "tables_weeks")
RULES: Final = (
    "covariates", "dense", "dense_kernel", "dense_models", "dosing", "effects", "engine", "events",
    "forecast", "forecast_json", "individuals", "layout", "matrix", "modes", "regimen", "simulate",
    "strain", "timeline", "virtual_patient", "weeks",
)  # fmt: skip
MACHINE: Final = "lanes"
ABOUT_A_NUMBER: Final = ("source", "confidence", "note")


def model_hash() -> str:
    """SHA-256, in hex, over the constants with their units and the equations' version."""
    digest = hashlib.sha256(f"equations {EQUATIONS_VERSION}\n".encode())
    for name, value in constants():
        digest.update(f"{name} {_plain(value)!r}\n".encode())
    return digest.hexdigest()


def constants() -> Iterator[tuple[str, object]]:
    """(module.NAME, value) of everything that a result depends on."""
    for module in TABLES:
        yield from (each for each in _named(module) if isinstance(each[1], Mapping))
    for module in RULES:
        yield from _named(module)


def _named(title: str) -> Iterator[tuple[str, object]]:
    """A module's constants: its names in capitals that are neither types nor the machine's."""
    for name, value in sorted(vars(_module(title)).items()):
        if name.isupper() and not isinstance(value, type) and name not in vars(_module(MACHINE)):
            yield f"{title}.{name}", value


def _module(title: str) -> ModuleType:
    """Loaded when asked: the forecast asks for this hash, and the modes need a compiler."""
    return import_module(f"{__package__}.{title}")


def _plain(value: object) -> object:
    """The value in words that are the same in every process.

    Of another kind than these only the type is told: a test finds it, and no forecast stops for it.
    """
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(each)) for key, each in value.items())
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if is_dataclass(value):
        kept = [field.name for field in fields(value) if field.name not in ABOUT_A_NUMBER]
        return [(name, _plain(getattr(value, name))) for name in kept]
    if isinstance(value, re.Pattern):
        return value.pattern
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    return type(value).__name__
