"""Every charted reading of a session as CSV: the record prints samples, and nothing is lost.

The series of `GET /api/v1/sessions/{id}`, one line for each reading, oldest first.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

COLUMNS = (
    "observed_at", "received_at", "channel", "value", "unit", "source", "device", "method",
    "confirmed_by", "late", "id",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet knows one


def text(session: Mapping[str, Any]) -> str:
    """Of a session as `queries` answers it; every line says whose it is, and if it is a play."""
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow(["session", "simulation", *COLUMNS])
    whose = [session["id"], _cell(session["simulation"])]
    for each in session["readings"]:
        lines.writerow([*whose, *(_cell(each[name]) for name in COLUMNS)])
    return out.getvalue()


def _cell(value: object) -> str:
    """A device may call itself =HYPERLINK(...): with an apostrophe a spreadsheet shows text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
    said = str(value)
    return f"'{said}" if said.startswith(FORMULA) else said
