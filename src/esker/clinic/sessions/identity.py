"""One number is one person: a session is opened for the patient whom this clinic knows by it.

So that intervals, weights and consent carry over, and nobody is treated as somebody else.
"""

from __future__ import annotations

from esker.clinic.sessions import folding
from esker.clinic.sessions.models import SessionRow
from esker.core.ledger import Refused
from esker.core.monitoring.pairing import identifier
from esker.core.session.commands import OpenSession, Person


def recognised(clinic_id: str, session_id: str, command: OpenSession) -> OpenSession | Refused:
    """The command with the patient's id of before, if the number was here before.

    Refused when the number is another person's. A cancelled session refuses nothing: cancelling is
    how a mistyped name is mended. Inside the clinic's scope, with the number locked.
    """
    person = command.patient
    rows = SessionRow.objects.filter(clinic_id=clinic_id, number=identifier(person.mrn))
    other = None
    for row in rows.exclude(session=session_id).order_by("-planned_at"):
        known = folding.fold(clinic_id, row.session).patient
        if known is not None and _same(known, person):
            carried = {"id": known.id, "allergies": _allergies(clinic_id, known.id, person)}
            return command.model_copy(update={"patient": person.model_copy(update=carried)})
        if row.outcome != "cancelled":
            other = known
    other = other or _owner(clinic_id, session_id, person)
    return command if other is None else Refused("identity", _sentence(other))


def _owner(clinic_id: str, session_id: str, person: Person) -> Person | None:
    """Whose id this is already, under another number: consent and intervals would be theirs."""
    rows = SessionRow.objects.filter(clinic_id=clinic_id, patient=person.id)
    taken = rows.exclude(session=session_id).exclude(outcome="cancelled")
    row = taken.exclude(number=identifier(person.mrn)).first()
    return folding.fold(clinic_id, row.session).patient if row else None


def _allergies(clinic_id: str, patient: str, said: Person) -> tuple[str, ...] | None:
    """As said today; where nobody asked today, what was known of this patient last."""
    if said.allergies is not None:
        return said.allergies
    rows = SessionRow.objects.filter(clinic_id=clinic_id, patient=patient).order_by("-planned_at")
    found = (folding.fold(clinic_id, row.session).patient for row in rows)
    return next((known.allergies for known in found if known and known.allergies is not None), None)


def _same(known: Person, said: Person) -> bool:
    return known.born == said.born and _words(known.name) == _words(said.name)


def _words(name: str) -> list[str]:
    return name.casefold().split()


def _sentence(known: Person) -> str:
    return (
        f"Number {known.mrn} belongs to {known.name}, born {known.born:%-d %b %Y}. "
        "Check the number, the name and the birth date."
    )
