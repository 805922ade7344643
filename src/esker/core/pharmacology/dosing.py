"""Which model a regimen needs, and how many milligrams reach which compartment of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .covariates import InputError
from .individuals import Individuals
from .regimen import RACEMIC_NASAL, Dose, Route
from .tables_e import MODEL_E
from .tables_r import MODEL_R
from .timeline import Input

Floats = NDArray[np.float64]
# Channels of the two kernels.
NASAL, SWALLOWED, ORAL, VEIN = range(4)
S, R = range(2)
DEPOT_ROUTES: Final = (Route.IM, Route.SC)


class Drug(StrEnum):
    """Racemic ketamine or its S-enantiomer."""

    ESKETAMINE = "esketamine"
    KETAMINE = "ketamine"


@dataclass(frozen=True, slots=True)
class Plan:
    """A regimen for one model: inputs on the time axis and mg per patient for each.

    `share(individuals)` of a column gives the fraction of `amount_mg` that arrives.
    """

    model: str
    inputs: tuple[Input, ...]
    columns: tuple[tuple[float, str], ...]  # (mg, rule by which it arrives)
    notes: tuple[str, ...]

    def amounts(self, who: Individuals) -> Floats:
        """(columns, patients) mg that reach each input's compartment."""
        return np.stack(
            [mg * np.broadcast_to(_fraction(rule, who), who.count) for mg, rule in self.columns]
        )


def choose_model(drug: Drug, doses: tuple[Dose, ...]) -> str:
    """ "E" or "R".

    Raises
    ------
    InputError
        For an empty regimen, and for routes no published model supports.
    """
    if not doses:
        raise InputError("regimen must hold at least one dose")
    routes = {dose.route for dose in doses}
    if drug is Drug.KETAMINE:
        if Route.NASAL in routes:
            raise InputError(RACEMIC_NASAL)
        if Route.ORAL in routes:
            raise InputError(
                "route oral: for swallowed racemate only the fraction absorbed is published, "
                "not how fast; it is not simulated"
            )
        return "R"
    if routes & {Route.NASAL, Route.ORAL}:
        if routes & set(DEPOT_ROUTES):
            raise InputError("route: nasal or oral cannot be combined with im or sc in one model")
        return "E"
    return "R"


def plan(drug: Drug, doses: tuple[Dose, ...]) -> Plan:
    """Lay a regimen out for the model that it needs; see `choose_model` for what is refused."""
    ordered = tuple(sorted(doses, key=lambda dose: dose.at_min))
    if choose_model(drug, ordered) == "E":
        return _plan_e(ordered)
    return _plan_r(drug, ordered)


def _plan_e(doses: tuple[Dose, ...]) -> Plan:
    inputs: list[Input] = []
    columns: list[tuple[float, str]] = []

    def add(channel: int, mg: float, rule: str, start: float, duration: float) -> None:
        inputs.append(Input(channel, len(columns), start, duration))
        columns.append((mg, rule))

    for dose, nth in zip(doses, nasal_order(doses), strict=True):
        if dose.route is Route.NASAL:
            which = "first" if nth == 1 else "later"
            add(NASAL, dose.amount_mg, f"nasal_{which}", dose.at_min, 0.0)
            add(
                SWALLOWED,
                dose.amount_mg,
                f"swallowed_{which}",
                dose.at_min,
                MODEL_E["dsw"].value * 60,
            )
        elif dose.route is Route.ORAL:
            add(ORAL, dose.amount_mg, "gut", dose.at_min, MODEL_E["dpo"].value * 60)
        else:
            add(VEIN, dose.amount_mg, "all", dose.at_min, dose.duration_min)
    notes = []
    if any(dose.route is Route.ORAL for dose in doses):
        notes.append("Oral use of Model E fails its check: 18 % absorbed against 8 % observed.")
    if any(dose.route is Route.IV for dose in doses):
        notes.append("IV in Model E is a fallback; Model R fits infusions better.")
    return Plan("E", tuple(inputs), tuple(columns), tuple(notes))


def nasal_order(doses: tuple[Dose, ...]) -> tuple[int, ...]:
    """For each dose, which device of its session it is (0 for other routes).

    A gap of more than two hours since the last device starts a new session.
    """
    gap = MODEL_E["session_gap_h"].value * 60.0
    found, last, nth = [], -np.inf, 0
    for dose in doses:
        if dose.route is not Route.NASAL:
            found.append(0)
            continue
        nth = 1 if dose.at_min - last > gap else nth + 1
        last = dose.at_min
        found.append(nth)
    return tuple(found)


def _plan_r(drug: Drug, doses: tuple[Dose, ...]) -> Plan:
    inputs: list[Input] = []
    columns: list[tuple[float, str]] = []
    halves = ((S, 1.0),) if drug is Drug.ESKETAMINE else ((S, 0.5), (R, 0.5))
    for dose in doses:
        share, minutes = 1.0, dose.duration_min
        if dose.route in DEPOT_ROUTES:
            share, minutes = MODEL_R[f"{dose.route}_f"].value, MODEL_R[f"{dose.route}_min"].value
        for channel, half in halves:
            inputs.append(Input(channel, len(columns), dose.at_min, minutes))
            columns.append((dose.amount_mg * half * share, "all"))
    notes: tuple[str, ...] = ()
    if any(dose.route in DEPOT_ROUTES for dose in doses):
        notes = ("Uptake after IM or SC is an own estimate, low confidence.",)
    return Plan("R", tuple(inputs), tuple(columns), notes)


def _fraction(rule: str, who: Individuals) -> Floats | float:
    if rule == "all":
        return 1.0
    if rule == "gut":
        return who.fgut
    kind, which = rule.split("_")
    nasal = who.frn * (1.0 if which == "first" else MODEL_E["frn_later"].value)
    return nasal if kind == "nasal" else (1.0 - nasal) * who.fgut
