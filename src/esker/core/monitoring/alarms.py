"""Which alarm conditions hold now, each with its priority, its sentence and since when.

Everything is worked out from the readings in the window, the folded session and `at`; nothing is
remembered here, so a restart raises the same conditions again. `lifecycle` turns them into alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from esker.core.monitoring import episodes
from esker.core.monitoring.channels import Channel, Reading
from esker.core.monitoring.due import due
from esker.core.monitoring.episodes import Episode, Sight
from esker.core.monitoring.plausibility import by_sensor, flat_since, jumped_at, plausible
from esker.core.monitoring.series import charted
from esker.core.monitoring.staleness import AHEAD, allowed_silence, effective_at, usable
from esker.core.protocols import schema
from esker.core.protocols.schema import Phase, Priority, Protocol, Relative, Signal, Strength
from esker.core.protocols.tables import band
from esker.core.session.state import Dosing, Session, Window

WATCHED = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Priority, delay and hysteresis of a kind of condition."""

    priority: Priority
    delay: timedelta
    clear_after: timedelta


# A protocol that forgets a condition must not silence it.
UNDECLARED = Behaviour(Priority.MEDIUM, timedelta(), timedelta())


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong at this chair. `id` is `kind` or `kind:channel, rule or check`."""

    id: str
    kind: str
    priority: Priority
    sentence: str
    since: datetime
    worse_since: datetime
    until: datetime | None = None  # the first good reading; it still waits for `clear_after`
    strength: Strength = Strength.NOTE

    def lasted(self, at: datetime) -> timedelta:
        return (self.until or at) - self.since


def behaviour(protocol: Protocol, kind: str) -> Behaviour:
    for each in protocol.alarms.conditions:
        if each.id == kind:
            return Behaviour(each.priority, _seconds(each.delay), _seconds(each.clear_after))
    return UNDECLARED


def conditions(
    state: Session, window: Window, protocol: Protocol, at: datetime
) -> tuple[Condition, ...]:
    """What is wrong now, most urgent first. Nothing before arrival or after the session's end."""
    if state.arrived_at is None or state.closed_at is not None:
        return ()
    look = _Look(state, window, protocol, at)
    found = [*look.vitals(), *look.session()]
    found += look.hold_during_infusion(found)
    return tuple(sorted(found, key=lambda each: (-each.priority.rank, each.since, each.id)))


