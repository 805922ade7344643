"""One plain sentence for each kind of entry, for the event list and the printed record.

The sentence says what was recorded, never what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from esker.core.interactions import told
from esker.core.ledger import Entry

Body = Mapping[str, Any]
Words = str | Callable[[Body], str]


def sentence(entry: Entry) -> str:
    """What `entry` says, in one sentence; a kind without words of its own is named."""
    words = WORDS.get(entry.kind, entry.kind.replace(".", " ").replace("_", " ").capitalize() + ".")
    return words if isinstance(words, str) else words(entry.data())


def _order(body: Body) -> str:
    per_kg = f" ({body['dose_mg_per_kg']} mg/kg)" if body.get("dose_mg_per_kg") else ""
    return " ".join([
        f"Order version {body['version']} signed: {body['drug']} {body['route']}, "
        f"{body['ordered_mg']} mg{per_kg}.",
        *body.get("notes", ()),
    ])  # fmt: skip


def _weight(body: Body) -> str:
    doubt = " Far from the last weight: to be weighed again." if body.get("doubt") else ""
    return f"Weight {body['weight_kg']} kg.{doubt}"


def _vitals(body: Body) -> str:
    names = {"sbp": "systolic", "dbp": "diastolic", "spo2": "SpO2", "hr": "heart rate",
             "rr": "breathing rate", "map": "mean pressure", "temp": "temperature"}  # fmt: skip
    seen = (f"{names.get(v['channel'], v['channel'])} {v['value']} {v['unit']}"
            for v in body["vitals"])  # fmt: skip
    return f"Vitals recorded: {', '.join(seen)}."


def _answers(title: str) -> Callable[[Body], str]:
    def words(body: Body) -> str:
        given = (f"{name.replace('_', ' ')} {a}" for name, a in sorted(body["answers"].items()))
        return f"{title}: {', '.join(given)}."

    return words


def _vial(body: Body) -> str:
    vial = body["vial"]
    return f"Pack {vial['vial']} scanned: {vial['drug']}, lot {vial['lot']}."


def _drawn(body: Body) -> str:
    return (
        f"{body['drawn_ml']} mL ({body['drawn_mg']} mg) drawn from {body['vial']}, made up to "
        f"{body['final_ml']} mL; pump set to {body['pump_rate_ml_per_h']} mL/h."
    )


def _passed(title: str) -> Callable[[Body], str]:
    """A gate that let through, with what it noted and what a prescriber had overridden."""

    def words(body: Body) -> str:
        parts = [f"{title}.", *body.get("notes", ())]
        if body.get("overrides"):
            parts.append(f"Overridden by a prescriber: {', '.join(body['overrides'])}.")
        return " ".join(parts)

    return words


def _wasted(body: Body) -> str:
    amounts = [f"{body[name]} {unit}" for name, unit in (("amount_ml", "mL"), ("wasted_mg", "mg"))
               if body.get(name) is not None]  # fmt: skip
    rest = {"vial": " from the vial", "syringe": " from the syringe"}.get(body.get("of") or "", "")
    what = " or ".join(amounts) or "an amount that was not told"
    return f"Wasted of {body['vial']}{rest}: {what}. Witness: {body['witness']}."


def _ended(title: str) -> Callable[[Body], str]:
    def words(body: Body) -> str:
        why = f": {body['reason']}" if body.get("reason") else "."
        told, ran = body.get("given_ml"), body.get("by_rate_ml")
        volume = f" Given by the pump: {told} mL; by its rate: {ran or 'not known'} mL."
        return f"{title}{why}{volume}" if told is not None else f"{title}{why}"

    return words


def _override(title: str) -> Callable[[Body], str]:
    """The finding in the words that were on the screen; its rule where they are not kept."""
    return lambda body: f"{title}: {body.get('finding') or body['rule']} Reason: {body['reason']}"


def _rescue(body: Body) -> str:
    on = f"order {body['prn']}" if body.get("prn") else "a verbal order"
    return f"{body['medicine']} {body['dose']} {body['unit']} {body['route']} given on {on}."


def _alarm(body: Body) -> str:
    """An alarm's id in words: `lost_signal:spo2` is "lost signal, spo2"."""
    return str(body["alarm"]).replace("_", " ").replace(":", ", ")


