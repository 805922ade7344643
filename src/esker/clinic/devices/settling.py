"""A person settles what nobody will use: an entry in the ledger first, then it leaves the list.

Readings that are dismissed go whole into the entry, as a block: nothing observed is deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from esker.clinic import clock, tenancy
from esker.clinic.devices import hl7, journal, quarantine
from esker.clinic.devices.models import Unread
from esker.clinic.ledger import store
from esker.clinic.people.models import User
from esker.core.ledger import Draft, Refused, instant
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.trend import block
from esker.core.session.state import Role

MAY = (Role.NURSE, Role.PRESCRIBER)  # who is at the bedside can tell whose a reading is
NONE_LEFT = "No reading of this monitor waits any more."
AGAIN = "Load the list again."
IN_A_BLOCK = 2000  # readings; a monitor that nobody claimed for days becomes several entries
Answer = list[dict[str, Any]] | Refused


def may(by: User) -> bool:
    """Whether this person settles anything here."""
    return any(by.has_role(role) for role in MAY)


def dismiss(by: User, id: str, monitor: str, until: datetime, reason: str) -> Answer:
    """The quarantined readings of a monitor received by `until` belong to nobody here."""
    if len(monitor) > hl7.LONGEST_NAME:  # no message names it, and no stream could
        return Refused("nothing", NONE_LEFT)

    def drafts(clinic_id: str, at: datetime) -> list[Draft] | Refused:
        rows = quarantine.loose(clinic_id).filter(monitor=monitor, received_at__lte=until)
        kept = rows.order_by("observed_at", "uid").values_list(*journal.FIELDS)
        found = [each for row in kept for each in journal.readings(row)]
        if not found:
            return Refused("nothing", NONE_LEFT)
        quarantine.release(clinic_id, [each.id for each in found])
        return list(_dismissed(found, reason, at))

    return _settle(by, id, f"monitor:{monitor}", [instant(until), reason], drafts)


def _dismissed(found: Sequence[Reading], reason: str, at: datetime) -> Iterator[Draft]:
    for start in range(0, len(found), IN_A_BLOCK):
        part = found[start : start + IN_A_BLOCK]
        body = {"reason": reason, "count": len(part), "block": block(part)}
        yield Draft("readings.dismissed", body, at)


def settle(by: User, id: str, line: int, reason: str) -> Answer:
    """An unread line was looked at by a person, who says what came of it."""
    with tenancy.scope(by.clinic_id):
        row = Unread.objects.filter(clinic_id=by.clinic_id, pk=line).first()
        sender = row.sender if row else ""

    def drafts(clinic_id: str, at: datetime) -> list[Draft] | Refused:
        row = Unread.objects.filter(clinic_id=clinic_id, pk=line).first()
        if row is None:
            return Refused("nothing", "This line was settled already.")
        body = {
            "reason": reason, "code": row.code, "unread_because": row.reason,
            "first": instant(row.first_at), "last": instant(row.last_at), "count": row.count,
            "latest": row.latest,
        }  # fmt: skip
        row.delete()
        return [Draft("unread.settled", body, at)]

    return _settle(by, id, f"monitor:{sender}", [line, reason], drafts)


def _is_uuid(id: str) -> bool:
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False


def _settle(
    by: User, id: str, stream: str, said: list[Any],
    drafts: Callable[[str, datetime], list[Draft] | Refused],
) -> Answer:  # fmt: skip
    """Once for each command id: the same again hears the first answer."""
    clinic_id, at = str(by.clinic_id), clock.now()
    if not may(by):
        return Refused("role", "This is for a nurse or a prescriber.")
    if not _is_uuid(id):
        return Refused("id", AGAIN)
    if not str(said[-1]).strip():
        return Refused("reason", "Say why.")
    digest = hashlib.sha256(json.dumps([stream, *said]).encode()).hexdigest()
    with tenancy.scope(clinic_id):
        store.lock(clinic_id, [stream])
        before = store.answered(clinic_id, id, digest)
        if before is not None:
            return before if isinstance(before, Refused) else before.answer
        made = drafts(clinic_id, at)
        if isinstance(made, Refused):
            return made
        entries = store.append(
            clinic_id, command=id, actor=by.username, drafts=made, stream=stream, recorded_at=at
        )
        answer = [
            {"id": each.id, "seq": each.seq, "stream": each.stream, "kind": each.kind}
            for each in entries
        ]
        store.remember(clinic_id, id, digest, answer)
        return answer
