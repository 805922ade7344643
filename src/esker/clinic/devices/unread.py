"""What could not be used, kept for a person: one row for each sender, code and reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from esker.clinic.devices import hl7, table
from esker.clinic.devices.models import Unread

MOST = 200  # rows of one sender; what is beyond is counted in one row, or a flood fills the disk
MOST_OF_ALL = 2000  # of a clinic, for the same reason
BEYOND = "(further codes)", "more different codes and reasons than can be listed"
OTHER = "another value is charted for this instant"
NOBODY = "(no sender)"
GLIMPSE = 2000  # bytes kept of what is no message
Name = tuple[str, str, str]  # sender, code, reason


@dataclass(frozen=True, slots=True)
class Note:
    sender: str
    code: str
    reason: str
    raw: str
    at: datetime
    message: str | None


def malformed(fault: hl7.Malformed, raw: bytes, at: datetime) -> Note:
    """What was no message, under the sender that its header names, if it has one."""
    said = raw[:GLIMPSE].decode("utf-8", "backslashreplace").replace("\0", "\\0")
    sender = fault.header.sender[: hl7.LONGEST_NAME].replace("\0", "") or NOBODY
    return Note(sender, "(malformed)", str(fault)[:300], said, at, None)


def other(
    sender: str, channel: str, value: Decimal, at: datetime, charted: Decimal,
    received_at: datetime, message: str | None,
) -> Note:  # fmt: skip
    """A reading that says another value than the one which is charted for its instant."""
    said = f"{value} at {at.isoformat()}; charted: {charted}"
    return Note(sender, channel, OTHER, said, received_at, message)


def keep(clinic_id: str, notes: Iterable[Note]) -> None:
    """Add to the rows that there are, or make them; `latest` is what was said last."""
    grouped: dict[Name, list[Note]] = {}
    for note in notes:
        grouped.setdefault((note.sender, note.code, note.reason), []).append(note)
    known = _known(clinic_id, grouped) if grouped else {}
    _add((known[name], group) for name, group in grouped.items() if name in known)
    for name, group in grouped.items():
        if name not in known:
            _begin(clinic_id, name, group)


def _begin(clinic_id: str, name: Name, group: list[Note]) -> None:
    within = _within(clinic_id, name)
    known = _known(clinic_id, [within]) if within != name else {}
    if within in known:
        _add([(known[within], group)])
    else:
        _make(clinic_id, within, group)


def _known(clinic_id: str, names: Iterable[Name]) -> dict[Name, int]:
    senders = {sender for sender, _, _ in names}
    rows = Unread.objects.filter(clinic_id=clinic_id, sender__in=senders)
    return {tuple(name): pk for pk, *name in rows.values_list("pk", "sender", "code", "reason")}


def _add(groups: Iterable[tuple[int, list[Note]]]) -> None:
    table.update(
        Unread, "count = count + %s, last_at = %s, latest = %s, message = %s",
        ((len(g), table.time(g[-1].at), g[-1].raw, g[-1].message, pk) for pk, g in groups),
    )  # fmt: skip


def _within(clinic_id: str, name: Name) -> Name:
    """The name itself while there is room, else that of the row which counts the rest."""
    rows = Unread.objects.filter(clinic_id=clinic_id)
    if rows.filter(sender=name[0]).count() >= MOST:
        return name[0], *BEYOND
    return (NOBODY, *BEYOND) if rows.count() >= MOST_OF_ALL else name


def _make(clinic_id: str, name: Name, notes: list[Note]) -> None:
    first, last = notes[0], notes[-1]
    sender, code, reason = name
    Unread.objects.create(
        clinic_id=clinic_id, sender=sender, code=code, reason=reason, first_at=first.at,
        last_at=last.at, count=len(notes), latest=last.raw, message=last.message,
    )  # fmt: skip
