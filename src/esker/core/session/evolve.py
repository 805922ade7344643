"""Folding entries into the state of a session. Nothing is judged here; it has been recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from esker.core.ledger import Entry, moment
from esker.core.monitoring.pairing import Pairing, begins
from esker.core.protocols.schema import Phase
from esker.core.session.commands import Person, PrnOrder, ScanVial, Tri
from esker.core.session.state import Dosing, Drawn, Given, Observed, Order, Session

Body = Mapping[str, Any]
Fold = Callable[[Session, Entry, Body], Session]
FOLDS: dict[str, Fold] = {}


def evolve(state: Session, entry: Entry) -> Session:
    """The state after `entry`. A kind that changes no state still counts its place."""
    fold = FOLDS.get(entry.kind)
    after = fold(state, entry, entry.data()) if fold else state
    return replace(after, id=entry.stream.partition(":")[2], seq=entry.seq)


def fold(entries: Iterable[Entry]) -> Session:
    """The state that a whole stream tells."""
    state = Session()
    for entry in entries:
        state = evolve(state, entry)
    return state


def on(kind: str) -> Callable[[Fold], Fold]:
    def keep(function: Fold) -> Fold:
        FOLDS[kind] = function
        return function

    return keep


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _time(body: Body, name: str, entry: Entry) -> datetime:
    return moment(body[name]) if body.get(name) else entry.occurred_at


@on("session.opened")
def opened(state: Session, entry: Entry, body: Body) -> Session:
    return replace(
        state,
        protocol_hash=body["protocol_hash"],
        patient=Person.model_validate(body["patient"]),
        planned_at=datetime.fromisoformat(body["planned_at"]),
    )


@on("order.signed")
def ordered(state: Session, entry: Entry, body: Body) -> Session:
    order = Order(
        version=body["version"],
        drug=body["drug"],
        route=body["route"],
        dose_mg=Decimal(body["ordered_mg"]),
        dose_mg_per_kg=_number(body["dose_mg_per_kg"]),
        duration_min=_number(body["duration_min"]),
        weight_kg=_number(body["weight_kg"]),
        prns=tuple(PrnOrder.model_validate(prn) for prn in body["prns"]),
        signed_by=entry.actor,
        signed_at=entry.occurred_at,
    )
    return replace(state, orders=(*state.orders, order))


@on("patient.arrived")
def arrived(state: Session, entry: Entry, body: Body) -> Session:
    return replace(
        state, arrived_at=entry.occurred_at, identified_by=entry.actor, phase=Phase.CLEAR,
        nurse=state.nurse or entry.actor,
    )  # fmt: skip


@on("readiness.answered")
def answered(state: Session, entry: Entry, body: Body) -> Session:
    new = {name: (Tri(answer), entry.occurred_at) for name, answer in body["answers"].items()}
    return replace(state, readiness={**state.readiness, **new})


@on("patient.weighed")
def weighed(state: Session, entry: Entry, body: Body) -> Session:
    weight = (Decimal(body["weight_kg"]), entry.occurred_at)
    return replace(state, weights=(*state.weights, weight), weight_doubt=body["doubt"])


@on("monitor.paired")
def paired(state: Session, entry: Entry, body: Body) -> Session:
    count_from = body.get("readings_from")  # older entries do not say it
    new = Pairing(
        body["monitor"], body["chair"],
        moment(count_from) if count_from else begins(entry.occurred_at, state.arrived_at, None),
    )  # fmt: skip
    return replace(
        state, chair=new.chair, monitor=new.monitor, paired_at=entry.occurred_at,
        pairings=(*_let_go(state, entry.occurred_at), new),
    )  # fmt: skip


@on("monitor.unpaired")
def unpaired(state: Session, entry: Entry, body: Body) -> Session:
    kept = _let_go(state, entry.occurred_at)
    return replace(state, monitor=None, paired_at=None, pairings=kept)


def _let_go(state: Session, at: datetime) -> tuple[Pairing, ...]:
    """The pairings, the last one ended; one that is told to end before it began holds nothing."""
    if not state.pairings or state.pairings[-1].until is not None:
        return state.pairings
    return (*state.pairings[:-1], replace(state.pairings[-1], until=at))


@on("vitals.recorded")
def vitals(state: Session, entry: Entry, body: Body) -> Session:
    seen = tuple(
        Observed(
            entry.id, vital["channel"], Decimal(vital["value"]), vital["unit"],
            _time(body, "observed", entry), entry.actor, vital.get("reading"),
        )
        for vital in body["vitals"]
    )  # fmt: skip
    return replace(state, observed=(*state.observed, *seen))


@on("scale.recorded")
def scale(state: Session, entry: Entry, body: Body) -> Session:
    score = Observed(
        entry.id, body["scale"], Decimal(body["value"]), "score", _time(body, "observed", entry),
        entry.actor,
    )  # fmt: skip
    return replace(state, observed=(*state.observed, score))


@on("vial.scanned")
def scanned(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, vials=(*state.vials, ScanVial.model_validate(body["vial"])))


@on("dose.drawn")
def drawn(state: Session, entry: Entry, body: Body) -> Session:
    return replace(
        state,
        drawn=Drawn(
            body["order_version"], body["vial"], Decimal(body["drawn_ml"]),
            Decimal(body["drawn_mg"]), Decimal(body["final_ml"]),
            Decimal(body["pump_rate_ml_per_h"]), entry.occurred_at,
        ),
    )  # fmt: skip


@on("gate.cleared")
def cleared(state: Session, entry: Entry, body: Body) -> Session:
    baseline = {seen["channel"]: Decimal(seen["value"]) for seen in body["relied_on"]}
    scores = {each.what: each.value for each in state.observed if each.unit == "score"}
    return _spend(
        replace(
            state, cleared_at=entry.occurred_at, cleared_version=body["order_version"],
            baseline={**scores, **baseline},
        ),
        body,
    )  # fmt: skip


@on("dose.started")
def started(state: Session, entry: Entry, body: Body) -> Session:
    state = _spend(replace(state, phase=Phase.DOSE), body)
    if state.drawn is None:
        return replace(state, dosing=Dosing.READY, devices_allowed=1)
    return _run(state, entry, state.drawn.rate_ml_per_h)


@on("device.allowed")
def allowed(state: Session, entry: Entry, body: Body) -> Session:
    return _spend(replace(state, devices_allowed=body["device"]), body)


@on("device.given")
def device(state: Session, entry: Entry, body: Body) -> Session:
    given = Given(
        entry.id, Decimal(body["amount_mg"]), moment(body["counted_at"]), moment(body["told_at"]),
        body["vial"], body["device"],
    )  # fmt: skip
    return replace(
        state, given=(*state.given, given), dosing=Dosing.RUNNING, phase=Phase.DOSE,
        devices_allowed=max(state.devices_allowed, body["device"]),
    )  # fmt: skip


@on("infusion.paused")
def paused(state: Session, entry: Entry, body: Body) -> Session:
    if state.dosing not in (Dosing.READY, Dosing.RUNNING):
        return state  # there was nothing to pause; the deviation beside this entry says so
    return replace(_halt(state, moment(body["counted_at"])), dosing=Dosing.PAUSED)


@on("infusion.resumed")
def resumed(state: Session, entry: Entry, body: Body) -> Session:
    state = _spend(state, body)
    if state.drawn is None:
        return replace(state, dosing=Dosing.RUNNING if state.given else Dosing.READY)
    return _run(state, entry, state.rate_ml_per_h or state.drawn.rate_ml_per_h)


@on("rate.changed")
def rate(state: Session, entry: Entry, body: Body) -> Session:
    new = Decimal(body["pump_rate_ml_per_h"])
    if state.dosing is not Dosing.RUNNING:
        return replace(state, rate_ml_per_h=new)
    return _run(_halt(state, entry.occurred_at), entry, new)


@on("dose.stopped")
@on("dose.ended")
def ended(state: Session, entry: Entry, body: Body) -> Session:
    if state.dosing is Dosing.NOT_STARTED:
        return state  # as for a pause: told, recorded, and nothing to end
    return replace(
        _halt(state, moment(body["counted_at"])), dosing=Dosing.DONE, phase=Phase.RECOVER
    )


def _run(state: Session, entry: Entry, rate: Decimal) -> Session:
    given = Given(
        entry.id, Decimal(0), entry.occurred_at, entry.occurred_at,
        state.drawn.vial if state.drawn else None, None, rate,
    )  # fmt: skip
    return replace(
        state, given=(*state.given, given), dosing=Dosing.RUNNING, rate_ml_per_h=rate,
        phase=Phase.DOSE,
    )  # fmt: skip


def _halt(state: Session, at: datetime) -> Session:
    """The infusion's open stretch ends at `at`, never before it began."""
    if not state.given or state.given[-1].rate_ml_per_h is None or state.given[-1].until:
        return state
    last = state.given[-1]
    return replace(state, given=(*state.given[:-1], replace(last, until=max(at, last.at))))


