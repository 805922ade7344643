"""The floor board: every chair of the clinic, its state at a glance, and who is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from esker.clinic.pages import presenters

Json = Mapping[str, Any]
PHASE_WORDS = {
    "arrive": "Expected", "clear": "Making ready", "dose": "Dosing", "recover": "Recovering",
}  # fmt: skip


def floor(found: Json, chairs: Sequence[str] = ()) -> dict[str, Any]:
    """All chairs in their order, empty ones too; sessions without a chair are expected."""
    cards = [_card(each) for each in found.get("sessions") or ()]
    seated = {card["chair"]: card for card in cards if card["chair"]}
    names = list(chairs)
    names += sorted(set(seated) - set(names))
    return {
        "chairs": [seated.get(name) or {"chair": name, "session": None} for name in names],
        "waiting": [card for card in cards if not card["chair"]],
    }


def _card(each: Json) -> dict[str, Any]:
    ranked = presenters.alarms(each.get("alarms") or [])
    due = presenters.due(each.get("due") or [])
    return {
        **each,
        "session": each["id"],
        "worst": ranked[0] if ranked else None,
        "more": len(ranked) - 1,
        "ranked": ranked,
        "sounding": presenters.sounding(ranked),
        "tiles": presenters.tiles(each.get("vitals") or {}),
        "silent": presenters.silent(each),
        "phase_word": PHASE_WORDS.get(str(each["phase"]), str(each["phase"]).capitalize()),
        "due_next": due[0] if due else None,
        "ends": _ends(each.get("clocks") or ()),
        "asked": sorted(set(each["overrides"]["asked"]) - set(each["overrides"]["signed"])),
    }


def _ends(clocks: Sequence[Json]) -> Json | None:
    """The clock that is waited for: the pump, else the next device, else the observation."""
    order = ("pump", "rest", "observation", "clearance")
    running = [clock for clock in clocks if clock.get("until") and clock["id"] in order]
    return min(running, key=lambda clock: order.index(clock["id"]), default=None)
