"""Which alarm conditions hold now, each with its priority, its sentence and since when.

Everything is worked out from the readings in the window, the folded session and `at`; nothing is
remembered here, so a restart raises the same conditions again. `lifecycle` turns them into alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain

from esker.core.monitoring import episodes, relative
from esker.core.monitoring.channels import NAME, UNIT, Channel, Reading
from esker.core.monitoring.due import due
from esker.core.monitoring.episodes import Sight
from esker.core.monitoring.plausibility import Sensor, by_sensor, companions, flat_since, jumped_at
from esker.core.monitoring.scores import low
from esker.core.monitoring.series import in_order
from esker.core.monitoring.staleness import (
    AHEAD,
    allowed_silence,
    by_channel,
    effective_at,
    last_heard,
)
from esker.core.protocols import schema
from esker.core.protocols.schema import (
    Phase,
    Priority,
    Protocol,
    Relative,
    Signal,
    Strength,
    Table,
)
from esker.core.protocols.tables import band_of, signal, table
from esker.core.session.state import Dosing, Session, Window

WATCHED = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)
UNREACHED = "No monitor reaches Esker: watch the monitors themselves."
FULL = "Esker takes no further monitor: where numbers stop, watch the monitor itself."


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


def behaviour(protocol: Protocol, kind: str) -> Behaviour:
    for each in protocol.alarms.conditions:
        if each.id == kind:
            return Behaviour(each.priority, _seconds(each.delay), _seconds(each.clear_after))
    return UNDECLARED


def conditions(
    state: Session, window: Window, protocol: Protocol, at: datetime
) -> tuple[Condition, ...]:
    """What is wrong now, most urgent first.

    The window's readings are a charted series: oldest first, each once, late ones marked. Before
    arrival and after the end only an emergency calls: who falls at the door is this chair's.
    """
    look = _Look(state, window, protocol, at)
    if state.arrived_at is None or state.closed_at is not None:
        return tuple(look.emergency())
    found = [*look.vitals(), *look.session()]
    found += look.hold_during_infusion(found)
    return tuple(sorted(found, key=lambda each: (-each.priority.rank, each.since, each.id)))


def lookback(protocol: Protocol) -> dict[Channel, timedelta]:
    """How much of each channel's past `conditions` needs: a window of less can miss or invent one.

    A cuff that measures each 40 minutes needs its last measurement; a finger needs minutes.
    """
    calm = max(behaviour(protocol, kind).clear_after for kind in ("limit", "implausible", "jump"))
    found = {}
    for watched in protocol.monitoring:
        spans = [allowed_silence(protocol, watched)]
        spans += [_seconds(watched.flat_after)] if watched.flat_after else []
        mine = (r for r in protocol.relative if r.channel == watched.channel)
        spans += [_minutes(each.lasting) for each in mine]
        found[watched.channel] = max(spans) + calm
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    state: Session
    window: Window
    protocol: Protocol
    at: datetime

    def vitals(self) -> Iterator[Condition]:
        heard = by_channel(self.window.readings, self.at)
        sensors = by_sensor(self.window.readings, self.at)
        for watched in self.protocol.monitoring:
            of_channel = heard.get(watched.channel, [])
            yield from self.outside(watched, of_channel)
            yield from self.implausible(watched, of_channel)
            yield from self.sensors(watched, sensors)
            yield from self.silence(watched, sensors)
        yield from self.skew()

    def outside(self, watched: Signal, heard: list[Reading]) -> Iterator[Condition]:
        """Limits and relative rules; implausible values neither raise nor end them."""
        channel = watched.channel

        def believed() -> Iterator[Reading]:
            return (each for each in reversed(heard) if _plausible(watched, each))

        limits = table(self.protocol, channel, self.state.phase)
        if limits is not None:
            look = partial(_limit, limits)
            yield from self._episode("limit", channel, believed(), look, _out(channel))
        for rule in self.protocol.relative:
            baseline = self.state.baseline.get(channel)
            if rule.channel == channel and self.state.phase in rule.phase and baseline is not None:
                look = partial(_rise_or_fall, rule, baseline)
                words = _changed(rule, baseline)
                lasting = _minutes(rule.lasting)
                yield from self._episode("relative", rule.id, believed(), look, words, lasting)

    def implausible(self, watched: Signal, heard: list[Reading]) -> Iterator[Condition]:
        priority = behaviour(self.protocol, "implausible").priority

        def look(each: Reading) -> Sight:
            bad = not _plausible(watched, each)
            return Sight(effective_at(each), bad, priority, Strength.NOTE, each.value)

        def words(sight: Sight) -> str:
            unit = UNIT[watched.channel]
            return f"{NAME[watched.channel]} {sight.value} {unit} is implausible: check the probe."

        yield from self._episode("implausible", watched.channel, reversed(heard), look, words)

    def sensors(
        self, watched: Signal, sensors: Mapping[Sensor, list[Reading]]
    ) -> Iterator[Condition]:
        mine = [sensor for sensor in sensors if sensor[0] == watched.channel]
        recent = self.at - behaviour(self.protocol, "jump").clear_after
        still = [since for each in mine if (since := self.flat(watched, each, sensors))]
        jumps = [at for each in mine if (at := jumped_at(sensors[each], watched, recent))]
        words = NAME[watched.channel].capitalize()
        if still:
            sentence = f"{words} has not moved at all: check the probe."
            yield self._make("flat", watched.channel, sentence, min(still))
        if jumps:
            sentence = f"{words} changed faster than a body can: check the probe."
            yield self._make("jump", watched.channel, sentence, max(jumps))

    def flat(
        self, watched: Signal, sensor: Sensor, sensors: Mapping[Sensor, list[Reading]]
    ) -> datetime | None:
        """Since when a sensor stands still, and whatever should move beside it stands still too.

        A healthy saturation is the same whole number for many minutes; a pulse is not.
        """
        since = flat_since(sensors[sensor], watched)
        beside = signal(self.protocol, watched.flat_with) if watched.flat_with else None
        if since is None or beside is None:
            return since
        still = [flat_since(each, beside) for each in companions(sensors, sensor, watched)]
        return max([since, *(each for each in still if each)]) if all(still) else None

    def silence(
        self, watched: Signal, sensors: Mapping[Sensor, list[Reading]]
    ) -> Iterator[Condition]:
        """A channel that spoke and stopped; one that a gate needs and that never spoke.

        What no body can have is no word of it: a probe that only raves is as good as silent.
        """
        if self.state.monitor is None or self.state.paired_at is None:
            return
        own = [r for s, r in sensors.items() if s[:2] == (watched.channel, self.state.monitor)]
        mine = _lately(watched, own[0] if len(own) == 1 else in_order(chain(*own)))
        newest = last_heard(mine)
        last = effective_at(newest) if newest else None
        if last is None and watched.channel not in self.protocol.required:
            return
        allowed = allowed_silence(self.protocol, watched, mine)
        since = max(last or self.state.paired_at, self.state.paired_at) + allowed
        if self.at > since:
            sentence = f"No usable {NAME[watched.channel]} from the monitor: look at the patient."
            yield self._make("lost_signal", watched.channel, sentence, since)

    def skew(self) -> Iterator[Condition]:
        """A device clock far ahead: its readings are not used as now, and somebody must know."""
        limit, since = self.at + AHEAD, None
        for each in reversed(self.window.readings):
            if each.observed_at <= limit:
                break
            since = min(since or each.received_at, each.received_at)
        if since is not None:
            sentence = "The monitor's clock is more than 5 minutes ahead: its values are not used."
            yield self._make("device_skew", None, sentence, since)

    def emergency(self) -> Iterator[Condition]:
        if self.state.emergency_at is not None:
            words = "Emergency at this chair."
            yield self._make("emergency", None, words, self.state.emergency_at)

    def session(self) -> Iterator[Condition]:
        yield from self.emergency()
        for each in due(self.state, self.protocol, self.at):
            if each.status == "overdue":
                check = next(c for c in self.protocol.checks if c.id == each.check)
                words = f"Overdue: {each.title}."
                yield self._make("overdue_check", each.id, words, each.closes_at, check.alarm)
        if self.state.phase not in WATCHED:
            return
        yield from self.scores()
        yield from self.nothing_paired()
        if self.window.screens_watching == 0:
            words = "No screen with sound watches this chair."
            yield self._make("not_watched", None, words, self.at)
        if self.window.gateway_lost_since is not None:
            words = FULL if self.window.gateway_full else UNREACHED
            yield self._make("no_gateway", None, words, self.window.gateway_lost_since)

    def scores(self) -> Iterator[Condition]:
        for each in low(self.state, self.protocol):
            found = self._make("score", each.scale.id, each.sentence, each.since)
            yield replace(found, strength=Strength.HOLD)

    def nothing_paired(self) -> Iterator[Condition]:
        """From the first drug to the door somebody is measured; taking a monitor off is seen."""
        if self.state.monitor is None and self.state.phase is not Phase.CLEAR:
            let_go = self.state.pairings[-1].until if self.state.pairings else None
            words = "No monitor is paired with this chair: pair one, and look at the patient."
            yield self._make("lost_signal", "monitor", words, let_go or self.at)

    def hold_during_infusion(self, found: list[Condition]) -> Iterator[Condition]:
        """A running pump while a hold holds: the nurse pauses it, and records that."""
        holds = [c for c in found if c.strength.rank >= Strength.HOLD.rank and c.until is None]
        infusing = self.protocol.drug.form == "infusion" and self.state.dosing is Dosing.RUNNING
        if holds and infusing:
            since = min(each.since for each in holds)
            words = f"Pause the pump and record it. {holds[0].sentence}"
            yield self._make("hold_during_infusion", None, words, since)

    def _episode(
        self, kind: str, detail: str, readings: Iterable[Reading], look: Callable[[Reading], Sight],
        words: Callable[[Sight], str], lasting: timedelta = timedelta(),
    ) -> Iterator[Condition]:  # fmt: skip
        calm = behaviour(self.protocol, kind).clear_after
        found = episodes.newest(readings, look, calm, self.at)
        if found is None:
            return
        began = min(found.since, self.at)
        if (found.until or self.at) - began >= lasting:
            worse = max(found.worse_since, began + lasting)
            yield Condition(
                f"{kind}:{detail}", kind, found.last.priority, words(found.last), began + lasting,
                worse, found.until, found.last.strength,
            )  # fmt: skip

    def _make(
        self, kind: str, detail: str | None, words: str, since: datetime,
        priority: Priority | None = None,
    ) -> Condition:  # fmt: skip
        worth = behaviour(self.protocol, kind).priority if priority is None else priority
        since = min(since, self.at)
        return Condition(f"{kind}:{detail}" if detail else kind, kind, worth, words, since, since)


def _lately(watched: Signal, heard: Sequence[Reading]) -> list[Reading]:
    """The newest plausible readings, oldest first: they say when it last spoke, and how often.

    Nothing older changes either, so an hour of a talking probe is not walked through each second.
    """
    found: list[Reading] = []
    spoke: datetime | None = None
    for each in reversed(heard):
        if _plausible(watched, each):
            found.append(each)
            spoke = max(effective_at(each), spoke or effective_at(each))
            if each.observed_at < min(spoke, found[0].observed_at):
                break
    return found[::-1]


def _plausible(watched: Signal, reading: Reading) -> bool:
    low, high = watched.plausible
    return low.value <= reading.value <= high.value


def _limit(limits: Table, reading: Reading) -> Sight:
    at, found = effective_at(reading), band_of(limits, reading.value)
    if found is None:
        return Sight(at, False, Priority.NONE, Strength.GO, reading.value)
    bad = found.alarm is not Priority.NONE
    return Sight(at, bad, found.alarm, found.strength, reading.value, found.because)


def _rise_or_fall(rule: Relative, baseline: Decimal, reading: Reading) -> Sight:
    bad = rule.alarm is not Priority.NONE and relative.met(rule, baseline, reading.value)
    at = effective_at(reading)  # a clock that runs ahead must not put off what it shows
    return Sight(at, bad, rule.alarm, rule.strength, reading.value, rule.because)


def _out(channel: Channel) -> Callable[[Sight], str]:
    return lambda s: f"{s.because} ({NAME[channel]} {s.value} {UNIT[channel]})"


def _changed(rule: Relative, baseline: Decimal) -> Callable[[Sight], str]:
    return lambda s: f"{s.because} ({NAME[rule.channel]} {s.value}, baseline {baseline})"


def _seconds(cited: schema.Cited) -> timedelta:
    return timedelta(seconds=float(cited.value))


def _minutes(cited: schema.Cited) -> timedelta:
    return timedelta(minutes=float(cited.value))
