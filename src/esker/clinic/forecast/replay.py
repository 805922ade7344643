"""`esker forecast replay --entry ID`: make a shown forecast again and compare it bit for bit."""

from __future__ import annotations

import argparse
import json
import sys

from esker.clinic.forecast import made, worker
from esker.clinic.ledger.models import Entry
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import reading


def run(args: argparse.Namespace) -> int:
    """0 when it is the same, 1 when not, 2 when there is no such entry."""
    for clinic in Clinic.objects.order_by("id"):
        with reading(clinic.id):
            entry = Entry.objects.filter(clinic_id=clinic.id, id=args.entry, kind=made.KIND).first()
        if entry is not None:
            said = again(json.loads(entry.body))
            sys.stdout.write((said or "The same to the last bit.") + "\n")
            return int(said is not None)
    sys.stderr.write(f"No forecast has the entry {args.entry}. See `esker ledger tail`.\n")
    return 2


def again(body: dict[str, str]) -> str | None:
    """None when the forecast comes out as it was shown, else what differs."""
    answer = worker.answer(json.loads(body["question"])).get("answer")
    if answer is None:
        return "This version refuses the question that was answered then."
    if answer["model_hash"] != body["model_hash"]:
        return "The models have changed since: take the version of that day."
    if made.digest(made.text(answer)) != body["answer_sha256"]:
        return "The models are the same and the numbers are not: another machine rounds otherwise."
    return None
