"""A protocol on paper: what a clinician reads before signing, every number with its source."""

from __future__ import annotations

from collections.abc import Iterator

from esker.core.protocols.schema import Check, Cited, Protocol, Table


def show(protocol: Protocol, digest: str) -> str:
    """The whole protocol as plain text; a star marks every number that is only a default."""
    return "\n".join(_lines(protocol, digest)) + "\n"


def _lines(protocol: Protocol, digest: str) -> Iterator[str]:
    yield protocol.title
    yield f"{protocol.id} version {protocol.version}, {protocol.jurisdiction}. Hash {digest}"
    yield f"{protocol.drug.substance}, {protocol.drug.route}, {protocol.drug.form}"
    yield "A star marks a default without a readable source: it is yours to accept or to change."
    yield from _part("Dose", _dose(protocol))
    yield from _part(
        "Readiness",
        (
            f"{q.text} Wanted: {q.wanted}. Otherwise {q.strength}. {_mark(protocol, q.source)}"
            for q in protocol.readiness
        ),
    )
    yield from _part(
        "Gate rules",
        (
            f"{r.id} ({', '.join(r.gate)}): {r.strength}. {r.because} {_mark(protocol, r.source)}"
            for r in protocol.rules
        ),
    )
    for table in protocol.tables:
        yield from _part(f"Table {table.id}", _table(protocol, table))
    yield from _part("Timed checks", (_check(protocol, c) for c in protocol.checks))
    yield from _part(
        "Before the door",
        (f"{c.title}: {c.strength}. {_mark(protocol, c.source)}" for c in protocol.discharge),
    )
    yield from _part(
        "Sources",
        (f"{key}: {s.title} ({s.kind}). {s.note}".strip() for key, s in protocol.sources.items()),
    )
    yield from (
        "",
        "Read and signed by ______________________  licence ____________  date ________",
    )


def _part(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield from ("", title, "-" * len(title), *lines)


def _mark(protocol: Protocol, source: str) -> str:
    return f"[{source}{' *' if protocol.sources[source].kind == 'default' else ''}]"


def _number(protocol: Protocol, number: Cited) -> str:
    return f"{number.value} {number.unit} {_mark(protocol, number.source)}"


def _dose(protocol: Protocol) -> Iterator[str]:
    for name, value in protocol.dose:
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, Cited):
                yield f"{name.replace('_', ' ')}: {_number(protocol, number)}"
    wait = protocol.observation
    yield (
        f"observation: {_number(protocol, wait.minimum)} from {wait.anchor}, "
        f"strength {wait.strength}"
    )


def _table(protocol: Protocol, table: Table) -> Iterator[str]:
    yield f"{table.channel} in {', '.join(table.phase)}; normal {table.normal[0]}-{table.normal[1]}"
    for band in table.bands:
        words = band.because or "within limits"
        mark = _mark(protocol, band.source)
        yield f"{band.low}-{band.high}: {band.strength}, alarm {band.alarm}. {words} {mark}"


def _check(protocol: Protocol, check: Check) -> str:
    what = ", ".join([*check.channels, *check.scales])
    times = [_number(protocol, number) for number in check.at]
    if check.every:
        times.append(f"every {_number(protocol, check.every)}")
    return f"{check.title}: {what}, from {check.anchor}: {'; '.join(times)}"
