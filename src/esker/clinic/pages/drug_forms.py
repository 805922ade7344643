"""The forms of the drug: from pairing and scanning to the last millilitre that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from esker.clinic.pages.fields import DRUGS, PAIR, REASON, TRI, Field, Form
from esker.clinic.pages.form_parts import Session, colleagues, form, ordered, version
from esker.core.interactions import Interaction, named


def _pair(session: Session) -> list[Form]:
    free = tuple(
        (f"{chair}{PAIR}{monitor}", f"{chair}, {monitor}")
        for chair, monitor in session.get("free_chairs") or ()
    )
    field = Field("chair+monitor", "Free chairs with their monitors", "choice", options=free)
    typed = (Field("chair", "Chair"), Field("monitor", "Monitor"))
    return [form("pair_monitor", (field,) if free else typed)]


def _questions(session: Session) -> list[Form]:
    fields = tuple(
        Field(f"answers.{q['id']}", q["text"], "choice", q.get("answer") or "", TRI, required=False)
        for q in session.get("readiness") or ()
    )
    return [form("answer_readiness", fields)]


FOR_THE_BANDS = (
    "Moves the bands of the prediction, and nothing else: no gate, dose or wait depends on it."
)


def _interactions(session: Session) -> list[Form]:
    """Filled with the last answer; sent again, the new one counts and both stand in the record."""
    said = session.get("interactions") or {"answer": "", "named": ()}
    options = tuple((each.value, named(each)) for each in Interaction)
    fields = (
        Field("answer", "Takes or has any of these", "choice", said["answer"], TRI),
        Field("interactions", "Which", "several", options=options, chosen=tuple(said["named"])),
    )
    return [form("record_interactions", fields, says=(FOR_THE_BANDS,))]


def _scan(session: Session) -> list[Form]:
    scan = form(
        "scan_vial", (Field("code", "Code on the pack", "scan", hint="scan it, or type it"),)
    )
    nasal = (session.get("protocol") or {}).get("form") == "device"
    what = "device" if nasal else "vial"
    strength = (
        (Field("content_mg", "Content, mg", "number"),)
        if nasal
        else (
            Field("strength_mg_per_ml", "Strength, mg/mL", "number"),
            Field("volume_ml", "Volume, mL", "number"),
        )
    )
    read = (
        Field("code", "Code on the pack", "scan"),
        Field("vial", f"Name this {what}", hint="serial number, or a label of your own"),
        Field("drug", "Drug on the label", "choice", options=DRUGS),
        Field("form", kind="hidden", value=what),
        Field("lot", "Lot"), Field("expires", "Expires", "date"), *strength,
        colleagues(session, "read_by", "Second reader"),
    )  # fmt: skip
    return [scan, form("scan_vial", read, "Unknown code: two people read the label", "label")]


def _draw(session: Session) -> list[Form]:
    """One form for each vial: millilitres come from that vial's own strength."""
    found = []
    for vial in reversed(session.get("vials") or []):
        worked = (session.get("draw") or {}).get(vial["vial"])
        if worked is None:
            continue
        fields = (
            *version(session),
            Field("vial", kind="hidden", value=vial["vial"]),
            Field("drawn_ml", "Drawn, mL", "number", worked["need_ml"]),
            Field("diluent_ml", "Diluent, mL", "number", worked["diluent_ml"]),
            Field("final_ml", "Final volume, mL", "number", worked["final_ml"]),
            Field("pump_rate_ml_per_h", "Pump, mL/h", "number", worked["rate_ml_per_h"]),
        )
        says = (
            f"Order: {ordered(session)}.",
            f"Pack {vial['vial']}: {vial['drug']} {vial['strength_mg_per_ml']} mg/mL, "
            f"lot {vial['lot']}.",
            "Compare each number with the syringe and with the pump.",
        )
        title = "Draw up" if not found else f"Draw up from {vial['vial']}"
        found.append(form("draw_up", fields, title, vial["vial"] if found else "", says))
    return found


def _clear(session: Session) -> list[Form]:
    return [form("clear", version(session))]


def _start(session: Session) -> list[Form]:
    name = (session.get("patient") or {}).get("name", "")
    pump = session.get("infusion")
    rate = (f"Pump: {pump['final_ml']} mL at {pump['rate_ml_per_h']} mL/h.",) if pump else ()
    return [form("start", version(session), says=(f"{name}: {ordered(session)}.", *rate))]


def unused(session: Session) -> list[Mapping[str, Any]]:
    """Scanned packs that were not given yet."""
    used = {each["vial"] for each in session.get("given") or () if each.get("device")}
    return [vial for vial in session.get("vials") or () if vial["vial"] not in used]


def _device(session: Session) -> list[Form]:
    number = (session.get("devices") or {}).get("given", 0) + 1
    packs = tuple((vial["vial"], vial["vial"]) for vial in unused(session))
    first = packs[0][0] if packs else ""
    fields = (
        *version(session),
        Field("device", kind="hidden", value=str(number)),
        Field("vial", "Which pack", "choice", first, packs),
    )
    return [form("device_given", fields, f"Device {number} given")]


def _next(session: Session) -> list[Form]:
    number = str((session.get("devices") or {}).get("given", 0) + 1)
    fields = (*version(session), Field("device", kind="hidden", value=number))
    return [form("next_device", fields, f"Allow device {number}")]


RUNS_AGAIN = "Dosing was ended. Say here that it goes on: it counts, and a prescriber reviews it."


def _rate(session: Session) -> list[Form]:
    """After the end it says that the pump runs again, until its next stop."""
    rate = Field("pump_rate_ml_per_h", "New pump rate, mL/h", "number")
    if session.get("dosing") != "done":
        return [form("change_rate", (rate, REASON))]
    return [form("change_rate", (rate, REASON), "Pump runs again", says=(RUNS_AGAIN,))]


def _end(session: Session) -> list[Form]:
    pump = session.get("infusion")
    if not pump:
        return [form("end_dose", (), says=(f"Given: {session.get('given_mg')} mg.",))]
    given = Field("given_ml", "Given, mL", "number", pump["final_ml"], required=False)
    return [form("end_dose", (given,))]


RESTS = {"": "", "vial": "the rest in the vial", "syringe": "the rest in the syringe"}


def _waste(session: Session) -> list[Form]:
    """A form for what is left of each pack, with the amount that should be left."""
    found = []
    for rest in session.get("open_packs") or ():
        device = rest["form"] == "device"
        amount = (
            Field("amount_mg", "Amount, mg", "number", rest["left_mg"] or "")
            if device
            else Field("amount_ml", "Amount, mL", "number", rest["left_ml"] or "")
        )
        says = f"Should be left: {rest['left_mg']} mg." if rest["left_mg"] else ""
        fields = (
            Field("vial", kind="hidden", value=rest["vial"]),
            Field("of", kind="hidden", value=rest["of"]),
            amount,
            colleagues(session, "witness", "Witness"),
        )
        title = f"Waste {RESTS[rest['of']] or 'the pack'}: {rest['vial']}"
        variant = rest["vial"] + rest["of"]
        found.append(form("waste", fields, title, variant, (says,) if says else ()))
    return found


MADE: dict[str, Callable[[Session], list[Form]]] = {
    "pair_monitor": _pair, "answer_readiness": _questions,
    "record_interactions": _interactions, "scan_vial": _scan, "draw_up": _draw,
    "clear": _clear, "start": _start, "device_given": _device, "next_device": _next,
    "change_rate": _rate,
    "resume": lambda session: [form("resume", version(session))], "end_dose": _end,
    "waste": _waste,
}  # fmt: skip
