"""The session record as PDF: identity, entries, charted readings, the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esker.clinic.record.typeset import pdf


def session(content: Mapping[str, Any]) -> bytes:
    """`content` is that of `Record.content`."""
    return pdf("session.typ", content)


def pack(given: Mapping[str, Any]) -> bytes:
    """`given` is what `paper.pack` makes of a protocol, and of a session when there is one."""
    return pdf("paper.typ", given)
