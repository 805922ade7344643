"""Scores that a nurse recorded and that stand so low that somebody has to act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from esker.core.protocols.schema import Protocol, Scale
from esker.core.session.state import Observed, Session
from esker.core.units import plain


@dataclass(frozen=True, slots=True)
class Low:
    """The newest score of a scale, at or below what the protocol holds at; `since` it is so low."""

    scale: Scale
    last: Observed
    since: datetime

    @property
    def sentence(self) -> str:
        score = f"{self.scale.title} {plain(self.last.value)}"
        return f"{score}: rouse the patient, airway, oxygen; no more drug."


def low(state: Session, protocol: Protocol) -> Iterator[Low]:
    """One for each scale. A low score has no age: it stands until a better one is recorded."""
    for scale in protocol.scales:
        run = list(_run(state, scale)) if scale.hold_at_most else []
        if run:
            yield Low(scale, run[0], run[-1].observed_at)


def _run(state: Session, scale: Scale) -> Iterator[Observed]:
    """The unbroken run of low scores up to the newest, newest first; of one time, last told."""
    assert scale.hold_at_most is not None  # asked before
    told = (each for each in state.observed if each.what == scale.id)
    in_time = sorted(told, key=lambda each: each.observed_at)
    for each in reversed(in_time):
        if each.value > scale.hold_at_most.value:
            return
        yield each
