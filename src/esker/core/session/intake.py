"""What has gone into a patient and what the pump still holds, as a model of the drug wants it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from esker.core.session import dosing
from esker.core.session.state import Session

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Intake:
    """A device, or a stretch at one rate that has ended: `mg` in `minutes` from `at` on."""

    at: datetime
    minutes: float
    mg: float


@dataclass(frozen=True, slots=True)
class Pumping:
    """What goes in from `at` on at `mg_per_min`, until the `left_mg` of the syringe are gone."""

    at: datetime
    mg_per_min: float
    left_mg: float

    @property
    def minutes(self) -> float:
        return self.left_mg / self.mg_per_min


def ended(state: Session, now: datetime) -> Iterator[Intake]:
    """Everything that went in by `now`, but for the stretch that still runs."""
    for each in state.given:
        if each is dosing.running(state) or each.at > now:
            continue
        until = each.at if each.rate_ml_per_h is None else each.until or now
        mg = float(dosing.segment_mg(state, each, until))
        minutes = max((until - each.at) / MINUTE, 0.0)
        if mg > 0 and (minutes > 0 or each.rate_ml_per_h is None):
            yield Intake(each.at, minutes, mg)


def pumping(state: Session, now: datetime) -> Pumping | None:
    """The stretch that runs or, when paused, what would follow if it went on now."""
    runs, per_ml = dosing.running(state), dosing.strength(state.drawn)
    rate = runs.rate_ml_per_h if runs else state.rate_ml_per_h
    if state.drawn is None or per_ml is None or not rate:
        return None
    start = runs.at if runs else now
    left = float(state.drawn.drawn_mg) - float(dosing.given_mg(state, start))
    return Pumping(start, float(rate * per_ml) / 60, left)