def _closed(body: Body) -> str:
    outcome = {
        "discharged": "The patient was discharged",
        "left": "The patient left against advice",
        "transferred": "The patient was transferred",
        "cancelled": "The session was cancelled",
        "withheld": "The dose was withheld",
    }[body["outcome"]]
    to = f" to {body['to']}" if body.get("to") else ""
    why = body.get("reason") or body.get("advice")
    said = f"{outcome}{to}: {why}" if why else f"{outcome}{to}."
    missed = [f"{each['title']} ({each['check'].rpartition('@')[2]} min)"
              for each in body.get("missed", ())]  # fmt: skip
    return f"{said.rstrip('.')}. Checks missed: {', '.join(missed)}." if missed else said


WORDS: dict[str, Words] = {
    "session.opened": lambda b: f"Session opened for {b['patient']['name']}.",
    "order.signed": _order,
    "patient.arrived": "The patient arrived; two identifiers matched.",
    "readiness.answered": _answers("Readiness"),
    "interactions.recorded": lambda b: f"Interactions: {told(b['answer'], b['interactions'])}.",
    "patient.weighed": _weight,
    "monitor.paired": lambda b: f"{b['monitor']} paired at {b['chair']}.",
    "monitor.unpaired": lambda b: f"Monitor unpaired: {b['reason']}",
    "readings.claimed": lambda b: f"{len(b['readings'])} readings claimed: {b['reason']}",
    "vitals.recorded": _vitals,
    "scale.recorded": lambda b: f"{b['scale'].replace('_', '/').upper()} {b['value']}.",
    "adverse_event.recorded": lambda b: (
        f"Adverse event: {b['term']}, {b['severity']}{', serious' if b['serious'] else ''}."
    ),
    "emergency.called": "EMERGENCY called.",
    "entry.named": lambda b: f"{b['name']} acted in an entry made without a name.",
    "emergency.ended": lambda b: f"Emergency ended: {b['outcome']}",
    "rescue.given": _rescue,
    "vial.scanned": _vial,
    "dose.drawn": _drawn,
    "gate.cleared": _passed("Cleared to dose"),
    "dose.started": _passed("Dosing started"),
    "device.allowed": lambda b: _passed(f"Device {b['device']} allowed")(b),
    "device.given": lambda b: f"Device {b['device']} ({b['vial']}) given, {b['amount_mg']} mg.",
    "rate.changed": lambda b: f"Pump set to {b['pump_rate_ml_per_h']} mL/h: {b['reason']}",
    "infusion.paused": lambda b: f"Paused: {b['reason']}",
    "infusion.resumed": _passed("Resumed"),
    "dose.stopped": _ended("Dosing stopped"),
    "dose.ended": _ended("Dosing ended as planned"),
    "vial.wasted": _wasted,
    "alarm.raised": lambda b: f"Alarm, {b['priority']}: {b['sentence']}",
    "alarm.cleared": lambda b: f"Alarm over: {_alarm(b)}.",
    "alarm.acknowledged": lambda b: f"Alarm acknowledged: {_alarm(b)}.",
    "alarm.paused": lambda b: f"Alarm paused: {_alarm(b)}.",
    "override.requested": _override("Override requested"),
    "override.signed": _override("Override signed"),
    "override.declined": lambda b: f"Override declined: {b['reason']}",
    "time.accepted": "The time told for a dose was accepted.",
    "deviation.noted": lambda b: f"Deviation: {b['what']}",
    "deviation.reviewed": lambda b: f"Deviation reviewed: {b['finding']}",
    "handover.offered": lambda b: f"Chair offered to {b['to']}.",
    "handover.accepted": "Chair accepted.",
    "discharge.assessed": _answers("Discharge assessment"),
    "escort.seen": lambda b: f"Escort seen: {b['name']}, {b['relation']}.",
    "session.closed": _closed,
    "entry.amended": lambda b: f"Amendment of an earlier entry: {b['reason']}",
}
