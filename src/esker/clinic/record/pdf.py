"""The session record as PDF: identity, entries, charted readings, the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from esker.clinic.record.typeset import pdf


def session(record: Mapping[str, Any], printed_at: datetime) -> bytes:
    """`record` is the query's dict of one session."""
    return pdf("session.typ", {**record, "printed_at": printed_at.isoformat(timespec="seconds")})
