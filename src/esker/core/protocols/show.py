"""A protocol on paper: what a clinician reads before signing, every number with its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from esker.core.protocols.numbers import numbers
from esker.core.protocols.schema import (
    Check,
    Cited,
    Criterion,
    Protocol,
    Question,
    Relative,
    Rescue,
    Scale,
    Signal,
    Table,
)
from esker.core.units import plain

SIGN = "Read and signed by ______________________  licence ____________  date ________"


def show(protocol: Protocol, digest: str) -> str:
    """The whole protocol as plain text; a star marks every number that is only a default."""
    return "\n".join(_lines(protocol, digest)) + "\n"


def _lines(protocol: Protocol, digest: str) -> Iterator[str]:
    p, drug = protocol, protocol.drug
    yield p.title
    yield f"{p.id} version {p.version}, {p.jurisdiction}. Hash {digest}"
    yield f"{p.indication}. {drug.substance}, {drug.route}, {drug.form}"
    yield "A star marks a default without a readable source: it is yours to accept or to change."
    yield from _part("Dose", _all(p, p.dose))
    yield from _part("Observation", _observation(p))
    yield from _part("Readiness", (_question(p, each) for each in p.readiness))
    yield from _part("Gates", _gates(p))
    for table in p.tables:
        yield from _part(f"Table {table.id}", _table(p, table))
    yield from _part("Changes from baseline", (_relative(p, each) for each in p.relative))
    yield from _part("Scores", (_scale(p, each) for each in p.scales))
    yield from _part("Timed checks", (_check(p, each) for each in p.checks))
    yield from _part("Signals", (line for each in p.monitoring for line in _signal(p, each)))
    yield from _part("Alarms", _alarms(p))
    yield from _part("Before the door", (_criterion(p, each) for each in p.discharge))
    for card in p.rescue:
        yield from _part(f"Emergency: {card.title} {_mark(p, card.source)}", _card(card))
    yield from _part("Sources", _sources(p))
    yield from ("", SIGN)


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", title, "-" * len(title), *lines)


def _mark(protocol: Protocol, source: str) -> str:
    return f"[{source}{' *' if protocol.sources[source].kind == 'default' else ''}]"


def _number(protocol: Protocol, number: Cited) -> str:
    return f"{number.value} {number.unit} {_mark(protocol, number.source)}"


def _all(protocol: Protocol, part: BaseModel) -> Iterator[str]:
    """Every number of a part, one line each."""
    for place, _, _, number in numbers(part):
        yield f"{place.replace('_', ' ')}: {_number(protocol, number)}"


def _observation(protocol: Protocol) -> Iterator[str]:
    wait = protocol.observation
    yield f"{_number(protocol, wait.minimum)} from {wait.anchor}, strength {wait.strength}"


def _question(protocol: Protocol, question: Question) -> str:
    lasts = question.fresh_for
    fresh = f" Asked again after {_number(protocol, lasts)}." if lasts else ""
    wanted = f"Wanted: {question.wanted}. Otherwise {question.strength}."
    return f"{question.text} {wanted}{fresh} {_mark(protocol, question.source)}"


def _gates(protocol: Protocol) -> Iterator[str]:
    for name in ("check_window", "clearance", "fresh", "least_age"):
        if number := getattr(protocol, name):
            yield f"{name.replace('_', ' ')}: {_number(protocol, number)}"
    for rule in protocol.rules:
        limit = f" Limit {_number(protocol, rule.limit)}." if rule.limit else ""
        where = ", ".join(rule.gate)
        mark = _mark(protocol, rule.source)
        yield f"{rule.id} ({where}): {rule.strength}. {rule.because}{limit} {mark}"


def _table(protocol: Protocol, table: Table) -> Iterator[str]:
    low, high = (plain(edge) for edge in table.normal)
    yield f"{table.channel} in {', '.join(table.phase)}; normal from {low} to {high}"
    for band in table.bands:
        words = band.because or "Within limits."
        mark = _mark(protocol, band.source)
        yield f"{band.edges}: {band.strength}, alarm {band.alarm}. {words} {mark}"


def _relative(protocol: Protocol, change: Relative) -> str:
    size, lasting = _number(protocol, change.at_least), _number(protocol, change.lasting)
    where = ", ".join(change.phase)
    return (
        f"{change.channel} {change.change} of {size} for {lasting} in {where}: "
        f"{change.strength}, alarm {change.alarm}. {change.because}"
    )


def _scale(protocol: Protocol, scale: Scale) -> str:
    low = scale.hold_at_most
    held = f" At most {_number(protocol, low)}: alarm, and no more drug." if low else ""
    return f"{scale.title} ({scale.id}): {scale.range} {_mark(protocol, scale.source)}{held}"


def _check(protocol: Protocol, check: Check) -> str:
    what = ", ".join([*check.channels, *check.scales])
    times = [f"at {_number(protocol, number)}" for number in check.at]
    for word in ("first", "every", "until"):
        if number := getattr(check, word):
            times.append(f"{word} {_number(protocol, number)}")
    late = f"overdue: alarm {check.alarm}"
    return f"{check.title}: {what}, from {check.anchor}: {'; '.join(times)}; {late}"


def _signal(protocol: Protocol, signal: Signal) -> Iterator[str]:
    yield from (f"{signal.channel} {line}" for line in _all(protocol, signal))


def _alarms(protocol: Protocol) -> Iterator[str]:
    alarms = protocol.alarms
    for name in ("pause", "escalate_high", "escalate_medium"):
        yield f"{name.replace('_', ' ')}: {_number(protocol, getattr(alarms, name))}"
    for each in alarms.conditions:
        delay, clear = _number(protocol, each.delay), _number(protocol, each.clear_after)
        why = f"harm {each.harm}, onset {each.onset}"
        yield f"{each.id}: {each.priority} ({why}), after {delay}, clears after {clear}"


def _criterion(protocol: Protocol, each: Criterion) -> str:
    limit = f" Limit {_number(protocol, each.limit)}." if each.limit else ""
    fresh = f" Within the last {_number(protocol, each.fresh_for)}." if each.fresh_for else ""
    return f"{each.title}: {each.strength}.{limit}{fresh} {_mark(protocol, each.source)}"


def _card(card: Rescue) -> Iterator[str]:
    yield from (f"{place}. {step}" for place, step in enumerate(card.steps, start=1))
    if card.medicines:
        yield f"As needed, in the dose of the signed order: {', '.join(card.medicines)}"


def _sources(protocol: Protocol) -> Iterator[str]:
    for key, source in protocol.sources.items():
        yield f"{key}: {source.title} ({source.kind}). {source.note}".strip()
