"""`esker paper`: a session pack to write on, for the day when nothing works.

Everything that it asks for and every limit on it comes from the protocol. With a session it carries
that patient's printed identity and order, so that it lies beside the chair before it is needed.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from esker.clinic.record.typeset import pdf
from esker.core.protocols.check import check as faults_of
from esker.core.protocols.load import ProtocolError, load
from esker.core.protocols.schema import Anchor, Check, Phase, Protocol
from esker.core.units import plain
from esker.protocol_files import text_of

Json = dict[str, Any]
AFTER = {
    Anchor.ARRIVAL: "after arrival",
    Anchor.FIRST_DOSE: "after the first dose",
    Anchor.LAST_DOSE: "after the last dose",
}
PHASES = {
    (Phase.ARRIVE, Phase.CLEAR): "Before the dose",
    (Phase.DOSE,): "While dosing",
    (Phase.RECOVER,): "In recovery",
    (Phase.DOSE, Phase.RECOVER): "From the dose on",
}
NAMES = {
    "sbp": "Systolic", "dbp": "Diastolic", "hr": "Heart rate", "spo2": "SpO2", "rr": "Breaths",
    "map": "Mean pressure", "temp": "Temperature",
}  # fmt: skip
SPARE_ROWS = 6


def run(args: Namespace) -> int:
    try:
        given = _of_session(args.data, args.session) if args.session else _blank(args.protocol)
    except (LookupError, OSError, ValueError, ProtocolError) as why:
        sys.stderr.write(f"{why}\n")
        return 2
    Path(args.out).write_bytes(pdf("paper.typ", given))
    sys.stdout.write(f"Wrote {args.out}.\n")
    return 0


def _blank(name: str) -> Json:
    """Of a protocol that a clinic could sign: on paper nobody would see a hole in its limits."""
    protocol, digest = load(text_of(name))
    if faults := faults_of(protocol):
        said = "\n".join(faults)
        raise ProtocolError(f"No pack is printed of a protocol that fails its check.\n{said}")
    return pack(protocol, digest)


def _of_session(folder: Path, session_id: str) -> Json:
    """The pack of one session of a data folder. Raises LookupError, NoClinic."""
    from esker.clinic.start import django

    django(folder)
    from esker.clinic.sessions.models import SessionRow

    row = SessionRow.objects.filter(session=session_id).first()
    if row is None:
        raise LookupError(f"There is no session {session_id} in {folder}.")
    return for_session(str(row.clinic_id), session_id)


def for_session(clinic_id: str, session_id: str) -> Json:
    """The pack with the identity and the order of one session."""
    from esker.clinic import clock
    from esker.clinic.sessions import queries, service

    found = queries.session(clinic_id, session_id, clock.now())
    return pack(service.protocol_of(clinic_id, session_id), found["protocol"]["hash"], found)


def pack(protocol: Protocol, digest: str, session: Mapping[str, Any] | None = None) -> Json:
    """What the template prints: all words and numbers, no layout."""
    return {
        "title": protocol.title,
        "version": str(protocol.version),
        "hash": digest,
        "drug": f"{protocol.drug.substance}, {protocol.drug.route}",
        "form": protocol.drug.form,
        "simulation": bool(session and session["simulation"]),
        "patient": session["patient"] if session else None,
        "order": session["order"] if session else None,
        "readiness": [
            {"text": each.text, "wanted": each.wanted, "otherwise": f"{each.strength}: "
             f"{each.because}"}
            for each in protocol.readiness
        ],
        "columns": [NAMES.get(each, each) for each in protocol.required]
        + [each.title for each in protocol.scales],
        "times": [{"at": "Before the dose", "what": "everything"}, *_times(protocol)],
        "spare": SPARE_ROWS,
        "limits": list(_limits(protocol)),
        "dose": _dose(protocol),
        "rescue": [{"title": c.title, "steps": list(c.steps)} for c in protocol.rescue],
        "wait": f"{plain(protocol.observation.minimum.value)} min "
        f"{AFTER[protocol.observation.anchor]}",
        "fixed": protocol.observation.strength == "never",
        "criteria": [
            {"title": each.title, "strength": str(each.strength)} for each in protocol.discharge
        ],
    }  # fmt: skip


def _times(protocol: Protocol) -> Iterator[Json]:
    """A row for each instant at which something is due, in order; checks that meet share one."""
    rows: dict[tuple[Anchor, Decimal], list[str]] = {}
    for check in protocol.checks:
        what = [NAMES.get(each, each) for each in check.channels]
        what += [each.title for each in protocol.scales if each.id in check.scales]
        for minute in _minutes(protocol, check):
            rows.setdefault((check.anchor, minute), []).extend(what)
    order = list(Anchor)
    for anchor, minute in sorted(rows, key=lambda key: (order.index(key[0]), key[1])):
        asked = ", ".join(dict.fromkeys(rows[anchor, minute]))
        yield {"at": f"{plain(minute)} min {AFTER[anchor]}", "what": asked}


def _minutes(protocol: Protocol, check: Check) -> Iterator[Decimal]:
    """When a check falls due, until dosing or observation would be over."""
    if check.every is None:
        yield from (each.value for each in check.at)
        return
    last = check.until.value if check.until else _end(protocol, check)
    minute = check.first.value if check.first else check.every.value
    while minute <= last:
        yield minute
        minute += check.every.value


def _end(protocol: Protocol, check: Check) -> Decimal:
    dose = protocol.dose
    dosing = dose.duration.value if dose.duration else Decimal(0)
    if dose.rest and dose.device:
        dosing = dose.rest.value * (dose.ceiling.value / dose.device.value - 1)
    if check.phase == (Phase.DOSE,):
        return dosing
    before = Decimal(0) if check.anchor is Anchor.LAST_DOSE else dosing
    return before + protocol.observation.minimum.value


def _limits(protocol: Protocol) -> Iterator[Json]:
    for table in protocol.tables:
        phase = PHASES.get(table.phase, ", ".join(table.phase))
        for band in table.bands:
            if band.because:
                yield {
                    "phase": phase, "channel": NAMES.get(table.channel, table.channel),
                    "edges": band.edges, "strength": str(band.strength), "because": band.because,
                }  # fmt: skip


def _dose(protocol: Protocol) -> Json:
    dose = protocol.dose

    def said(number: Any) -> str | None:
        return f"{plain(number.value)} {number.unit}" if number else None

    devices = int(dose.ceiling.value / dose.device.value) if dose.device else 0
    return {
        "steps": ", ".join(f"{plain(each.value)} {each.unit}" for each in dose.steps),
        "ceiling": said(dose.ceiling),
        "ceiling_per_kg": said(dose.ceiling_per_kg),
        "device": said(dose.device),
        "devices": devices,
        "rest": said(dose.rest),
        "duration": said(dose.duration),
        "minutes": plain(dose.duration.value) if dose.duration else None,
    }
