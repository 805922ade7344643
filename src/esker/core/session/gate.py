"""A gate between two steps, and everything that a rule at it may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Phase, Protocol, Strength
from esker.core.session.readings import Latest, usable
from esker.core.session.state import Actor, Session, Window

# What a rule finds: (detail, its own strength or None for the protocol's, sentence).
Found = Iterator[tuple[str, Strength | None, str]]


@dataclass(frozen=True)  # without slots: `seen` is worked out once and kept
class Gate:
    """Everything a rule may look at."""

    name: str
    state: Session
    window: Window
    protocol: Protocol
    at: datetime
    actor: Actor

    @property
    def phase(self) -> Phase:
        """Whose table the vitals are read against."""
        before = {"clear": Phase.CLEAR, "start": Phase.CLEAR, "discharge": Phase.RECOVER}
        return before.get(self.name, Phase.DOSE)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What a gate requires, then what is watched beside it: in the way only when bad."""
        watched = (each.channel for each in self.protocol.monitoring)
        return tuple(dict.fromkeys((*self.protocol.required, *watched)))

    @cached_property
    def seen(self) -> dict[Channel, Latest]:
        """The newest plausible value of each channel."""
        return usable(self.state, self.window, self.protocol, self.at, self.channels)
