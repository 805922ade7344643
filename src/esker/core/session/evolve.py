"""Folding entries into the state of a session. Nothing is judged here; it has been recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from esker.core.interactions import Interaction
from esker.core.ledger import Entry, moment
from esker.core.monitoring.pairing import Pairing, begins
from esker.core.protocols.schema import Phase
from esker.core.session.commands import Person, PrnOrder, ScanVial, Tri
from esker.core.session.dose_folds import DOSE_FOLDS, Body, Fold, halt, number, time_in
from esker.core.session.state import (
    NOBODY,
    Dosing,
    Interactions,
    Observed,
    Order,
    Request,
    Session,
    replace,
)  # fmt: skip

FOLDS: dict[str, Fold] = dict(DOSE_FOLDS)


def evolve(state: Session, entry: Entry) -> Session:
    """The state after `entry`. A kind that changes no state still counts its place."""
    fold = FOLDS.get(entry.kind)
    after = fold(state, entry, entry.data()) if fold else state
    if state.closed_at is not None:
        after = _still_closed(state, after)
    heard = max(state.heard_at or entry.recorded_at, entry.recorded_at)
    return replace(after, id=entry.stream.partition(":")[2], seq=entry.seq, heard_at=heard)


def _still_closed(before: Session, after: Session) -> Session:
    """What is told after the end corrects amounts and times; it does not open the session again."""
    return replace(
        after, phase=Phase.HOME, dosing=Dosing.DONE if after.given else Dosing.NOT_STARTED,
        closed_at=before.closed_at, outcome=before.outcome, chair=before.chair,
        monitor=before.monitor, paired_at=before.paired_at, nurse=before.nurse,
    )  # fmt: skip


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
    # A signature was about the dose that it saw: none outlives a new order.
    state = replace(state, overrides={}, carried={})
    order = Order(
        version=body["version"],
        drug=body["drug"],
        route=body["route"],
        dose_mg=Decimal(body["ordered_mg"]),
        dose_mg_per_kg=number(body["dose_mg_per_kg"]),
        duration_min=number(body["duration_min"]),
        weight_kg=number(body["weight_kg"]),
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


@on("interactions.recorded")
def interactions(state: Session, entry: Entry, body: Body) -> Session:
    named = tuple(Interaction(name) for name in body["interactions"])
    return replace(state, interactions=Interactions(Tri(body["answer"]), named))


@on("patient.weighed")
def weighed(state: Session, entry: Entry, body: Body) -> Session:
    weight = (Decimal(body["weight_kg"]), entry.occurred_at)
    return replace(state, weights=(*state.weights, weight), weight_doubt=body["doubt"])


@on("monitor.paired")
def paired(state: Session, entry: Entry, body: Body) -> Session:
    count_from, named = body.get("readings_from"), body.get("named_from")  # not in older entries
    new = Pairing(
        body["monitor"], body["chair"],
        moment(count_from) if count_from else begins(entry.occurred_at, state.arrived_at, None),
        named_from=moment(named) if named else None,
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
    at = _observed(entry, body)
    seen = tuple(
        Observed(
            entry.id, vital["channel"], Decimal(vital["value"]), vital["unit"], at,
            entry.actor, vital.get("reading"),
        )
        for vital in body["vitals"]
    )  # fmt: skip
    return replace(state, observed=(*state.observed, *seen))


@on("scale.recorded")
def scale(state: Session, entry: Entry, body: Body) -> Session:
    score = Observed(
        entry.id, body["scale"], Decimal(body["value"]), "score", _observed(entry, body),
        entry.actor,
    )  # fmt: skip
    return replace(state, observed=(*state.observed, score))


def _observed(entry: Entry, body: Body) -> datetime:
    """When it was observed, and no later than heard: a fast clock outruns no monitor."""
    return min(time_in(body, "observed", entry), entry.recorded_at)


@on("vial.scanned")
def scanned(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, vials=(*state.vials, ScanVial.model_validate(body["vial"])))


@on("override.requested")
def requested(state: Session, entry: Entry, body: Body) -> Session:
    asked = Request(entry.actor, entry.occurred_at, body["reason"])
    return replace(state, override_requests={**state.override_requests, body["rule"]: asked})


@on("override.signed")
def overridden(state: Session, entry: Entry, body: Body) -> Session:
    signed = {**state.overrides, body["rule"]: _heard(entry)}
    return replace(declined(state, entry, body), overrides=signed)


@on("override.declined")
def declined(state: Session, entry: Entry, body: Body) -> Session:
    left = {k: v for k, v in state.override_requests.items() if k != body["rule"]}
    return replace(state, override_requests=left)


def _heard(entry: Entry) -> datetime:
    """When it happened, and no later than it was heard: a fast clock covers nothing to come."""
    return min(entry.occurred_at, entry.recorded_at)


@on("alarm.acknowledged")
def acknowledged(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, acknowledged={**state.acknowledged, body["alarm"]: _heard(entry)})


@on("alarm.paused")
def alarm_paused(state: Session, entry: Entry, body: Body) -> Session:
    until = {**state.paused_alarms, body["alarm"]: moment(body["until"])}
    return replace(state, paused_alarms=until)


@on("emergency.called")
def emergency(state: Session, entry: Entry, body: Body) -> Session:
    called = replace(_shaken(state, entry), emergency_at=state.emergency_at or entry.occurred_at)
    return _waiting_for_a_name(called, entry)


def _shaken(state: Session, entry: Entry) -> Session:
    """Something happened after which nobody is well only because they were well before it."""
    return replace(state, shaken_at=max(state.shaken_at or _heard(entry), _heard(entry)))


def _waiting_for_a_name(state: Session, entry: Entry) -> Session:
    if entry.actor != NOBODY:
        return state
    return replace(state, nameless=(*state.nameless, entry.id))


@on("entry.named")
def named(state: Session, entry: Entry, body: Body) -> Session:
    left = tuple(each for each in state.nameless if each != body["entry"])
    return replace(state, nameless=left)


@on("emergency.ended")
def calm(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, emergency_at=None)


@on("adverse_event.recorded")
def adverse(state: Session, entry: Entry, body: Body) -> Session:
    grave = body["serious"] or body["severity"] == "severe"
    state = _shaken(state, entry) if grave else state
    return replace(state, events=(*state.events, entry.id))


@on("rescue.given")
def rescue(state: Session, entry: Entry, body: Body) -> Session:
    given = replace(_shaken(state, entry), rescues=(*state.rescues, (body["medicine"], entry.id)))
    return _waiting_for_a_name(given, entry)


@on("deviation.noted")
def deviation(state: Session, entry: Entry, body: Body) -> Session:
    return replace(state, deviations=(*state.deviations, entry.id))


@on("deviation.reviewed")
def reviewed(state: Session, entry: Entry, body: Body) -> Session:
    left = tuple(each for each in state.deviations if each != body["entry"])
    return replace(state, deviations=left)


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
    return replace(state, escort=body["name"], escort_at=_heard(entry))


@on("session.closed")
def closed(state: Session, entry: Entry, body: Body) -> Session:
    if state.closed_at is not None:
        return state  # the first end stands; the deviation beside this entry says the second
    dosing = Dosing.DONE if state.given else Dosing.NOT_STARTED
    return replace(
        halt(state, entry, body, None), dosing=dosing, phase=Phase.HOME,
        closed_at=entry.occurred_at, outcome=body["outcome"],
        pairings=_let_go(state, entry.occurred_at),
    )  # fmt: skip
