"""From a session to the question that a forecast answers, as plain JSON.

Only what people confirmed counts as observed. What is still to come is what the order and the pump
say: the rest of the devices at their spacing, or the syringe at its rate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Phase, Protocol
from esker.core.session import dosing, intake
from esker.core.session.commands import Tri
from esker.core.session.state import Dosing, Session

Json = dict[str, Any]
SIGNS = {Channel.SBP.value: "sbp_mmhg", "cadss": "cadss"}
WATCHED = (Phase.DOSE, Phase.RECOVER)
RACEMATE = "ketamine"
SOON = timedelta(minutes=1)  # when a device that is due has not been given, it may be by then


class Unable(Exception):
    """No forecast is possible; the sentence stands in its place."""


def first_dose_at(state: Session) -> datetime | None:
    return min((each.at for each in state.given), default=None)


def request(state: Session, protocol: Protocol, now: datetime, earlier: int) -> Json:
    """The question as of `now`.

    Parameters
    ----------
    earlier
        Sessions with a dose that this patient had before.

    Raises
    ------
    Unable
        With a sentence for the page.
    """
    begun = first_dose_at(state)
    if begun is None or state.patient is None:
        raise Unable("Nothing has been given yet.")
    doses = [*_given(state, protocol, begun, now), *_to_come(state, protocol, begun, now)]
    if not doses:
        raise Unable("The dose given so far is not known.")
    return {
        "drug": protocol.drug.name,
        "doses": sorted(doses, key=lambda dose: (dose["at_min"], dose["amount_mg"])),
        "now_min": _minutes(begun, now),
        "covariates": {
            "weight_kg": _weight(state, protocol),
            "age_years": (now.date() - state.patient.born).days / 365.25,
            "session_number": earlier + 1,
            "interactions": list(state.interactions.named) if state.interactions else [],
        },
        "told": state.interactions is not None and state.interactions.answer is not Tri.UNKNOWN,
        "observed": _observed(state, begun, now),
        "baseline_sbp_mmhg": _baseline(state, begun),
        "seed": seed(state.id),
    }


def seed(session_id: str) -> int:
    """The same virtual patients all session long, so that bands move only for a reason."""
    return int.from_bytes(hashlib.sha256(session_id.encode()).digest()[:6])


def _minutes(begun: datetime, at: datetime) -> float:
    return round(max((at - begun) / timedelta(minutes=1), 0.0), 3)


def _weight(state: Session, protocol: Protocol) -> float:
    ordered = state.order.weight_kg if state.order else None
    known = state.weights[-1][0] if state.weights else ordered
    if known is None and protocol.drug.name == RACEMATE:
        raise Unable("The weight is not known; the model of this drug needs it.")
    return float(known or 70)  # Model E keeps no weight


def _dose(protocol: Protocol, at: float, mg: float, minutes: float = 0.0) -> Json:
    return {
        "at_min": at, "route": protocol.drug.route, "amount_mg": mg, "duration_min": minutes,
    }  # fmt: skip


def _given(state: Session, protocol: Protocol, begun: datetime, now: datetime) -> Iterator[Json]:
    for each in intake.ended(state, now):
        yield _dose(protocol, _minutes(begun, each.at), each.mg, round(each.minutes, 3))


def _to_come(state: Session, protocol: Protocol, begun: datetime, now: datetime) -> Iterator[Json]:
    if state.dosing in (Dosing.DONE, Dosing.NOT_STARTED):
        return
    if protocol.dose.device is not None:
        yield from _devices(state, protocol, begun, now)
    else:
        yield from _syringe(state, protocol, begun, now)


def _devices(state: Session, protocol: Protocol, begun: datetime, now: datetime) -> Iterator[Json]:
    assert protocol.dose.device is not None
    given = [each for each in state.given if each.device]
    spacing = timedelta(minutes=float(protocol.dose.rest.value if protocol.dose.rest else 5))
    due = max((each.at for each in given), default=now)
    for _ in range(dosing.devices_ordered(state, protocol) - len(given)):
        due = max(due + spacing, now + SOON)
        yield _dose(protocol, _minutes(begun, due), float(protocol.dose.device.value))


def _syringe(state: Session, protocol: Protocol, begun: datetime, now: datetime) -> Iterator[Json]:
    """The stretch that runs, to the syringe's end; when paused, the rest as if resumed now."""
    pump = intake.pumping(state, now)
    # A pump that ran past its syringe's end has given it all; its end has not been told yet.
    if pump and pump.left_mg > 0:
        yield _dose(protocol, _minutes(begun, pump.at), pump.left_mg, pump.minutes)


def _observed(state: Session, begun: datetime, now: datetime) -> list[Json]:
    found = [
        {"at_min": _minutes(begun, each.observed_at), "sign": SIGNS[each.what],
         "value": float(each.value)}
        for each in state.observed
        if each.what in SIGNS and begun <= each.observed_at <= now
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one["at_min"], one["sign"]))


def _baseline(state: Session, begun: datetime) -> list[float]:
    """Confirmed pressures before the first dose; else the one that clearance relied on."""
    before = [
        float(each.value)
        for each in state.observed
        if each.what == Channel.SBP.value and each.observed_at < begun
    ]
    fixed = state.baseline.get(Channel.SBP.value)
    return before or ([float(fixed)] if fixed is not None else [])