def _spend(state: Session, body: Body) -> Session:
    """An override opens one gate once."""
    used = set(body.get("overrides", ()))
    return replace(state, overrides={k: v for k, v in state.overrides.items() if k not in used})


@on("override.requested")
def requested(state: Session, entry: Entry, body: Body) -> Session:
    requests = {**state.override_requests, body["rule"]: body["reason"]}
    return replace(state, override_requests=requests)


@on("override.signed")
def overridden(state: Session, entry: Entry, body: Body) -> Session:
    left = {k: v for k, v in state.override_requests.items() if k != body["rule"]}
    signed = {**state.overrides, body["rule"]: entry.occurred_at}
    return replace(state, override_requests=left, overrides=signed)


@on("alarm.acknowledged")
def acknowledged(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, acknowledged={**state.acknowledged, body["alarm"]: entry.occurred_at})


@on("alarm.paused")
def alarm_paused(state: Session, entry: Entry, body: Body) -> Session:
    until = {**state.paused_alarms, body["alarm"]: moment(body["until"])}
    return replace(state, paused_alarms=until)


@on("emergency.called")
def emergency(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, emergency_at=state.emergency_at or entry.occurred_at)


@on("emergency.ended")
def calm(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, emergency_at=None)


@on("adverse_event.recorded")
def adverse(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, events=(*state.events, entry.id))


