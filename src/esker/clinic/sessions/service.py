"""Commands to a session: lock, fold, decide, append, answer. The only way anything is written.

A command id makes a retry harmless: the same id with the same body hears the first answer again.
A refusal is not remembered, so a retry asks afresh.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from esker.clinic import clock, tenancy
from esker.clinic.devices import pairings, quarantine
from esker.clinic.faults import UNKEEPABLE
from esker.clinic.ledger import store
from esker.clinic.people.models import User
from esker.clinic.people.signing import NOT_RIGHT, actor_for, verify_signature
from esker.clinic.sessions import catalogue, folding, identity, protocols
from esker.clinic.sessions.models import SessionRow
from esker.clinic.sessions.surroundings import window
from esker.clinic.setup import queries as setup
from esker.core.ledger import Draft, Entry, Refused
from esker.core.monitoring.pairing import identifier
from esker.core.protocols.schema import Protocol, Strict
from esker.core.session.commands import (
    COMMANDS,
    SIGNED,
    Amend,
    AnyCommand,
    ClaimReadings,
    OpenSession,
    PairMonitor,
    Tri,
)  # fmt: skip
from esker.core.session.decide import decide
from esker.core.session.state import NOBODY, Actor, Session, Window

Answer = list[dict[str, Any]]
UNSIGNED = (
    "This clinic has not signed this protocol as it stands; a prescriber signs it under "
    "Administration, Protocols."
)


ON_A_PACK = {"vial": "serial number", "expires": "expiry date"}


class Malformed(Exception):
    """A request that is no command; `sentences` say each what is wrong with which field."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was recorded: id, seq, stream and kind of each entry."""

    entries: Answer


class Factors(Strict):
    username: Annotated[str, Field(min_length=1, max_length=150)]
    password: Annotated[str, Field(min_length=1, max_length=500)]
    totp: Annotated[str, Field(min_length=6, max_length=6)]


class Request(Strict):
    """What a client sends. `id` is a UUID that the client made, before it asked."""

    id: UUID
    command: dict[str, Any]
    signature: Factors | None = None


def handle(clinic_id: str, session_id: str, payload: Any, user: User | None) -> Accepted | Refused:
    """Carry a command out once. `user` None is a locked screen, which may only call for help.

    Raises Malformed for what is no command at all.
    """
    request = _request(payload)
    with tenancy.scope(clinic_id):
        raw = _with_catalogue(clinic_id, request.command)
        command = _command(raw)
        if isinstance(command, OpenSession):
            _check_id(session_id)
        store.lock(clinic_id, _streams(clinic_id, session_id, command))
        digest = _digest(session_id, request.command)
        before = store.answered(clinic_id, str(request.id), digest)
        if isinstance(before, Refused):
            return before
        if before is not None:
            return Accepted(before.answer)
        return _carry_out(clinic_id, session_id, request, command, digest, user)


def _carry_out(
    clinic_id: str,
    session_id: str,
    request: Request,
    command: AnyCommand,
    digest: str,
    user: User | None,
) -> Accepted | Refused:
    at = clock.now()
    known = _recognised(clinic_id, session_id, command)
    command = command if isinstance(known, Refused) else known
    state = folding.fold(clinic_id, session_id)
    protocol = _protocol(clinic_id, state, command)
    if isinstance(protocol, Refused):
        return protocol
    actor = _actor(clinic_id, request.signature, command.kind, user, at)
    if isinstance(actor, Refused):
        return actor
    packs = {command.vial} if hasattr(command, "vial") else ()
    surroundings = window(clinic_id, _as_opened(state, session_id, command), at, packs)
    surroundings = _with_monitors(clinic_id, session_id, surroundings, command)
    drafts = decide(state, surroundings, command, protocol[0], at, actor)
    if isinstance(drafts, Refused):
        return drafts
    if isinstance(known, Refused):  # last: whoever may not open a session learns no name
        return known
    if isinstance(command, Amend) and not folding.holds(clinic_id, session_id, command.entry):
        return Refused("no_entry", "There is no entry with this number in this session.")
    entries = store.append(
        clinic_id,
        command=str(request.id),
        actor=actor.id,
        drafts=drafts,
        stream=folding.stream_of(session_id),
        recorded_at=at,
        protocol_hash=protocol[1],
    )
    if isinstance(command, ClaimReadings):
        quarantine.release(clinic_id, command.readings)
    answer = [_brief(entry) for entry in entries]
    store.remember(clinic_id, str(request.id), digest, answer)
    return Accepted(answer)


