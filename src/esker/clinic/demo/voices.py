"""What each simulated monitor says: the vitals of the body on its cable, and its own quirks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from esker.clinic.demo import bodies
from esker.clinic.demo.bodies import Body, Taken
from esker.clinic.demo.messages import Flavour, message
from esker.clinic.demo.scenarios import PLAYS, Scenario
from esker.core.monitoring.channels import Channel

CUFF = (Channel.SBP, Channel.DBP)
SMOOTH = timedelta(seconds=30)  # a longer step is filled with messages in between
FILL = 40  # but with no more than these
LOOSE_EVERY_MIN, LOOSE_MIN = 4, 10 / 60  # a loose probe says nothing for ten seconds
IDLE = timedelta(seconds=30)  # a monitor that nobody claims speaks less often
PRIVATE = {"ESKERSIM_PERFUSION_INDEX": "1.8"}


@dataclass(frozen=True, slots=True)
class Monitor:
    """One simulated monitor: the identity in its messages, and its quirks."""

    identity: str
    flavour: Flavour = "pcd"
    scenario: str = "calm"
    idles: bool = False  # speaks although no patient is tied to it
    private: bool = False  # sends a code of its maker's own
    loose: bool = False  # its probe falls off now and then


@dataclass(frozen=True, slots=True)
class Cable:
    """Who is tied to a monitor now: whose body, what they took, which checks wait for a cuff."""

    who: str
    body: Body
    taken: Taken | None = None
    due: tuple[str, ...] = ()


NOBODY = Cable("", Body(0))
Look = Callable[[str], Cable | None]


@dataclass(slots=True)
class Voice:
    """The messages of one monitor, in order; `look` says who is on its cable."""

    monitor: Monitor
    look: Look
    smooth: timedelta = SMOOTH
    begun: datetime | None = None
    last: datetime | None = None
    cuff_at: datetime | None = None
    who: str = ""
    measured_for: set[str] = field(default_factory=set)

    def until(self, to: datetime) -> list[bytes]:
        """What it says after what it said before, up to `to`."""
        cable = self._cable()
        if self.last is not None and (
            to <= self.last or (cable is NOBODY and to - self.last < IDLE)
        ):
            return []
        times = _between(self.last, to, self.smooth)
        self.begun = self.begun or to
        self.last = to
        if cable is None:
            return []
        return [said for at in times if (said := self._at(cable, at, len(times) == 1))]

    def _cable(self) -> Cable | None:
        cable = self.look(self.monitor.identity) or (NOBODY if self.monitor.idles else None)
        if cable and cable.who != self.who:
            self.who, self.cuff_at, self.measured_for = cable.who, None, set()
        return cable

    def _at(self, cable: Cable, at: datetime, live: bool) -> bytes | None:
        assert self.begun is not None
        play, minutes = PLAYS[self.monitor.scenario], (at - self.begun) / timedelta(minutes=1)
        if play.speaks_min is not None and minutes >= play.speaks_min:
            return None
        felt = bodies.effect(cable.body, cable.taken, at)
        shown = bodies.vitals(cable.body, felt, at)
        for channel, change in play.change(minutes).items():
            shown[channel] += change
        values = _shown(shown, measuring=self._measures(cable, play, at))
        if live and self.monitor.loose and minutes % LOOSE_EVERY_MIN > LOOSE_EVERY_MIN - LOOSE_MIN:
            values[Channel.SPO2] = None
        control = f"{self.monitor.identity}-{int(at.timestamp() * 1000)}"
        private = PRIVATE if self.monitor.private else None
        return message(self.monitor.identity, control, at, values, self.monitor.flavour, private)

    def _measures(self, cable: Cable, play: Scenario, at: datetime) -> bool:
        """Whether the cuff measures now: at its own interval, and once for each check."""
        asked = set(cable.due) - self.measured_for
        every = timedelta(minutes=play.cuff_min)
        if self.cuff_at is not None and at - self.cuff_at < every and not asked:
            return False
        self.cuff_at, self.measured_for = at, self.measured_for | asked
        return True


def _shown(vitals: bodies.Vitals, measuring: bool) -> dict[Channel, int | None]:
    whole = {channel: round(value) for channel, value in vitals.items()}
    whole[Channel.SPO2] = min(whole[Channel.SPO2], 100)
    return {channel: value for channel, value in whole.items() if measuring or channel not in CUFF}


def _between(last: datetime | None, to: datetime, smooth: timedelta) -> list[datetime]:
    """The instants of the messages up to `to`, evenly spread over what passed since the last."""
    gap = to - last if last else timedelta()
    count = min(max(math.ceil(gap / smooth), 1), FILL)
    return [to - gap * (count - n) / count for n in range(1, count + 1)]
