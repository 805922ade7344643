"""`esker paper`: a blank session pack, for the day when nothing works."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from esker.clinic.record.typeset import pdf
from esker.core.protocols.load import load
from esker.core.protocols.schema import Protocol
from esker.protocol_files import text_of


def run(args: Namespace) -> int:
    protocol, digest = load(text_of(args.protocol))
    Path(args.out).write_bytes(pdf("paper.typ", pack(protocol, digest)))
    sys.stdout.write(f"Wrote {args.out}.\n")
    return 0


def pack(protocol: Protocol, digest: str) -> dict[str, object]:
    """What the blank pack asks for, from the protocol itself."""
    return {
        "title": protocol.title,
        "version": str(protocol.version),
        "hash": digest,
        "readiness": [question.text for question in protocol.readiness],
        "channels": [channel.value.upper() for channel in protocol.required],
        "criteria": [criterion.title for criterion in protocol.discharge],
    }
