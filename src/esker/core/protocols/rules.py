"""What a protocol must hold besides its tables: rules, waits, criteria, alarms, dose steps.

A rule that a protocol leaves out stands at no gate, and nobody would see it missing; so the list of
what must stand where is here, and a fault names what is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from esker.core.monitoring.channels import Channel
from esker.core.protocols.schema import Condition, Phase, Priority, Protocol, Scale, Strength
from esker.core.protocols.tables import scale
from esker.core.units import plain

MORE = {"device": "next", "infusion": "resume"}  # the gate before more drug
# Rule -> the gates at which it must stand; "more" is the one of the form.
STAND: dict[str, tuple[str, ...]] = {
    "identity": ("clear",),
    "order": ("clear", "draw", "start", "more"),
    "order_version": ("clear", "draw", "start", "more"),
    "consent": ("clear", "start", "more"),
    "allergy": ("clear", "start"),
    "age": ("clear", "start"),
    "readiness": ("clear", "start"),
    "prescriber_on_site": ("start", "more"),
    "monitor_paired": ("clear", "start", "more"),
    "watched": ("start",),
    "vitals_fresh": ("clear", "start", "more"),
    "vitals_within": ("clear", "start", "more"),
    "scores": ("clear", "start", "more"),
    "relative": ("more", "discharge"),
    "interval": ("clear", "start"),
    "vial": ("start", "more"),
    "clearance": ("start", "more"),
    "ceiling": ("clear", "draw", "start", "more"),
    "observation": ("discharge",),
    "discharge_criteria": ("discharge",),
    "escort": ("discharge",),
    "deviations_open": ("discharge",),
    "waste": ("discharge",),
}
STAND_FOR: dict[str, dict[str, tuple[str, ...]]] = {
    "device": {"rest_time": ("more",)},
    "infusion": {
        "weight": ("clear", "draw", "start"),
        "drawn_matches": ("start",),
        "rate_matches": ("start", "more"),
        "ceiling_per_kg": ("clear", "draw", "start", "more"),
        "soft_per_kg": ("clear",),
    },
}
FIRST = {"first_dose": ("clear", "start", "more")}  # where the protocol says what comes first
RULES = frozenset({**STAND, **FIRST}) | {rule for form in STAND_FOR.values() for rule in form}
NEVER = (
    "identity", "order", "order_version", "interval", "vial", "clearance", "ceiling",
    "ceiling_per_kg",
)  # fmt: skip
CONDITIONS = (
    "limit", "relative", "score", "lost_signal", "flat", "jump", "implausible", "overdue_check",
    "not_watched", "no_gateway", "hold_during_infusion", "emergency", "device_skew",
)  # fmt: skip
# Harm -> priority for an immediate, prompt, delayed onset, after IEC 60601-1-8, table 1.
PRIORITY = {
    "death": (Priority.HIGH, Priority.HIGH, Priority.MEDIUM),
    "reversible": (Priority.HIGH, Priority.MEDIUM, Priority.LOW),
    "minor": (Priority.MEDIUM, Priority.LOW, Priority.NONE),
}
ONSET = ("immediate", "prompt", "delayed")


def rule_faults(protocol: Protocol) -> Iterator[str]:
    """Rules that are unknown, absent from a gate, or weaker than any protocol may make them."""
    form = protocol.drug.form
    if not protocol.required:
        yield "required is empty: no gate would read a vital sign."
    if protocol.least_age is None:
        yield "least_age is missing: rule age would stop nobody."
    first = FIRST if protocol.dose.first else {}
    for name, gates in {**STAND, **STAND_FOR[form], **first}.items():
        stands = {gate for rule in protocol.rules if rule.id == name for gate in rule.gate}
        for gate in (MORE[form] if gate == "more" else gate for gate in gates):
            if gate not in stands:
                yield f"Rule {name} is missing at gate {gate}."
    for rule in protocol.rules:
        if rule.id not in RULES:
            yield f"Rule {rule.id} is none that Esker knows."
        if rule.strength is Strength.GO:
            yield f"Rule {rule.id} has strength go, and so does nothing at any gate."
        if rule.id in NEVER and rule.strength is not Strength.NEVER:
            yield f"Rule {rule.id} must stand with strength never: nobody may override it."
        if rule.id == "observation" and rule.strength is not protocol.observation.strength:
            yield "Rule observation and the observation itself have different strengths."


def name_faults(protocol: Protocol) -> Iterator[str]:
    """What a clinician would sign without being able to say what it is, or a nurse read in vain."""
    for name in ("id", "title", "jurisdiction", "indication"):
        if not getattr(protocol, name).strip():
            yield f"{name} is empty."
    if protocol.version < 1:
        yield f"version must be 1 or more, and is {protocol.version}."
    for key, source in protocol.sources.items():
        if not source.title.strip():
            yield f"sources.{key} has no title."
    for kind in ("rules", "readiness", "discharge"):
        for each in getattr(protocol, kind):
            if not each.because.strip():
                yield f"{kind}: {each.id} has no sentence for the nurse."


def question_faults(protocol: Protocol) -> Iterator[str]:
    """Questions whose unwelcome answer would change nothing."""
    for each in protocol.readiness:
        if each.strength is Strength.GO:
            yield f"Question {each.id} has strength go: its answer would stop nobody."


def dose_faults(protocol: Protocol) -> Iterator[str]:
    """Steps above a ceiling, and numbers that this form of drug cannot do without."""
    dose, infusion = protocol.dose, protocol.drug.form == "infusion"
    needed = ("duration", "ceiling_per_kg", "rate_tolerance") if infusion else ("device", "rest")
    for name in needed:
        if getattr(dose, name) is None:
            yield f"dose.{name} is missing; {protocol.drug.form} needs it."
    top = dose.ceiling_per_kg if infusion else dose.ceiling
    if top and dose.soft_per_kg and infusion and dose.soft_per_kg.value >= top.value:
        yield f"dose.soft_per_kg of {dose.soft_per_kg.value} never speaks below {top.value}."
    if not dose.steps:
        yield "dose.steps is empty: nothing could be ordered."
    for step in dose.steps:
        if top and step.value > top.value:
            yield f"Dose step {step.value} {step.unit} is above the ceiling of {top.value}."
        if not infusion and dose.device and step.value % (dose.device.value or 1):
            yield f"Dose step {step.value} mg is no whole number of devices."


def check_faults(protocol: Protocol) -> Iterator[str]:
    """Timed checks that ask nothing, never fall due, or ask for what nobody watches."""
    watched = {signal.channel for signal in protocol.monitoring}
    for each in protocol.checks:
        if not (each.channels or each.scales):
            yield f"Check {each.id} asks for nothing."
        if bool(each.at) == bool(each.every):
            yield f"Check {each.id} needs either fixed minutes or an interval, and not both."
        scales = {scale.id for scale in protocol.scales}
        for name in sorted({*each.channels} - watched) + sorted({*each.scales} - scales):
            yield f"Check {each.id} asks for {name}, which this protocol does not know."


def scale_faults(protocol: Protocol) -> Iterator[str]:
    """Scores that no value or every name would fit."""
    for each in protocol.scales:
        if each.step <= 0:
            yield f"Scale {each.id} needs a step above 0."
        elif not (each.min < each.max and each.holds(each.max)):
            yield f"Scale {each.id} does not reach from {each.min} to {each.max} in its steps."
        if each.hold_at_most and not each.min <= each.hold_at_most.value < each.max:
            yield f"Scale {each.id} holds at {each.hold_at_most.value}, which is not within it."
        if each.id in set(Channel):
            yield f"Scale {each.id} has the name of a vital sign."


def relative_faults(protocol: Protocol) -> Iterator[str]:
    """Changes of what nobody watches, and of what no gate would miss."""
    for each in protocol.relative:
        if each.channel not in protocol.required:
            yield f"Change {each.id} reads {each.channel}, which no gate requires."
        if not each.because:
            yield f"Change {each.id} has no sentence for the nurse."
        if each.strength is Strength.GO:
            yield f"Change {each.id} has strength go, and so does nothing at any gate."


def alarm_less_holds(protocol: Protocol) -> Iterator[str]:
    """A hold while the drug runs must ring, or nobody would pause the pump."""
    dosing = [table for table in protocol.tables if Phase.DOSE in table.phase]
    parts = [(f"Table {t.id}", b.strength, b.alarm) for t in dosing for b in t.bands]
    parts += [
        (f"Change {r.id}", r.strength, r.alarm) for r in protocol.relative if Phase.DOSE in r.phase
    ]
    for name, strength, alarm in parts:
        if strength.rank >= Strength.HOLD.rank and alarm is Priority.NONE:
            yield f"{name} holds during dosing without an alarm: nobody would pause the pump."


def criterion_faults(protocol: Protocol) -> Iterator[str]:
    """Criteria for the door that could not be judged."""
    if not protocol.discharge:
        yield "No criterion says when the patient may leave."
    for each in protocol.discharge:
        if each.strength is Strength.GO:
            yield f"Criterion {each.id} has strength go: it would keep nobody here."
        if not each.kind.startswith("scale"):
            continue
        known = None if each.scale is None else scale(protocol, each.scale)
        if known is None:
            yield f"Criterion {each.id} reads scale {each.scale}, which the protocol does not list."
        if each.limit is None:
            yield f"Criterion {each.id} needs a limit for its scale."
        elif known and each.kind == "scale_at_least" and not _asks(known, each.limit.value):
            span = f"{plain(known.min)} to {plain(known.max)}"
            yield f"Criterion {each.id} asks for {plain(each.limit.value)} of {span}."


def _asks(known: Scale, least: Decimal) -> bool:
    """Whether some values of the scale reach `least`, and some do not."""
    return known.min < least <= known.max


def alarm_faults(protocol: Protocol) -> Iterator[str]:
    """Conditions without behaviour, or with less priority than their harm and onset ask for."""
    given = {each.id for each in protocol.alarms.conditions}
    for name in CONDITIONS:
        if name not in given:
            yield f"Alarm condition {name} is missing."
    for each in protocol.alarms.conditions:
        if each.id not in CONDITIONS:
            yield f"Alarm condition {each.id} is none that Esker knows."
        if each.priority.rank < _least(each).rank:
            yield (
                f"Alarm condition {each.id} has priority {each.priority}; harm {each.harm} with "
                f"{each.onset} onset asks for {_least(each)}."
            )


def _least(condition: Condition) -> Priority:
    return PRIORITY[condition.harm][ONSET.index(condition.onset)]


def twins(protocol: Protocol) -> Iterator[str]:
    """Ids that stand twice: only one of the two would be read."""
    kinds: dict[str, Iterable[str]] = {
        "tables": [each.id for each in protocol.tables],
        "checks": [each.id for each in protocol.checks],
        "scales": [each.id for each in protocol.scales],
        "relative": [each.id for each in protocol.relative],
        "readiness": [each.id for each in protocol.readiness],
        "discharge": [each.id for each in protocol.discharge],
        "alarms.conditions": [each.id for each in protocol.alarms.conditions],
        "rescue": [each.id for each in protocol.rescue],
        "rules at one gate": [
            f"{each.id} at {gate}" for each in protocol.rules for gate in each.gate
        ],
        "monitoring": [str(each.channel) for each in protocol.monitoring],
        "tables by channel and phase": [
            f"{t.channel} {p}" for t in protocol.tables for p in t.phase
        ],
    }
    for kind, names in kinds.items():
        seen: set[str] = set()
        for name in names:
            if name in seen:
                yield f"{name} stands twice in {kind}."
            seen.add(name)
