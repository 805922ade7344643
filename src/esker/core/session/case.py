"""What one decision looks at, under short names, and the tolerances of a told time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from esker.core.protocols.schema import Protocol
from esker.core.session.gate import Gate
from esker.core.session.may import GATES
from esker.core.session.state import Actor, Session, Window

FUTURE = timedelta(minutes=1)
BELIEVED = timedelta(minutes=5)  # a dose time older than this counts from receipt (design ruling)
SIGNATURE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Case:
    """`at` is what the clock says. Gates read it, so that a step back makes every wait longer."""

    state: Session
    window: Window
    protocol: Protocol
    at: datetime
    happened: datetime
    actor: Actor

    def gate(self, kind: str) -> Gate:
        return Gate(GATES[kind], self.state, self.window, self.protocol, self.at, self.actor)

    @property
    def heard(self) -> datetime:
        """Now, and never before the latest entry: a clock that stepped back put it there."""
        return max(self.at, self.state.heard_at or self.at)

    @property
    def stepped_back(self) -> timedelta:
        """By how much; two processes whose clocks differ by seconds have not stepped."""
        back = self.heard - self.at
        return back if back > FUTURE else timedelta()

    @property
    def counted(self) -> datetime:
        """When clocks count a dose from: as told, or from receipt until a prescriber accepts it."""
        believed = not self.stepped_back and self.at - self.happened <= BELIEVED
        return self.happened if believed else self.heard