@dataclass(frozen=True, slots=True)
class _Look:
    state: Session
    window: Window
    protocol: Protocol
    at: datetime

    def vitals(self) -> Iterator[Condition]:
        readings = [each for each in charted(self.window.readings) if usable(each, self.at)]
        for watched in self.protocol.monitoring:
            heard = [each for each in readings if each.channel == watched.channel]
            monitor = [each for each in heard if each.device is not None]
            yield from self.outside(watched.channel, heard)
            yield from self.implausible(watched.channel, heard)
            yield from self.sensors(watched, monitor)
            yield from self.silence(watched, monitor)
        yield from self.skew()

    def outside(self, channel: Channel, heard: list[Reading]) -> Iterator[Condition]:
        """Limits and relative rules; implausible values neither raise nor end them."""
        believed = [r for r in heard if plausible(self.protocol, channel, r.value)]
        sights = [self._limit(each) for each in believed]
        yield from self._episode("limit", str(channel), sights)
        for rule in self.protocol.relative:
            baseline = self.state.baseline.get(channel)
            if rule.channel == channel and self.state.phase in rule.phase and baseline is not None:
                seen = [_relative(rule, baseline, each) for each in believed]
                yield from self._episode("relative", rule.id, seen, lasting=_minutes(rule.lasting))

    def implausible(self, channel: Channel, heard: list[Reading]) -> Iterator[Condition]:
        priority = behaviour(self.protocol, "implausible").priority
        sights = [
            Sight(
                each.observed_at,
                Priority.NONE if plausible(self.protocol, channel, each.value) else priority,
                Strength.NOTE,
                f"{name(channel)} {each.value} {each.unit} is implausible: check the probe.",
            )
            for each in heard
        ]
        yield from self._episode("implausible", str(channel), sights)

    def sensors(self, watched: Signal, heard: list[Reading]) -> Iterator[Condition]:
        words = name(watched.channel)
        for of_sensor in by_sensor(heard):
            if since := flat_since(of_sensor, watched):
                sentence = f"{words} has not moved at all: check the probe."
                yield self._make("flat", watched.channel, sentence, since)
            jumped = jumped_at(of_sensor, watched)
            if jumped and self.at - jumped < behaviour(self.protocol, "jump").clear_after:
                sentence = f"{words} changed faster than a body can: check the probe."
                yield self._make("jump", watched.channel, sentence, jumped)

    def silence(self, watched: Signal, heard: list[Reading]) -> Iterator[Condition]:
        """A channel that spoke and stopped; one that a gate needs and that never spoke."""
        if self.state.monitor is None or self.state.paired_at is None:
            return
        mine = [each for each in heard if each.device == self.state.monitor]
        allowed = allowed_silence(self.protocol, watched, mine)
        last = max((effective_at(each) for each in mine), default=None)
        if last is None and watched.channel not in self.protocol.required:
            return
        since = max(last or self.state.paired_at, self.state.paired_at) + allowed
        if self.at > since:
            sentence = f"No {name(watched.channel)} from the monitor: look at the patient."
            yield self._make("lost_signal", watched.channel, sentence, since)

    def skew(self) -> Iterator[Condition]:
        """A device clock far ahead: its readings are not used as now, and somebody must know."""
        ahead = [r for r in self.window.readings if r.observed_at > self.at + AHEAD]
        if ahead:
            since = min(each.received_at for each in ahead)
            sentence = "The monitor's clock is more than 5 minutes ahead: its values are not used."
            yield self._make("device_skew", None, sentence, since)

    def session(self) -> Iterator[Condition]:
        state = self.state
        if state.emergency_at is not None:
            yield self._make("emergency", None, "Emergency at this chair.", state.emergency_at)
        for each in due(state, self.protocol, self.at):
            if each.status == "overdue":
                check = next(c for c in self.protocol.checks if c.id == each.check)
                words = f"Overdue: {each.title}."
                yield self._make("overdue_check", each.id, words, each.closes_at, check.alarm)
        if self.window.screens_watching == 0 and state.phase in WATCHED:
            yield self._make(
                "not_watched", None, "No screen with sound watches this chair.", self.at
            )

    def hold_during_infusion(self, found: list[Condition]) -> Iterator[Condition]:
        """A running pump while a hold holds: the nurse pauses it, and records that."""
        holds = [c for c in found if c.strength.rank >= Strength.HOLD.rank and c.until is None]
        infusing = self.protocol.drug.form == "infusion" and self.state.dosing is Dosing.RUNNING
        if holds and infusing:
            since = min(each.since for each in holds)
            words = f"Pause the pump and record it. {holds[0].sentence}"
            yield self._make("hold_during_infusion", None, words, since)

    def _limit(self, reading: Reading) -> Sight:
        found = band(self.protocol, reading.channel, self.state.phase, reading.value)
        if found is None:
            return Sight(reading.observed_at, Priority.NONE, Strength.GO, "")
        words = f"{found.because} ({name(reading.channel)} {reading.value} {reading.unit})"
        return Sight(reading.observed_at, found.alarm, found.strength, words)

    def _episode(
        self, kind: str, detail: str, sights: list[Sight], lasting: timedelta = timedelta()
    ) -> Iterator[Condition]:
        how = behaviour(self.protocol, kind)
        found: Episode | None = episodes.newest(sights, how.clear_after, self.at)
        if found is not None and found.lasted(self.at) >= lasting:
            yield Condition(
                f"{kind}:{detail}", kind, found.priority, found.sentence, found.since + lasting,
                max(found.worse_since, found.since + lasting), found.until, found.strength,
            )  # fmt: skip

    def _make(
        self, kind: str, detail: str | None, words: str, since: datetime,
        priority: Priority | None = None,
    ) -> Condition:  # fmt: skip
        worth = behaviour(self.protocol, kind).priority if priority is None else priority
        return Condition(f"{kind}:{detail}" if detail else kind, kind, worth, words, since, since)


def _relative(rule: Relative, baseline: Decimal, reading: Reading) -> Sight:
    change = reading.value - baseline if rule.change == "rise" else baseline - reading.value
    in_percent = rule.at_least.unit == "%" and reading.unit != "%" and baseline > 0
    met = (change / baseline * 100 if in_percent else change) >= rule.at_least.value
    priority = rule.alarm if met else Priority.NONE
    words = f"{rule.because} ({name(rule.channel)} {reading.value}, baseline {baseline})"
    return Sight(reading.observed_at, priority, rule.strength, words)


NAMES = {
    Channel.SBP: "systolic pressure",
    Channel.DBP: "diastolic pressure",
    Channel.MAP: "mean pressure",
    Channel.HR: "heart rate",
    Channel.SPO2: "oxygen saturation",
    Channel.RR: "breathing rate",
    Channel.TEMP: "temperature",
}


def name(channel: Channel) -> str:
    return NAMES[channel]


def _seconds(cited: schema.Cited) -> timedelta:
    return timedelta(seconds=float(cited.value))


def _minutes(cited: schema.Cited) -> timedelta:
    return timedelta(minutes=float(cited.value))
