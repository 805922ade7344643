"""The JSON shapes of what is given: order, dose, vials, drawing up, and the rescue cards."""

from __future__ import annotations

from datetime import datetime

from esker.clinic.sessions.shapes import Json, number, time
from esker.core.protocols.schema import Protocol, Rescue
from esker.core.session import dosing
from esker.core.session.commands import PrnOrder
from esker.core.session.state import Session
from esker.core.units import plain


def drug(state: Session, protocol: Protocol, now: datetime) -> Json:
    drawn, order = state.drawn, state.order
    infusion = drawn and {
        "rate_ml_per_h": number(state.rate_ml_per_h or drawn.rate_ml_per_h),
        "drawn_mg": plain(drawn.drawn_mg),
        "drawn_ml": plain(drawn.drawn_ml),
        "final_ml": plain(drawn.final_ml),
        "vial": drawn.vial,
    }
    draws = {v.vial: dosing.draw_for(order, v) for v in state.vials} if order else {}
    return {
        "given_mg": plain(dosing.given_mg(state, now)),
        "dosing": state.dosing.value,
        "devices": {
            "allowed": state.devices_allowed,
            "given": sum(1 for each in state.given if each.device),
            "ordered": dosing.devices_ordered(state, protocol),
        },
        "given": [
            {"at": each.at.isoformat(), "until": time(each.until), "device": each.device,
             "vial": each.vial, "amount_mg": plain(each.amount_mg)}
            for each in state.given
        ],
        "infusion": infusion,
        "vials": [each.model_dump(mode="json") for each in state.vials],
        "draw": {
            vial: {
                "need_ml": plain(draw.need_ml),
                "diluent_ml": plain(draw.diluent_ml),
                "final_ml": plain(draw.final_ml),
                "rate_ml_per_h": plain(draw.rate_ml_per_h),
            }
            for vial, draw in draws.items()
            if draw is not None
        },
    }  # fmt: skip


def ordered(state: Session) -> Json | None:
    order = state.order
    return order and {
        "version": order.version,
        "drug": order.drug,
        "route": order.route,
        "dose_mg": plain(order.dose_mg),
        "dose_mg_per_kg": number(order.dose_mg_per_kg),
        "weight_kg": number(order.weight_kg),
        "duration_min": number(order.duration_min),
        "prns": [prn.model_dump(mode="json") for prn in order.prns],
        "signed_by": order.signed_by,
        "signed_at": order.signed_at.isoformat(),
    }


def rescue(state: Session, protocol: Protocol) -> list[Json]:
    """The cards, with doses only of what was ordered, worked out for the last weight.

    What was ordered and is named by no card stands on each of them: nobody looks for it elsewhere.
    """
    ordered = state.order.prns if state.order else ()
    named = {name for card in protocol.rescue for name in _medicines(card)}
    return [
        {
            "id": card.id,
            "title": card.title,
            "steps": list(card.steps),
            "medicines": [
                _medicine(state, prn)
                for prn in ordered
                if prn.name.casefold() not in named or prn.name.casefold() in _medicines(card)
            ],
        }
        for card in protocol.rescue
    ]


def _medicines(card: Rescue) -> set[str]:
    return {name.casefold() for name in card.medicines}


def _medicine(state: Session, prn: PrnOrder) -> Json:
    dose, unit = dosing.prn_dose(state, prn) or (None, "mg")
    return {
        "name": prn.name,
        "dose": number(dose),
        "unit": unit,
        "route": prn.route,
        "for_what": prn.for_what,
        "max_doses": prn.max_doses,
    }
