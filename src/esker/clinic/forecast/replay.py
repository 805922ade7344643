"""`esker forecast replay --entry ID`: make a shown forecast again and compare it bit for bit.

From a data folder, or from an export alone: what the entry holds is all that is needed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from esker.clinic.forecast import made, worker


def of_folder(entry_id: str) -> int:
    """0 when it is the same, 1 when not, 2 when there is no such entry."""
    from esker.clinic.ledger.models import Entry
    from esker.clinic.people.models import Clinic
    from esker.clinic.tenancy import reading

    for clinic in Clinic.objects.order_by("id"):
        with reading(clinic.id):
            entry = Entry.objects.filter(clinic_id=clinic.id, id=entry_id, kind=made.KIND).first()
        if entry is not None:
            return _told(json.loads(entry.body))
    return _missing(entry_id)


def of_export(file: Path, entry_id: str) -> int:
    """The same from the lines of `esker ledger export`, without any database."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if entry["id"] == entry_id and entry["kind"] == made.KIND:
                    return _told(json.loads(entry["body"]))
            except (ValueError, KeyError, TypeError):
                sys.stderr.write(f"{file}: line {number} is no entry of an export.\n")
                return 2
    return _missing(entry_id)


def _told(body: dict[str, Any]) -> int:
    said = again(body)
    sys.stdout.write((said or "The same to the last bit.") + "\n")
    return int(said is not None)


def _missing(entry_id: str) -> int:
    sys.stderr.write(f"No forecast has the entry {entry_id}. See `esker ledger tail`.\n")
    return 2


def again(body: dict[str, Any]) -> str | None:
    """None when the forecast comes out as it was shown, else what differs."""
    answer = worker.answer(json.loads(body["question"])).get("answer")
    if answer is None:
        return "This version refuses the question that was answered then."
    then, now = body.get("made_with", "another version"), made.made_with()
    if answer["model_hash"] != body["model_hash"]:
        return f"The models have changed since: take that version ({then}; this is {now})."
    if made.digest(made.text(answer)) != body["answer_sha256"]:
        return (
            f"The models are the same and the numbers are not: {then} rounds otherwise than {now}."
        )
    return None
