"""What a simulated monitor may play on top of its patient: pure functions of the minutes so far.

Each is meant to be seen: within two minutes of its start it shows on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from esker.core.monitoring.channels import Channel

SCENARIOS = ("calm", "hypertensive", "desaturation", "artefact", "silent")
Vitals = dict[Channel, float]


def ramp(minutes: float, begins: float, over: float) -> float:
    """0 before `begins`, then smoothly up to 1 in `over` minutes."""
    place = min(max((minutes - begins) / over, 0), 1)
    return place * place * (3 - 2 * place)


def _calm(_minutes: float) -> Vitals:
    return {}


def _hypertensive(minutes: float) -> Vitals:
    rise = ramp(minutes, 0, 1.5)
    return {Channel.SBP: 68 * rise, Channel.DBP: 38 * rise, Channel.HR: 22 * rise}


def _desaturation(minutes: float) -> Vitals:
    """Saturation falls within a minute and a half, and comes back after four."""
    fall = ramp(minutes, 0.5, 1) - ramp(minutes, 4, 2)
    return {Channel.SPO2: -11 * fall, Channel.RR: -6 * fall, Channel.HR: 12 * fall}


def _artefact(minutes: float) -> Vitals:
    """A loose probe: for 8 s in each minute the oximeter shows nonsense."""
    shaken = minutes % 1 < 8 / 60
    return {Channel.SPO2: -46, Channel.HR: 85} if shaken else {}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What it changes, how often the cuff measures, and when the monitor stops speaking."""

    change: Callable[[float], Vitals]
    cuff_min: float = 5
    speaks_min: float | None = None


PLAYS = {
    "calm": Scenario(_calm),
    "hypertensive": Scenario(_hypertensive, cuff_min=1),
    "desaturation": Scenario(_desaturation),
    "artefact": Scenario(_artefact),
    "silent": Scenario(_calm, speaks_min=1),
}
