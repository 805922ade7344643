"""The gates: the protocol says at which of them a rule stands, and how strongly.

Every strength here is a floor: a worse or a missing vital never permits more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from esker.core.ledger import Refused
from esker.core.protocols.schema import Rule, Strength
from esker.core.session.gate import Gate
from esker.core.session.gate_rules import RULES
from esker.core.session.readings import within


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found: its id (with what it found it in), strength, and a sentence."""

    rule: str
    strength: Strength
    sentence: str
    overridden: bool = False  # a hold that a signature made a note


Look = Callable[[Gate], list[Finding]]

# What no protocol can make weaker (design: gates that have no override).
FLOOR = dict.fromkeys(
    ("identity", "order", "order_version", "vial", "clearance", "ceiling", "ceiling_per_kg"),
    Strength.NEVER,
)


def findings(gate: Gate) -> list[Finding]:
    """All findings at this gate, strongest first; overridden holds become notes."""
    found = [
        replace(each, strength=Strength.NOTE, overridden=True)
        if each.strength is Strength.HOLD and _signed(gate, each.rule)
        else each
        for each in bare(gate)
    ]
    return sorted(found, key=lambda each: -each.strength.rank)


def look_once() -> Look:
    """`findings` for many questions about one instant: each gate looks at the readings once."""
    seen: dict[str, list[Finding]] = {}

    def look(gate: Gate) -> list[Finding]:
        if gate.name not in seen:
            seen[gate.name] = findings(gate)
        return seen[gate.name]

    return look


def bare(gate: Gate) -> list[Finding]:
    """The findings before any override."""
    standing = (rule for rule in gate.protocol.rules if gate.name in rule.gate)
    return [each for rule in standing for each in _look(rule, gate)]


def _look(rule: Rule, gate: Gate) -> Iterator[Finding]:
    for detail, own, sentence in RULES[rule.id](gate):
        name = f"{rule.id}:{detail}" if detail else rule.id
        floor = FLOOR.get(rule.id, Strength.GO)
        yield Finding(name, max(own or rule.strength, floor, key=lambda s: s.rank), sentence)


def _signed(gate: Gate, name: str) -> bool:
    """Signed for this very finding, and no longer ago than a clearance lasts.

    One that opened `clear` still counts at the start of that clearance: the two are one decision.
    """
    signed = gate.state.overrides.get(name)
    if signed is None and gate.name == "start":
        signed = gate.state.carried.get(name)
    return signed is not None and within(gate.at, signed, gate.protocol.clearance)


def refusal(found: Iterable[Finding]) -> Refused | None:
    """The strongest finding that stands in the way, if any."""
    for each in found:
        if each.strength.rank >= Strength.HOLD.rank:
            code = each.rule.split(":")[0]
            return Refused(code, each.sentence, str(each.strength), each.rule)
    return None


def relied_on(gate: Gate) -> list[dict[str, object]]:
    """The readings that this gate looked at, for the entry to quote."""
    return [
        {
            "channel": str(channel),
            "value": seen.value,
            "observed_at": seen.observed_at,
            "reading": seen.reading,
        }
        for channel in gate.channels
        if (seen := gate.seen.get(channel))
    ]