def _recognised(clinic_id: str, session_id: str, command: AnyCommand) -> AnyCommand | Refused:
    """Only an opening says who the patient is; all later commands go by the session."""
    if not isinstance(command, OpenSession):
        return command
    return identity.recognised(clinic_id, session_id, command)


def _with_monitors(
    clinic_id: str, session_id: str, surroundings: Window, command: AnyCommand
) -> Window:
    """What only a pairing or a claim asks of the devices."""
    if isinstance(command, PairMonitor):
        free = pairings.free_since(clinic_id, command.monitor, session_id)
        return replace(surroundings, monitor_free_since=free)
    if isinstance(command, ClaimReadings):
        found = quarantine.claimable(clinic_id, command.readings)
        return replace(surroundings, claimable=found)
    return surroundings


def record_consent(clinic_id: str, patient: str, on_file: str, by: str, id: str = "") -> Accepted:
    """Whether a consent is on file, for all sessions of this patient. Raises Malformed."""
    try:
        said = Tri(on_file)
    except ValueError:
        raise Malformed(["on_file is yes, no or unknown."]) from None
    at, stream = clock.now(), f"patient:{patient}"
    command = id or store.new_id(at)
    digest = _digest(stream, {"on_file": said})
    with tenancy.scope(clinic_id):
        store.lock(clinic_id, [stream])
        before = store.answered(clinic_id, command, digest)
        if isinstance(before, Refused):
            raise Malformed([before.sentence])
        if before is not None:
            return Accepted(before.answer)
        drafts = [Draft("consent.recorded", {"on_file": said.value}, at)]
        entries = store.append(
            clinic_id, command=command, actor=by, drafts=drafts, stream=stream, recorded_at=at
        )
        answer = [_brief(entry) for entry in entries]
        store.remember(clinic_id, command, digest, answer)
        return Accepted(answer)


def protocol_of(clinic_id: str, session_id: str) -> Protocol:
    """The protocol that this session pinned. Raises LookupError when its text has gone."""
    with tenancy.scope(clinic_id):
        digest = folding.fold(clinic_id, session_id).protocol_hash
        found = protocols.get(digest)
    if found is None:
        raise LookupError(f"no protocol with hash {digest}")
    return found


def _request(payload: Any) -> Request:
    if _has_nul(payload):
        raise Malformed([UNKEEPABLE])
    try:
        return Request.model_validate_json(json.dumps(payload))
    except (ValidationError, TypeError, ValueError) as error:
        raise Malformed(_sentences(error)) from None


def _check_id(session_id: str) -> None:
    """A new session's id is a UUID as one writes it: pages, streams and columns count on it."""
    try:
        known = str(UUID(session_id))
    except ValueError:
        known = ""
    if known != session_id:
        raise Malformed(["The session's id in the address must be a UUID, in lower case."])


def _has_nul(said: Any) -> bool:
    match said:
        case str():
            return "\0" in said
        case dict():
            return any(_has_nul(each) for pair in said.items() for each in pair)
        case list():
            return any(_has_nul(each) for each in said)
    return False


def _command(raw: dict[str, Any]) -> AnyCommand:
    try:
        return COMMANDS.validate_python(raw)
    except ValidationError as error:
        raise Malformed(_poor_code(raw, error) or _sentences(error)) from None


def _poor_code(raw: dict[str, Any], error: ValidationError) -> list[str]:
    """A scan that counted on the catalogue, or on the code, for more than it says; else nothing."""
    missing = [str(each["loc"][-1]) for each in error.errors() if each["type"] == "missing"]
    if raw.get("kind") != "scan_vial" or not missing or not raw.get("code"):
        return []
    if raw["known"]:
        lacks = ", ".join(ON_A_PACK.get(name, name) for name in missing)
        return [f"This code says which product it is and not which pack: it has no {lacks}. "
                "Scan the code that the pack itself bears."]  # fmt: skip
    return [
        "The catalogue has no product with this code. Two people read the label: More, Unknown "
        "code. Or an administrator adds it under Administration, Products."
    ]


