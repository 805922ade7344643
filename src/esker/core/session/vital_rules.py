"""The rules about how the patient is: vital signs fresh, within limits, near the baseline; scores.

A worse or a missing vital never permits more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from esker.core.monitoring import relative as change
from esker.core.monitoring.alarms import behaviour
from esker.core.monitoring.channels import NAME, UNIT, Channel
from esker.core.monitoring.episodes import Sight, newest
from esker.core.monitoring.scores import low
from esker.core.protocols.schema import Relative, Strength
from esker.core.protocols.tables import band, signal, worst
from esker.core.session.gate import Found, Gate
from esker.core.session.readings import Latest, believed, within
from esker.core.units import plain


def vitals_fresh(gate: Gate) -> Found:
    """Missing is at least as strong as the worst value the table knows."""
    for channel in gate.protocol.required:
        if _fresh(gate, channel) is None:
            yield channel, worst(gate.protocol, channel, gate.phase), _not_fresh(gate, channel)


def vitals_within(gate: Gate) -> Found:
    """Of a channel that no gate requires, too: who breathes five times a minute gets no more."""
    for channel in gate.channels:
        seen = _fresh(gate, channel)
        found = band(gate.protocol, channel, gate.phase, seen.value) if seen else None
        if seen and found and found.strength is not Strength.GO:
            # The band is part of the name: a signature for 145 does not cover 230.
            name = f"{channel}:{found.low}-{found.high}"
            said = f"{NAME[channel]} {seen.value} {UNIT[channel]}"
            yield name, found.strength, f"{found.because} ({said})"


def relative(gate: Gate) -> Found:
    """A rise or fall from the baseline, beside the absolute limits. No baseline is no calm one."""
    if not gate.state.given and gate.name == "discharge":
        return
    for rule in gate.protocol.relative:
        if gate.phase not in rule.phase:
            continue
        baseline = gate.state.baseline.get(rule.channel)
        if baseline is None:
            words = f"No {NAME[rule.channel]} was taken before dosing to compare with."
            yield f"{rule.id}:unknown", max(rule.strength, Strength.HOLD, key=_rank), words
        elif (last := _changed(gate, rule, baseline)) is not None:
            words = f"{rule.because} ({NAME[rule.channel]} {last}, baseline {baseline})"
            times = change.times(rule, baseline, last)  # a signature covers no larger change
            yield f"{rule.id}:{times}", rule.strength, words


def _changed(gate: Gate, rule: Relative, baseline: Decimal) -> Decimal | None:
    """The newest value, when it has met the rule for long enough."""
    clear_after = behaviour(gate.protocol, "relative").clear_after
    lasting = timedelta(minutes=float(rule.lasting.value))
    seen = believed(gate.state, gate.window, gate.protocol, rule.channel, gate.at)
    enough = up_to(seen, gate.at - lasting - clear_after)
    found = newest(enough, partial(_sight, rule, baseline), clear_after, gate.at)
    if found is None or found.until is not None or found.lasted(gate.at) < lasting:
        return None
    return found.last.value


def up_to(seen: Iterable[Latest], start: datetime) -> Iterator[Latest]:
    """Newest first, down to the first that was observed before `start`.

    What lies beyond cannot change whether a rule has been met for as long as it asks.
    """
    for each in seen:
        yield each
        if each.observed_at < start:
            return


def _sight(rule: Relative, baseline: Decimal, seen: Latest) -> Sight:
    bad = change.met(rule, baseline, seen.value)
    return Sight(seen.observed_at, bad, rule.alarm, rule.strength, seen.value)


def _rank(strength: Strength) -> int:
    return strength.rank


def _fresh(gate: Gate, channel: Channel) -> Latest | None:
    """The newest value, while it may speak for now: a probe that fell silent does not."""
    seen = gate.seen.get(channel)
    if seen is None or not within(gate.at, seen.observed_at, gate.protocol.fresh):
        return None
    return None if _silent(gate, channel) else seen


def _silent(gate: Gate, channel: Channel) -> bool:
    """Whether the newest value is a monitor's that should have spoken again since; no cuff's."""
    seen, watched = gate.seen.get(channel), signal(gate.protocol, channel)
    if seen is None or seen.by_hand or watched is None or watched.on_interval:
        return False
    return gate.at - seen.observed_at > timedelta(seconds=float(watched.lost_after.value))


def _not_fresh(gate: Gate, channel: Channel) -> str:
    if _silent(gate, channel):
        return f"The monitor's {NAME[channel]} fell silent: look at the patient and the probe."
    return f"No usable {channel} reading in the last {gate.protocol.fresh.value} minutes."


def scores(gate: Gate) -> Found:
    """The score is part of the name: a signature for 2 does not cover 0."""
    for each in low(gate.state, gate.protocol):
        yield f"{each.scale.id}:{plain(each.last.value)}", None, each.sentence
