"""What a locked screen may know: the chair and how the patient does, never who it is.

A list of what is shown, not of what is hidden: a field that is added later stays hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN = (
    "id", "now", "simulation", "seq", "phase", "chair", "monitor", "protocol", "emergency_at",
    "vitals", "due", "clocks", "alarms", "readings", "rescue", "dosing", "given_mg", "trends",
    "elsewhere", "planned_at",
)  # fmt: skip
NOTHING = {"locked": True, "commands": [], "overrides": {"asked": [], "signed": []}}
IN_RESCUE = ("id", "kind", "occurred_at", "body")  # else a second person gives it again
IN_EVENT = ("id", "seq", "stream", "kind")


def hidden(found: Mapping[str, Any]) -> dict[str, Any]:
    """A session as `queries` answers it, without identity, order, entries and commands."""
    rescues = [
        {name: each[name] for name in IN_RESCUE}
        for each in found.get("entries", ())
        if each["kind"] == "rescue.given"
    ]
    shown = {name: found[name] for name in SHOWN if name in found}
    if order := found.get("order"):
        shown["order"] = {"dose_mg": order["dose_mg"]}  # how much of it was given is watched
    return shown | NOTHING | {"entries": rescues}


def hidden_floor(found: Mapping[str, Any]) -> dict[str, Any]:
    """A floor likewise."""
    return {
        "now": found["now"],
        "simulation": found["simulation"],
        "locked": True,
        "sessions": [hidden(each) for each in found["sessions"]],
    }


def hidden_event(entry: Mapping[str, Any]) -> dict[str, Any]:
    """That something was recorded, so that the page looks; not what or by whom."""
    return {name: entry[name] for name in IN_EVENT if name in entry}
