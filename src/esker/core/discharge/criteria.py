"""The protocol's discharge criteria, read against what was assessed and observed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from esker.core.protocols.schema import Criterion, Phase, Protocol, Strength
from esker.core.protocols.tables import band
from esker.core.session.commands import Tri
from esker.core.session.readings import latest, within
from esker.core.session.state import Session, Window

Unmet = Iterator[tuple[str, Strength | None, str]]  # (criterion, strength, sentence)


def unmet(state: Session, window: Window, protocol: Protocol, at: datetime) -> Unmet:
    """Every criterion that does not hold now; without a drug there is nothing to recover from."""
    if not state.given:
        return
    for criterion in protocol.discharge:
        match criterion.kind:
            case "answer":
                sentence = _answer(criterion, state, at)
            case "scale_at_least" | "scale_near_baseline":
                sentence = _scale(criterion, state, at)
            case "vitals":
                sentence = _vitals(state, window, protocol, at, criterion)
            case _:  # the escort has a rule of its own
                sentence = None
        if sentence:
            yield criterion.id, criterion.strength, sentence


def _old(criterion: Criterion, seen: datetime, at: datetime) -> bool:
    return criterion.fresh_for is not None and not within(at, seen, criterion.fresh_for)


def _answer(criterion: Criterion, state: Session, at: datetime) -> str | None:
    answer, seen = state.criteria.get(criterion.id, (None, at))
    if answer is None:
        return f"Not assessed yet: {criterion.title}."
    if _old(criterion, seen, at):
        return f"Assessed too long ago: {criterion.title}."
    return None if answer is Tri.YES else criterion.because


def _scale(criterion: Criterion, state: Session, at: datetime) -> str | None:
    """At least the limit, or within the limit of the value before dosing."""
    scores = [each for each in state.observed if each.what == criterion.scale]
    if not scores:
        return f"Not assessed yet: {criterion.title}."
    last = max(scores, key=lambda each: each.observed_at)
    if last.observed_at < min(each.at for each in state.given) or _old(
        criterion, last.observed_at, at
    ):
        return f"Assessed too long ago: {criterion.title}."
    limit = criterion.limit.value if criterion.limit else Decimal(0)
    if criterion.kind == "scale_at_least":
        return None if last.value >= limit else criterion.because
    baseline = state.baseline.get(criterion.scale or "", Decimal(0))
    return None if last.value <= baseline + limit else criterion.because


def _vitals(
    state: Session, window: Window, protocol: Protocol, at: datetime, criterion: Criterion
) -> str | None:
    for channel in protocol.required:
        seen = latest(state, window, protocol, channel, at)
        if seen is None or _old(criterion, seen.observed_at, at):
            return f"No usable {channel} reading for the door."
        found = band(protocol, channel, Phase.RECOVER, seen.value)
        if found is None or found.strength.rank >= Strength.HOLD.rank:
            return f"{criterion.because} ({channel} {seen.value})"
    return None