@on("rescue.given")
def rescue(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, rescues=(*state.rescues, (body["medicine"], entry.id)))


@on("deviation.noted")
def deviation(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, deviations=(*state.deviations, entry.id))


@on("deviation.reviewed")
def reviewed(state: Session, entry: Entry, body: Body) -> Session:
    left = tuple(each for each in state.deviations if each != body["entry"])
    return replace(state, deviations=left)


@on("time.accepted")
def accepted(state: Session, entry: Entry, body: Body) -> Session:
    given = tuple(
        replace(each, at=each.told_at) if each.entry == body["entry"] else each
        for each in state.given
    )
    return replace(state, given=given)


@on("vial.wasted")
def wasted(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, wasted=state.wasted | {body["vial"]})


@on("handover.offered")
def offered(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, handing_to=body["to"])


@on("handover.accepted")
def taken(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, nurse=entry.actor, handing_to=None)


@on("discharge.assessed")
def assessed(state: Session, entry: Entry, body: Body) -> Session:
    new = {name: (Tri(answer), entry.occurred_at) for name, answer in body["answers"].items()}
    return replace(state, criteria={**state.criteria, **new})


@on("escort.seen")
def escort(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, escort=body["name"])


@on("session.closed")
def closed(state: Session, entry: Entry, body: Body) -> Session:
    dosing = Dosing.DONE if state.given else Dosing.NOT_STARTED
    return replace(
        _halt(state, entry.occurred_at), dosing=dosing, phase=Phase.HOME,
        closed_at=entry.occurred_at, outcome=body["outcome"],
        pairings=_let_go(state, entry.occurred_at),
    )  # fmt: skip
