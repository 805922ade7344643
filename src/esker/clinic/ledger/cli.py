"""`esker ledger verify | export | checkpoints | tail | rebuild`, for each clinic of a folder."""

from __future__ import annotations

import argparse
import json
import sys

from esker.clinic.ledger import audit, models, newest, store
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import reading, scope
from esker.core import ledger as core


def run(args: argparse.Namespace) -> int:
    """The action of the command line; 1 when something is wrong with the ledger."""
    act = ACTIONS[args.action]
    within = scope if act is rebuild else reading  # a reader never waits, nor lets a writer wait
    wrong = 0
    for clinic in Clinic.objects.order_by("name", "id"):
        with within(clinic.id):
            wrong |= act(str(clinic.id), args)
    return wrong


def verify(clinic_id: str, args: argparse.Namespace) -> int:
    faults = list(audit.verify(clinic_id, args.checkpoint, newest.known(clinic_id)))
    print(*faults or [f"{clinic_id}: every chain and every checkpoint is whole."], sep="\n")
    return int(bool(faults))


def export(clinic_id: str, args: argparse.Namespace) -> int:
    rows = models.Entry.objects.filter(clinic_id=clinic_id)
    rows = rows if args.stream is None else rows.filter(stream=args.stream)
    if args.stream is not None and not rows.exists():
        print(f"{clinic_id} has no stream {args.stream}.", file=sys.stderr)
        return 1
    _write(rows.order_by("stream", "seq"))
    return 0


def checkpoints(clinic_id: str, _: argparse.Namespace) -> int:
    """A file of their own: a line that is no entry would stop whoever reads an export."""
    for row in models.Checkpoint.objects.filter(clinic_id=clinic_id).order_by("seq"):
        line = {"clinic": clinic_id, "seq": row.seq, "made_at": row.made_at, "prev": row.prev,
                "heads": json.loads(row.heads), "digest": row.digest}  # fmt: skip
        sys.stdout.write(core.canonical(line) + "\n")
    return 0


def tail(clinic_id: str, args: argparse.Namespace) -> int:
    rows = models.Entry.objects.filter(clinic_id=clinic_id).order_by("-recorded_at", "-id")
    _write(reversed(rows[: args.n]))
    return 0


def rebuild(clinic_id: str, _: argparse.Namespace) -> int:
    try:
        made = audit.rebuild(clinic_id)
    except store.ChainBroken as broken:
        print(f"{clinic_id}: nothing was made anew. {broken}")
        return 1
    print(f"{clinic_id}: projections made anew from {made.entries} entries.")
    print(*made.differences, sep="\n", end="\n" if made.differences else "")
    return int(bool(made.differences))


def _write(rows) -> None:  # type: ignore[no-untyped-def]
    for row in rows:
        sys.stdout.write(core.canonical(core.envelope(store.entry_of(row))) + "\n")


ACTIONS = {
    "verify": verify, "export": export, "checkpoints": checkpoints, "tail": tail,
    "rebuild": rebuild,
}  # fmt: skip
