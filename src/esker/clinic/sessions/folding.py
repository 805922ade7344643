"""A session's state at the head of its stream, kept between requests by the head's digest.

The digest, not the sequence number: what a rolled-back transaction folded can then never be taken
for what was committed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from esker.clinic.ledger import store
from esker.clinic.ledger.models import Entry as Row
from esker.clinic.ledger.models import Head
from esker.core.ledger import GENESIS, Entry
from esker.core.session.evolve import evolve
from esker.core.session.state import Session

NOTHING = Session()
KEPT = 500
_states: OrderedDict[tuple[str, str], Session] = OrderedDict()  # (stream, digest of last entry)
_lock = Lock()


def stream_of(session_id: str) -> str:
    return f"session:{session_id}"


def fold(clinic_id: str, session_id: str) -> Session:
    """The state now; an empty Session when there is none. Inside the clinic's scope."""
    stream = stream_of(session_id)
    digest = _head(clinic_id, stream)
    known = _recall(stream, digest)
    if known is not None or digest == GENESIS:
        return known or Session()
    state = Session()
    for entry in store.read(clinic_id, stream):
        state = evolve(state, entry)
    return _keep(stream, digest, state)


def holds(clinic_id: str, session_id: str, entry: str) -> bool:
    """Whether the session has this entry: an amendment of nothing would correct nothing."""
    rows = Row.objects.filter(clinic_id=clinic_id, stream=stream_of(session_id))
    return rows.filter(id=entry).exists()


def fold_all(clinic_id: str, sessions: Iterable[str]) -> dict[str, Session]:
    """The state of each of these sessions, by id, with one question for all their heads."""
    streams = {stream_of(session): session for session in sessions}
    heads = Head.objects.filter(clinic_id=clinic_id, stream__in=streams)
    known = {row.stream: _recall(row.stream, row.digest) for row in heads}
    return {
        session: known.get(stream) or fold(clinic_id, session)
        for stream, session in streams.items()
    }


def follow(entry: Entry) -> Session:
    """The state after `entry`, which was just appended."""
    before = Session() if entry.prev == GENESIS else _recall(entry.stream, entry.prev)
    if before is None:
        before = Session()
        for each in store.read(entry.clinic, entry.stream):
            if each.seq < entry.seq:
                before = evolve(before, each)
    return _keep(entry.stream, entry.digest, evolve(before, entry))


def fold_streams(entries: Iterable[Entry]) -> list[Session]:
    """The last state of every session among these entries, for who has them all at hand."""
    states: dict[str, Session] = {}
    for entry in entries:
        if entry.stream.startswith("session:"):
            states[entry.stream] = evolve(states.get(entry.stream, NOTHING), entry)
    return list(states.values())


def _head(clinic_id: str, stream: str) -> str:
    row = Head.objects.filter(clinic_id=clinic_id, stream=stream).first()
    return row.digest if row else GENESIS


def _recall(stream: str, digest: str) -> Session | None:
    with _lock:
        return _states.get((stream, digest))


def _keep(stream: str, digest: str, state: Session) -> Session:
    with _lock:
        _states[stream, digest] = state
        while len(_states) > KEPT:
            _states.popitem(last=False)
    return state
