"""The protocol's discharge criteria, read against what was assessed and observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Criterion, Phase, Protocol, Strength
from esker.core.protocols.tables import band, worst
from esker.core.session.commands import Tri
from esker.core.session.readings import Latest, within
from esker.core.session.state import Session
from esker.core.units import plain

Unmet = Iterator[tuple[str, Strength | None, str]]  # (criterion, strength, sentence)


def unmet(
    state: Session, seen: Mapping[Channel, Latest], protocol: Protocol, at: datetime
) -> Unmet:
    """Every criterion that does not hold now; without a drug there is nothing to recover from.

    `seen` is the newest plausible value of each channel. What is found is part of the name, so that
    a signature for one value covers no worse one.
    """
    if not state.given:
        return
    for criterion in protocol.discharge:
        match criterion.kind:
            case "answer":
                found = _answer(criterion, state, at)
            case "scale_at_least" | "scale_near_baseline":
                found = _scale(criterion, state, at)
            case "vitals":
                yield from _vitals(state, seen, protocol, at, criterion)
                continue
            case _:  # the escort has a rule of its own
                continue
        if found:
            detail, sentence = found
            yield f"{criterion.id}:{detail}", criterion.strength, sentence


def outdated(state: Session, criterion: Criterion, at: datetime) -> bool:
    """Whether a person answered this, and the answer does not count any more."""
    if criterion.kind == "escort":
        return escort_before_drug(state)
    seen = state.criteria.get(criterion.id)
    return seen is not None and bool(state.given) and _old(state, criterion, seen[1], at)


def escort_before_drug(state: Session) -> bool:
    """Who came along in the morning may be gone by now: seen means seen after the drug."""
    last = max((each.at for each in state.given), default=None)
    return last is not None and state.escort_at is not None and state.escort_at < last


def _old(state: Session, criterion: Criterion, seen: datetime, at: datetime) -> bool:
    """Too long ago, or before drug or an event after which it has to be looked at again."""
    drug = max(each.at for each in state.given)  # `unmet` asked for one before
    if seen < max(drug, state.shaken_at or drug):
        return True
    return criterion.fresh_for is not None and not within(at, seen, criterion.fresh_for)


def _answer(criterion: Criterion, state: Session, at: datetime) -> tuple[str, str] | None:
    answer, seen = state.criteria.get(criterion.id, (None, at))
    if answer is None:
        return "missing", f"Not assessed yet: {criterion.title}."
    if _old(state, criterion, seen, at):
        return "old", f"Assessed too long ago, or before the last event: {criterion.title}."
    return None if answer is Tri.YES else (answer.value, criterion.because)


def _scale(criterion: Criterion, state: Session, at: datetime) -> tuple[str, str] | None:
    """At least the limit, or within the limit of the value before dosing."""
    scores = [each for each in state.observed if each.what == criterion.scale]
    if not scores:
        return "missing", f"Not assessed yet: {criterion.title}."
    last = max(reversed(scores), key=lambda each: each.observed_at)  # of one minute, the last told
    if _old(state, criterion, last.observed_at, at):
        return "old", f"Assessed too long ago, or before the last event: {criterion.title}."
    limit = criterion.limit.value if criterion.limit else Decimal(0)
    baseline = state.baseline.get(criterion.scale or "", Decimal(0))
    holds = (
        last.value >= limit
        if criterion.kind == "scale_at_least"
        else last.value <= baseline + limit
    )
    return None if holds else (plain(last.value), f"{criterion.because} ({plain(last.value)})")


def _vitals(
    state: Session, seen: Mapping[Channel, Latest], protocol: Protocol, at: datetime,
    criterion: Criterion,
) -> Unmet:  # fmt: skip
    """Each channel; one that is required and missing is no milder than its worst value."""
    for channel in dict.fromkeys((*protocol.required, *seen)):
        last, name = seen.get(channel), f"{criterion.id}:{channel}"
        if last is None or _old(state, criterion, last.observed_at, at):
            if channel not in protocol.required:
                continue
            strength = worst(protocol, channel, Phase.RECOVER)
            yield name, strength, f"No usable {channel} reading for the door."
            continue
        found = band(protocol, channel, Phase.RECOVER, last.value)
        if found is None or found.strength.rank >= Strength.HOLD.rank:
            own = found.strength if found else worst(protocol, channel, Phase.RECOVER)
            strength = max(own, criterion.strength, key=lambda each: each.rank)
            detail = f":{found.low}-{found.high}" if found else ""
            yield f"{name}{detail}", strength, f"{criterion.because} ({channel} {last.value})"
