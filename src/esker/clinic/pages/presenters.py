"""From the query's plain dict to what a template shows: words, marks and order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from esker.clinic.pages import steps, words
from esker.clinic.pages.form_parts import ordered
from esker.clinic.pages.forms import forms, held

PHASES = (
    ("arrive", "Arrive"), ("clear", "Clear"), ("dose", "Dose"), ("recover", "Recover"),
    ("home", "Home"),
)  # fmt: skip
PRIORITY = {"high": 3, "medium": 2, "low": 1, "none": 0}
CUFF = ("sbp", "dbp")


def glance(session: Mapping[str, Any]) -> dict[str, Any]:
    """What changes each second: alarms here and elsewhere, clocks, numbers."""
    return {
        "s": session,
        "alarms": alarms(session.get("alarms") or []),
        "sounding": sounding(session.get("alarms") or []),
        "elsewhere": elsewhere(session.get("elsewhere") or []),
        "rail": rail(str(session.get("phase"))),
        "clocks": clocks(session),
        "tiles": tiles(session.get("vitals") or {}),
        "silent": silent(session),
    }


def chair(session: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the chair page shows, in the order of its regions."""
    shown = steps.steps(session)
    rest = steps.others(session, shown)
    vitals = forms("record_vitals", session) if steps.allowed(session, "record_vitals") else []
    stop = [form for form in rest if form.kind in {"pause", "stop"}]
    return {
        **glance(session),
        "order": ordered(session),
        "due": due(session.get("due") or []),
        "steps": shown,
        "now": next((step for step in shown if step.state == "now"), None),
        "vitals_form": vitals[0] if vitals and session.get("phase") != "arrive" else None,
        "stop": stop,
        "others": [form for form in rest if form not in stop],
        "dialogs": _dialogs(shown, rest, vitals),
        "refused": steps.refusals(session),
        "held": held(session),
        "asked": asked(session),
        "events": list(reversed(session.get("entries") or [])),
        "charted": charted(session),
        "rescue": rescue(session),
    }


def watched(session: Mapping[str, Any]) -> dict[str, Any]:
    """What a locked screen goes on showing: numbers, alarms, what is due, the rescue card."""
    return {
        **glance(session),
        "due": due(session.get("due") or []),
        "charted": charted(session),
        "rescue": rescue(session),
    }


def _dialogs(shown: list[steps.Step], rest: list[Any], vitals: list[Any]) -> list[Any]:
    """Each form once, those of the steps first."""
    found = {form.id: form for form in [*vitals, *(s.form for s in shown if s.form), *rest]}
    return list(found.values())


