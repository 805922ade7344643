"""The fictional bodies at the other end of the monitors' cables.

A body rests, sways a little, and answers the drug as its virtual patient does. Pressure, heart rate
and scores come from the pharmacology; what no model gives (saturation, alertness from sedation, the
sway, how far one body exceeds the model) is made up for the play and nothing reads it but the play.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from esker.clinic.demo.scenarios import Vitals
from esker.core.monitoring.channels import Channel
from esker.core.pharmacology import Covariates, Dose
from esker.core.pharmacology.virtual_patient import Felt, VirtualPatient

SETTLED: Vitals = {
    Channel.SBP: 122, Channel.DBP: 76, Channel.HR: 72, Channel.SPO2: 97.4, Channel.RR: 14.5,
}  # fmt: skip
SWAY: Vitals = {
    Channel.SBP: 4, Channel.DBP: 3, Channel.HR: 3, Channel.SPO2: 1.5, Channel.RR: 1.2,
}  # fmt: skip
PERIODS_MIN = (0.4, 1.7, 7.3)
STRETCH_MIN, GRID_MIN = 5.0, 0.5  # one solution serves five minutes


@dataclass(frozen=True, slots=True)
class Body:
    """`resting` replaces settled values; `rise` multiplies the model's (half for diastolic)."""

    seed: int
    resting: Mapping[Channel, float] = field(default_factory=dict)
    rise: float = 1.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What went into one person: (instant, minutes, mg) of each device or stretch of infusion.

    A stretch that still runs says its rate, and when the syringe will be empty.
    """

    drug: str
    route: str
    weight_kg: float
    age: float
    doses: tuple[tuple[datetime, float, float], ...]
    mg_per_min: float = 0.0
    running_since: datetime | None = None
    empty_at: datetime | None = None

    @property
    def first_at(self) -> datetime | None:
        begins = [at for at, _, _ in self.doses]
        begins += [self.running_since] if self.running_since else []
        return min(begins, default=None)

    @property
    def changed_at(self) -> datetime | None:
        """When a device was given, or the pump last started, paused or changed."""
        ends = [at + timedelta(minutes=minutes) for at, minutes, _ in self.doses]
        ends += [self.running_since] if self.running_since else []
        return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the drug does at one instant; changes from the own baseline, scores as they would be."""

    ng_ml: float = 0.0
    sbp: float = 0.0
    dbp: float = 0.0
    hr: float = 0.0
    cadss: float = 0.0
    sedation: float = 0.0

    @property
    def moaa_s(self) -> int:
        """Alertness as a nurse would score it; where the steps lie is made up."""
        return 5 if self.sedation < 0.6 else 4 if self.sedation < 0.97 else 3


def taken(said: Mapping[str, Any]) -> Taken:
    """From the query's answer about one session."""

    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return Taken(
        said["drug"], said["route"], float(said["weight_kg"] or 70), float(said["age"]),
        tuple(
            (datetime.fromisoformat(each["at"]), float(each["minutes"]), float(each["mg"]))
            for each in said["doses"]
        ),
        float(said["mg_per_min"]), moment(said["running_since"]), moment(said["empty_at"]),
    )  # fmt: skip


def effect(body: Body, of: Taken | None, at: datetime) -> Effect:
    """What this body feels at `at` of what it has been given by then."""
    begun = of.first_at if of else None
    if of is None or begun is None or at <= begun:
        return Effect()
    minutes = (at - begun) / timedelta(minutes=1)
    grid = _felt(of, body.seed, int(minutes // STRETCH_MIN))
    curves = (
        grid.concentration_ng_ml, grid.delta_sbp_mmhg, grid.delta_dbp_mmhg, grid.delta_hr_bpm,
        grid.cadss, grid.sedation,
    )  # fmt: skip
    return Effect(*(float(np.interp(minutes, grid.minutes, curve)) for curve in curves))


@lru_cache(maxsize=64)
def _felt(of: Taken, seed: int, stretch: int) -> Felt:
    """The response over one stretch of minutes since the first dose."""
    begins = stretch * STRETCH_MIN
    times = np.arange(begins, begins + STRETCH_MIN + GRID_MIN / 2, GRID_MIN)
    who = Covariates(weight_kg=min(max(of.weight_kg, 30), 250), age_years=min(max(of.age, 0), 120))
    return VirtualPatient(of.drug, who, seed).respond(_doses(of, float(times[-1])), times)


def _doses(of: Taken, until_min: float) -> list[Dose]:
    begun = of.first_at
    assert begun is not None
    found = [
        Dose((at - begun) / timedelta(minutes=1), of.route, mg, minutes)
        for at, minutes, mg in of.doses
        if mg > 0
    ]
    if of.running_since:
        start = (of.running_since - begun) / timedelta(minutes=1)
        end = until_min if of.empty_at is None else min(
            until_min, (of.empty_at - begun) / timedelta(minutes=1)
        )  # fmt: skip
        if end > start:
            found.append(Dose(start, of.route, of.mg_per_min * (end - start), end - start))
    return found


def vitals(body: Body, felt: Effect, at: datetime) -> Vitals:
    """All channels of this body at `at`, before anything that its monitor makes of them."""
    changes = {
        Channel.SBP: felt.sbp * body.rise,
        Channel.DBP: felt.dbp * (1 + body.rise) / 2,
        Channel.HR: felt.hr * body.rise,
        Channel.SPO2: -1.5 * felt.sedation,
        Channel.RR: -1.0 * felt.sedation,
    }
    minutes = at.timestamp() / 60
    return {
        channel: body.resting.get(channel, SETTLED[channel])
        + _sway(body.seed, channel, minutes)
        + changes[channel]
        for channel in SETTLED
    }


def _sway(seed: int, channel: Channel, minutes: float) -> float:
    """Slow waves of several periods: smooth, never flat, and the same for the same seed."""
    own, waves = _waves(seed, channel)
    swing = sum(math.sin(2 * math.pi * minutes / period + phase) for period, phase in waves)
    return own + SWAY[channel] * swing / len(waves)


@lru_cache
def _waves(seed: int, channel: Channel) -> tuple[float, tuple[tuple[float, float], ...]]:
    chance = random.Random(f"{seed}:{channel}")  # noqa: S311  (a play, not a secret)
    own = chance.uniform(-1, 1) * SWAY[channel] / 2
    return own, tuple((period, chance.uniform(0, 2 * math.pi)) for period in PERIODS_MIN)
