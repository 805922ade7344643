"""Tables that pages query: each is fed by entries as they are appended, and can be made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from esker.core import ledger as core


@dataclass(frozen=True, slots=True)
class Projection:
    prefix: str
    apply: Callable[[core.Entry], None]
    reset: Callable[[str], None]


_registered: list[Projection] = []


def register(
    kind_prefix: str, apply_fn: Callable[[core.Entry], None], reset_fn: Callable[[str], None]
) -> None:
    """Feed `apply_fn` every entry whose kind starts so; `reset_fn(clinic_id)` empties it."""
    _registered.append(Projection(kind_prefix, apply_fn, reset_fn))


def apply(entry: core.Entry) -> None:
    for projection in _registered:
        if entry.kind.startswith(projection.prefix):
            projection.apply(entry)


def reset(clinic_id: str) -> None:
    for projection in _registered:
        projection.reset(clinic_id)