def _sentences(error: Exception) -> list[str]:
    if not isinstance(error, ValidationError):
        return ["This is not a command."]
    return [_fault(each) for each in error.errors(include_input=False, include_url=False)]


def _fault(each: ErrorDetails) -> str:
    path = ".".join(str(part) for part in each["loc"]) or "The request"
    return "Fill in at least one." if each["type"] == "too_short" else f"{path}: {each['msg']}."


def _with_catalogue(clinic_id: str, raw: dict[str, Any]) -> dict[str, Any]:
    return catalogue.scanned(clinic_id, raw) if raw.get("kind") == "scan_vial" else raw


def _streams(clinic_id: str, session_id: str, command: AnyCommand) -> set[str]:
    """The session's own stream, and whatever this command must not share with another session."""
    row = SessionRow.objects.filter(clinic_id=clinic_id, session=session_id).first()
    streams = {folding.stream_of(session_id)}
    match command.kind:
        case "open_session":
            number = hashlib.sha256(identifier(command.patient.mrn).encode()).hexdigest()
            streams |= {f"patient:{command.patient.id}", f"number:{number}"}
        case "pair_monitor":
            streams |= {f"chair:{command.chair}", f"monitor:{command.monitor}"}
        case "claim_readings":
            streams.add(f"trend:{session_id}")
        case "scan_vial" | "device_given" | "draw_up":
            streams.add(f"vial:{command.vial}")
    return streams | ({f"patient:{row.patient}"} if row else set())


def _digest(about: str, said: dict[str, Any]) -> str:
    """Of what was asked, as sent; without the signature, whose code differs at each try."""
    text = json.dumps([about, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _protocol(
    clinic_id: str, state: Session, command: AnyCommand
) -> tuple[Protocol, str] | Refused:
    digest = state.protocol_hash
    if not state.seq:
        if not isinstance(command, OpenSession):
            return Refused("no_session", "There is no such session yet.")
        digest = command.protocol_hash
        if not setup.is_signed(clinic_id, digest):
            return Refused("protocol", UNSIGNED)
    found = protocols.get(digest)
    if found is None:
        return Refused("protocol", "The text of this session's protocol has gone.")
    return found, digest


def _actor(
    clinic_id: str, factors: Factors | None, kind: str, user: User | None, at: datetime
) -> Actor | Refused:
    """Who acts: the signer where the command is signed, so that a nurse's login can stay."""
    if user is None:
        return Actor(NOBODY, None, frozenset())  # no signature is taken on a locked screen
    if kind not in SIGNED or factors is None:
        return actor_for(user)
    signature = verify_signature(
        clinic_id, factors.username, factors.password, factors.totp, kind, at
    )
    signer = User.objects.filter(clinic_id=clinic_id, username=factors.username).first()
    if signature is None or signer is None:
        return Refused("signature", NOT_RIGHT)
    return actor_for(signer, signature)


def _as_opened(state: Session, session_id: str, command: AnyCommand) -> Session:
    """A session that is about to be opened has its id and patient for the window's questions."""
    if state.seq or not isinstance(command, OpenSession):
        return state
    return Session(id=session_id, patient=command.patient)


def _brief(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "seq": entry.seq, "stream": entry.stream, "kind": entry.kind}


def known_or_opening(clinic_id: str, session_id: str, payload: Any) -> bool:
    """Whether the session is this clinic's, or is being opened by this very request."""
    said = payload.get("command") if isinstance(payload, dict) else None
    if isinstance(said, dict) and said.get("kind") == "open_session":
        return True
    with tenancy.scope(clinic_id):
        return SessionRow.objects.filter(clinic_id=clinic_id, session=session_id).exists()


def knows_patient(clinic_id: str, patient: str) -> bool:
    """Whether a session of this clinic was ever planned for this patient."""
    with tenancy.scope(clinic_id):
        return SessionRow.objects.filter(clinic_id=clinic_id, patient=patient).exists()