def alarms(active: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Worst first, answered or not; of one priority those that still sound stand before."""
    ranked = sorted(
        active,
        key=lambda a: (PRIORITY.get(str(a["priority"]), 0), a.get("status") == "sounding"),
        reverse=True,
    )
    return [{**a, "mark": words.MARKS.get(str(a["priority"]), "")} for a in ranked]


def sounding(active: Sequence[Mapping[str, Any]]) -> int:
    """How many of them nobody has answered."""
    return sum(each.get("status") == "sounding" for each in active)


def elsewhere(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The worst alarm of each other chair. Whether it sounds here, the live stream says."""
    worst: dict[str, dict[str, Any]] = {}
    for each in sorted(found, key=lambda a: PRIORITY.get(str(a["priority"]), 0)):
        mark = words.MARKS.get(str(each["priority"]), "")
        worst[each["session"]] = {**each, "mark": mark}
    return sorted(worst.values(), key=lambda a: -PRIORITY.get(str(a["priority"]), 0))


def rail(phase: str) -> list[dict[str, str]]:
    names = [name for name, _ in PHASES]
    now = names.index(phase) if phase in names else 0
    states = {-1: "done", 0: "now", 1: "next"}
    return [
        {"title": title, "state": states[(place > now) - (place < now)]}
        for place, (_, title) in enumerate(PHASES)
    ]


def clocks(session: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The clocks of this phase, the emergency's first."""
    called = session.get("emergency_at")
    urgent = [{"id": "emergency", "title": "Emergency", "from": called, "until": None}]
    return (urgent if called else []) + list(session.get("clocks") or ())


def tiles(vitals: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Four tiles: pressure is one, its two numbers together, the worse band rules."""
    upper, lower = (vitals.get(channel) or {} for channel in CUFF)
    pressure = tile("Blood pressure", "sbp", upper)
    if upper.get("value") is not None:
        pressure["value"] = f"{upper['value']}/{lower.get('value', '--')}"
    both = [_limits(upper, "sbp"), _limits(lower, "dbp")]
    pressure["limits"] = " / ".join(filter(None, both))
    worse = list(words.BANDS).index(_band(lower)) > list(words.BANDS).index(_band(upper))
    if worse:
        pressure |= _shown(lower)
    pressure["parts"] = [_part("sbp", upper), _part("dbp", lower)]
    rest = [tile(words.VITAL_LABELS[c], c, vitals.get(c) or {}) for c in ("spo2", "hr", "rr")]
    return [pressure, *rest]


def tile(title: str, channel: str, vital: Mapping[str, Any]) -> dict[str, Any]:
    value = vital.get("value")
    return {
        "title": title,
        "channel": channel,
        "value": "--" if value is None else str(value),
        "unit": vital.get("unit") or words.UNITS[channel],
        "observed_at": vital.get("observed_at"),
        "missing": value is None,
        "stale": value is None or bool(vital.get("stale")),
        "limits": _limits(vital, channel),
        "trend": trend(vital.get("trend")),
        "parts": [_part(channel, vital)],
        **_shown(vital),
    }


def _shown(vital: Mapping[str, Any]) -> dict[str, Any]:
    shape, word = words.BANDS[_band(vital)]
    if vital.get("value") is not None and vital.get("band") is None:
        shape, word = "\u25a0", "not believed" if not vital.get("plausible", True) else "no limits"
    return {"band": _band(vital), "shape": shape, "word": word, "sentence": vital.get("sentence")}


def _band(vital: Mapping[str, Any]) -> str:
    return str(vital.get("band") or "go")


def _limits(vital: Mapping[str, Any], channel: str) -> str:
    edges = vital.get("limits") or {}
    return words.limits(edges.get("low"), edges.get("high"), words.UNITS[channel])


def _part(channel: str, vital: Mapping[str, Any]) -> dict[str, Any]:
    """One number for the vitals form to take over; an old or disbelieved one is not offered."""
    usable = vital.get("value") is not None and not vital.get("stale")
    value = vital["value"] if usable and vital.get("plausible", True) else ""
    return {"channel": channel, "value": value, "reading": vital.get("reading") or ""}


def trend(found: Mapping[str, Any] | None) -> str:
    """An arrow and by how much in how long: a fact, never a verdict."""
    if not found:
        return ""
    change = found["change"]
    arrow = "\u2192" if change == "0" else "\u2193" if change.startswith("-") else "\u2191"
    return f"{arrow} {change.lstrip('-')} in {found['minutes']} min"


def silent(session: Mapping[str, Any]) -> str:
    """A sentence when the paired monitor says nothing at all any more."""
    vitals = session.get("vitals") or {}
    heard = [vital for channel, vital in vitals.items() if channel not in CUFF]
    if not session.get("monitor") or session.get("phase") == "home":
        return ""
    if not vitals:
        return f"{session['monitor']} has not been heard yet."
    return f"{session['monitor']} is silent: look at it." if _all_old(heard) else ""


def _all_old(heard: Sequence[Mapping[str, Any]]) -> bool:
    return bool(heard) and all(vital.get("stale") for vital in heard)


def due(checks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is owed now or soon; what was done is in the event list."""
    return [c for c in checks if c.get("status") in {"overdue", "open", "upcoming"}][:4]


def asked(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Overrides that were asked for and that nobody has signed yet."""
    found = session.get("overrides") or {}
    waiting = {k: v for k, v in (found.get("asked") or {}).items() if k not in found["signed"]}
    sentences = held(session)
    return [
        {"rule": rule, **request, "sentence": sentences.get(rule, rule)}
        for rule, request in waiting.items()
        if rule in sentences
    ]


def charted(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The vitals that people charted, newest first: the table that stands without any script."""
    rows = []
    for entry in session.get("entries") or ():
        if entry["kind"] == "vitals.recorded":
            said = {v["channel"]: words.number(v["value"]) for v in entry["body"]["vitals"]}
            at = entry["body"].get("observed") or entry["occurred_at"]
            rows.append({"at": at, "by": entry["actor"], **said})
    return rows[::-1]


def rescue(session: Mapping[str, Any]) -> dict[str, Any]:
    """The rescue card: steps of the protocol, and each ordered medicine once, for this weight."""
    cards = session.get("rescue") or []
    medicines = {m["name"]: m for card in cards for m in card.get("medicines") or ()}
    given: dict[str, list[str]] = {}
    for entry in session.get("entries") or ():
        if entry["kind"] == "rescue.given":
            given.setdefault(entry["body"]["medicine"], []).append(entry["occurred_at"])
    return {
        "cards": cards,
        "medicines": [
            {**m, "route_word": words.ROUTES.get(m["route"], m["route"]),
             "given": given.get(name, [])}
            for name, m in medicines.items()
        ],
    }  # fmt: skip
