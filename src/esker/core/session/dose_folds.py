"""Folding what the drug did: drawn, cleared, started, given, stopped, wasted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from esker.core.ledger import Entry, moment
from esker.core.protocols.schema import Phase
from esker.core.session.state import Dosing, Drawn, Given, Session, Wasted, replace

Body = Mapping[str, Any]
Fold = Callable[[Session, Entry, Body], Session]


def number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def time_in(body: Body, name: str, entry: Entry) -> datetime:
    return moment(body[name]) if body.get(name) else entry.occurred_at


def drawn(state: Session, entry: Entry, body: Body) -> Session:
    return replace(
        state,
        drawn=Drawn(
            body["order_version"], body["vial"], Decimal(body["drawn_ml"]),
            Decimal(body["drawn_mg"]), Decimal(body["final_ml"]),
            Decimal(body["pump_rate_ml_per_h"]), entry.occurred_at,
        ),
    )  # fmt: skip


def cleared(state: Session, entry: Entry, body: Body) -> Session:
    baseline = {seen["channel"]: Decimal(seen["value"]) for seen in body["relied_on"]}
    scores = {each.what: each.value for each in state.observed if each.unit == "score"}
    used = {rule: state.overrides[rule] for rule in body["overrides"] if rule in state.overrides}
    return replace(
        _spend(state, body), cleared_at=entry.occurred_at, cleared_version=body["order_version"],
        baseline={**scores, **baseline}, carried=used,
    )  # fmt: skip


def started(state: Session, entry: Entry, body: Body) -> Session:
    state = replace(_spend(state, body), phase=Phase.DOSE, carried={}, allowed_at=entry.occurred_at)
    if state.drawn is None:
        return replace(state, dosing=Dosing.READY, devices_allowed=1)
    return _run(state, entry, body, state.drawn.rate_ml_per_h)


def allowed(state: Session, entry: Entry, body: Body) -> Session:
    return replace(
        _spend(state, body), devices_allowed=body["device"], allowed_at=entry.occurred_at
    )


def device(state: Session, entry: Entry, body: Body) -> Session:
    given = Given(
        entry.id, Decimal(body["amount_mg"]), moment(body["counted_at"]), moment(body["told_at"]),
        body["vial"], body["device"],
    )  # fmt: skip
    # One told while dosing is paused or over does not set it going again. Drug that went in ends
    # what was signed before it: a wait nearly over, a pressure that was still calm.
    stays = state.dosing in (Dosing.PAUSED, Dosing.DONE)
    return replace(
        state, given=(*state.given, given), dosing=state.dosing if stays else Dosing.RUNNING,
        phase=state.phase if stays else Phase.DOSE, overrides={},
        devices_allowed=max(state.devices_allowed, body["device"]),
    )  # fmt: skip


def paused(state: Session, entry: Entry, body: Body) -> Session:
    if state.dosing not in (Dosing.READY, Dosing.RUNNING):
        return halt(
            state, entry, body, entry.id
        )  # nothing runs; the deviation beside this entry says so
    return replace(halt(state, entry, body, entry.id), dosing=Dosing.PAUSED)


def resumed(state: Session, entry: Entry, body: Body) -> Session:
    state = replace(_spend(state, body), allowed_at=entry.occurred_at)
    if state.drawn is None:
        return replace(state, dosing=Dosing.RUNNING if state.given else Dosing.READY)
    return _run(state, entry, body, state.rate_ml_per_h or state.drawn.rate_ml_per_h)


def rate(state: Session, entry: Entry, body: Body) -> Session:
    """A pump that was told to run before any start, or after the end, runs whatever the rules say.

    What is told of a time before the end changes nothing: the end is known.
    """
    new = Decimal(body["pump_rate_ml_per_h"])
    again = state.drawn is not None and times(entry, body)[1] > _last_end(state)
    runs = state.dosing in (Dosing.RUNNING, Dosing.NOT_STARTED) or (
        state.dosing is Dosing.DONE and again
    )
    if not runs or state.closed_at is not None:
        return replace(state, rate_ml_per_h=new)
    return _run(halt(state, entry, body, entry.id), entry, body, new)


def _last_end(state: Session) -> datetime:
    ends = (each.until_told or each.told_at for each in state.given)
    return max(ends, default=datetime.max.replace(tzinfo=UTC))


def ended(state: Session, entry: Entry, body: Body) -> Session:
    volume = number(body.get("volume_ml"))
    if volume is not None:
        state = replace(state, reported_ml=volume)
    if state.dosing is Dosing.NOT_STARTED and not state.given:
        return _given_unseen(state, entry, body) if volume else state
    return replace(halt(state, entry, body, entry.id), dosing=Dosing.DONE, phase=Phase.RECOVER)


def _given_unseen(state: Session, entry: Entry, body: Body) -> Session:
    """Drug that went in without a start recorded here: its volume is told, its end is known."""
    at, told = times(entry, body)
    vial = state.drawn.vial if state.drawn else None
    given = Given(entry.id, Decimal(0), at, told, vial, None, None, at, told, entry.id)
    return replace(state, given=(given,), dosing=Dosing.DONE, phase=Phase.RECOVER)


def times(entry: Entry, body: Body) -> tuple[datetime, datetime]:
    """The time that clocks count from, and the time told."""
    return time_in(body, "counted_at", entry), time_in(body, "told_at", entry)


def _run(state: Session, entry: Entry, body: Body, rate: Decimal) -> Session:
    at, told = times(entry, body)
    vial = state.drawn.vial if state.drawn else None
    given = Given(entry.id, Decimal(0), at, told, vial, None, rate)
    return replace(
        state, given=(*state.given, given), dosing=Dosing.RUNNING, rate_ml_per_h=rate,
        phase=Phase.DOSE, overrides={},
    )  # fmt: skip


def halt(state: Session, entry: Entry, body: Body, by: str | None) -> Session:
    """The infusion's open stretch ends, never before it began.

    An end that only the closing of the session put there gives way to the one that a person tells.
    """
    running = [n for n, each in enumerate(state.given) if each.rate_ml_per_h is not None]
    if not running:
        return state
    place, last = running[-1], state.given[running[-1]]
    if last.until and last.ended_by:
        return state
    at, told = times(entry, body)
    ended = replace(
        last, until=max(at, last.at), until_told=max(told, last.told_at), ended_by=by
    )  # fmt: skip
    return replace(state, given=(*state.given[:place], ended, *state.given[place + 1 :]))


def _spend(state: Session, body: Body) -> Session:
    """An override opens one gate once."""
    used = set(body.get("overrides", ()))
    return replace(state, overrides={k: v for k, v in state.overrides.items() if k not in used})


def accepted(state: Session, entry: Entry, body: Body) -> Session:
    given = tuple(_believed(each, body["entry"]) for each in state.given)
    return replace(state, given=given)


def _believed(given: Given, entry: str) -> Given:
    """A dose whose beginning or end `entry` told: its clocks count from the time told."""
    if given.entry == entry:
        given = replace(given, at=given.told_at)
    return replace(given, until=given.until_told) if given.ended_by == entry else given


def wasted(state: Session, entry: Entry, body: Body) -> Session:
    waste = Wasted(body["vial"], number(body.get("wasted_mg")) or Decimal(0), body.get("of"))
    disputed = state.disputed - {body["vial"]}
    if body.get("disputed"):
        disputed |= {body["vial"]}
    drawn = state.drawn
    if drawn and drawn.vial == waste.vial and waste.of in (None, "syringe"):
        drawn = replace(drawn, wasted=True)
    return replace(state, wasted=(*state.wasted, waste), disputed=disputed, drawn=drawn)


DOSE_FOLDS: dict[str, Fold] = {
    "dose.drawn": drawn,
    "gate.cleared": cleared,
    "dose.started": started,
    "device.allowed": allowed,
    "device.given": device,
    "infusion.paused": paused,
    "infusion.resumed": resumed,
    "rate.changed": rate,
    "dose.stopped": ended,
    "dose.ended": ended,
    "time.accepted": accepted,
    "vial.wasted": wasted,
}
