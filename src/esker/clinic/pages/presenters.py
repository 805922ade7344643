"""From the query's plain dict to what a template shows: words, marks and order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from esker.clinic.pages.forms import UNITS, VITAL_LABELS, form

PHASES = (
    ("arrive", "Arrive"), ("clear", "Clear"), ("dose", "Dose"), ("recover", "Recover"),
    ("home", "Home"),
)  # fmt: skip
PRIORITY = {"high": 3, "medium": 2, "low": 1, "none": 0}
# Text and shape beside colour: a third of alarms are first seen by someone colour-blind or far off.
BANDS = {
    "go": ("\u25cf", "in limits"), "note": ("\u25c6", "note"), "hold": ("\u25b2", "hold"),
    "never": ("\u25a0", "stop"),
}  # fmt: skip
MARKS = {"high": "\u25a0 HIGH", "medium": "\u25b2 MEDIUM", "low": "\u25c6 LOW"}


def chair(session: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the chair page shows, in the order of its regions."""
    commands = session.get("commands") or []
    return {
        "s": session,
        "alarms": alarms(session.get("alarms") or []),
        "rail": rail(str(session.get("phase"))),
        "tiles": tiles(session.get("vitals") or {}),
        "due": due(session.get("due") or []),
        "forms": actions(session),
        "refused": [
            {**c, "title": made.title}
            for c in commands
            if not c.get("allowed") and (made := form(c["kind"], session))
        ],
        "events": list(reversed(session.get("entries") or [])),
        "chart": json.dumps(series(session), default=str),
        "table": (session.get("readings") or [])[-60:],
        "substance": (session.get("protocol") or {}).get("drug"),
    }


def floor(found: Mapping[str, Any]) -> dict[str, Any]:
    """Seats by chair, each with its worst alarm; those without a chair yet are expected."""
    cards = [_card(each) for each in found.get("sessions") or ()]
    seated = [card for card in cards if card["chair"]]
    return {
        "chairs": sorted(seated, key=lambda card: str(card["chair"])),
        "waiting": [card for card in cards if not card["chair"]],
    }


def _card(each: Mapping[str, Any]) -> dict[str, Any]:
    clocks = each.get("clocks") or [{}]
    worst = alarms(each.get("alarms") or [])
    return {
        **each,
        "session": each["id"],
        "worst": worst[0] if worst else None,
        "since": clocks[-1].get("from"),
    }


def alarms(active: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Worst first; those that still sound before those somebody has taken."""
    ordered = sorted(
        active,
        key=lambda a: (a.get("status") == "sounding", PRIORITY.get(str(a["priority"]), 0)),
        reverse=True,
    )
    return [{**a, "mark": MARKS.get(str(a["priority"]), "")} for a in ordered]


def rail(phase: str) -> list[dict[str, str]]:
    names = [name for name, _ in PHASES]
    now = names.index(phase) if phase in names else 0
    words = {-1: "done", 0: "now", 1: "next"}
    return [
        {"title": title, "state": words[(place > now) - (place < now)]}
        for place, (_, title) in enumerate(PHASES)
    ]


def tiles(vitals: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Four tiles: pressure is one, its two numbers together, the worse band rules."""
    upper, lower = vitals.get("sbp") or {}, vitals.get("dbp") or {}
    pressure = tile("Blood pressure", upper, "mmHg")
    if upper.get("value") is not None:
        pressure["value"] = f"{upper['value']}/{lower.get('value', '--')}"
    if list(BANDS).index(_band(lower)) > list(BANDS).index(_band(upper)):
        pressure |= _shown(lower)
    return [
        pressure,
        *(tile(VITAL_LABELS[c], vitals.get(c) or {}, UNITS[c]) for c in ("spo2", "hr", "rr")),
    ]


def tile(title: str, vital: Mapping[str, Any], unit: str) -> dict[str, Any]:
    value = vital.get("value")
    return {
        "title": title,
        "value": "--" if value is None else str(value),
        "unit": vital.get("unit") or unit,
        "observed_at": vital.get("observed_at"),
        "missing": value is None,
        "stale": value is None or bool(vital.get("stale")),
        "limits": vital.get("limits") or {},
        **_shown(vital),
    }


def _band(vital: Mapping[str, Any]) -> str:
    band = str(vital.get("band") or "go")
    return band if band in BANDS else "go"


def _shown(vital: Mapping[str, Any]) -> dict[str, Any]:
    shape, word = BANDS[_band(vital)]
    return {"band": _band(vital), "shape": shape, "word": word, "sentence": vital.get("sentence")}


def due(checks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is owed now or soon; what was done is in the event list."""
    return [c for c in checks if c.get("status") in {"overdue", "open", "upcoming"}][:5]


def actions(session: Mapping[str, Any]) -> list[Any]:
    """The accepted commands as forms, main ones first."""
    found = [
        made
        for c in session.get("commands") or ()
        if c.get("allowed")
        and c["kind"] not in _pointless(session)
        and (made := form(c["kind"], session))
    ]
    order = {"main": 0, "plain": 1, "grave": 2}
    return sorted(found, key=lambda f: order[f.weight])


OTHER_FORM = {
    "infusion": {"next_device", "device_given"},
    "device": {"draw_up", "change_rate", "resume"},
}


AT_THE_CHAIR = frozenset({
    "answer_readiness", "weigh", "unpair_monitor", "pause", "change_rate", "hand_over",
    "assess_discharge", "escort_seen", "leave_against_advice", "transfer_out",
})  # fmt: skip


def _pointless(session: Mapping[str, Any]) -> set[str]:
    """Tells that the core would record and that make no sense here: they only crowd the thumb."""
    found = set(OTHER_FORM.get(str((session.get("protocol") or {}).get("form")), ()))
    if not session.get("emergency_at"):
        found.add("end_emergency")
    if session.get("phase") in {"dose", "recover"}:
        found |= {"answer_readiness", "pair_monitor"}
    if session.get("phase") == "home":
        found |= AT_THE_CHAIR
    return found


def series(session: Mapping[str, Any]) -> dict[str, Any]:
    """Readings as [seconds, value] by channel, the limits, and the dose marks, for the chart."""
    lines: dict[str, list[list[float]]] = {}
    for reading in session.get("readings") or ():
        point = [_seconds(reading["observed_at"]), float(reading["value"])]
        lines.setdefault(str(reading["channel"]), []).append(point)
    marks = [
        {"at": _seconds(entry["occurred_at"]), "text": str(entry["kind"])}
        for entry in session.get("entries") or ()
        if str(entry["kind"]).rpartition(".")[2] in DOSE_MARKS
    ]
    limits = {c: v.get("limits") for c, v in (session.get("vitals") or {}).items() if v}
    return {"lines": lines, "marks": marks, "limits": limits}


DOSE_MARKS = frozenset({"started", "device_given", "paused", "resumed", "stopped", "ended"})


def _seconds(at: object) -> float:
    return (at if isinstance(at, datetime) else datetime.fromisoformat(str(at))).timestamp()
