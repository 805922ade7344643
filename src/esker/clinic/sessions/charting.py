"""What stands around a chart's lines: the limits of each phase, and what happened when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.sessions import folding, protocols
from esker.core.ledger import Entry
from esker.core.protocols.schema import Anchor, Phase, Protocol
from esker.core.protocols.tables import table
from esker.core.session import dosing
from esker.core.session.sentences import sentence
from esker.core.session.state import Dosing, Session

Json = dict[str, Any]
DOSE = frozenset({
    "dose.started", "device.given", "infusion.paused", "infusion.resumed", "rate.changed",
    "dose.stopped", "dose.ended",
})  # fmt: skip
EVENTS = frozenset({"adverse_event.recorded", "emergency.called", "rescue.given"})


def frame(clinic_id: str, session_id: str) -> Json:
    """Limits as [channel, from, until, low, high] and marks of dose and events."""
    with tenancy.reading(clinic_id):
        state = folding.fold(clinic_id, session_id)
        protocol = protocols.get(state.protocol_hash)
        entries = store.read(clinic_id, folding.stream_of(session_id))
    return {
        "limits": _limits(state, protocol) if protocol else [],
        "marks": [_mark(each) for each in entries if each.kind in DOSE | EVENTS],
    }


def _mark(entry: Entry) -> Json:
    kind = "dose" if entry.kind in DOSE else "event"
    return {"at": entry.occurred_at.isoformat(), "kind": kind, "text": sentence(entry)}


def _limits(state: Session, protocol: Protocol) -> list[Json]:
    """Each phase has limits of its own; a chart that drew today's over all would mislead."""
    first = dosing.anchor(state, Anchor.FIRST_DOSE)
    last = dosing.anchor(state, Anchor.LAST_DOSE) if state.dosing is Dosing.DONE else None
    spans = ((Phase.CLEAR, None, first), (Phase.DOSE, first, last), (Phase.RECOVER, last, None))
    found = []
    for phase, start, end in spans:
        if phase is not Phase.CLEAR and start is None:
            continue
        for signal in protocol.monitoring:
            known = table(protocol, signal.channel, phase)
            if known:
                low, high = (float(edge) for edge in known.normal)
                found.append({"channel": signal.channel.value, "from": _time(start),
                              "until": _time(end), "low": low, "high": high})  # fmt: skip
    return found


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
