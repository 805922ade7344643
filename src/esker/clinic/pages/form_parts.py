"""What forms share: who stands in the selects, the signature, the order in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esker.clinic.pages.fields import GRAVE, TITLES, Field, Form, Options

Session = Mapping[str, Any]


def form(
    kind: str, fields: tuple[Field, ...], title: str = "", variant: str = "",
    says: tuple[str, ...] = (),
) -> Form:  # fmt: skip
    weight = "grave" if kind in GRAVE else "plain"
    return Form(kind, title or TITLES[kind], fields, weight, variant, says)


def people(session: Session, role: str = "", besides: str = "") -> Options:
    return tuple(
        (each["username"], each["name"] + _besides(each, role))
        for each in session.get("people") or ()
        if (not role or role in each["roles"]) and each["username"] != besides
    )


def _besides(person: Mapping[str, Any], role: str) -> str:
    """What whoever chooses this person should know before they sign in vain."""
    unlicensed = (
        ", no licence: cannot sign" if role == "prescriber" and not person["licensed"] else ""
    )
    return unlicensed + ("" if person["on_site"] else ", not on site")


def colleagues(session: Session, name: str, label: str) -> Field:
    """Somebody else than who acts: a witness, a second reader, who takes over."""
    options = people(session, besides=session.get("me", ""))
    return Field(name, label, "select", options=options)


def signing(session: Session) -> tuple[Field, ...]:
    """The prescriber signs on this screen; the nurse stays signed in."""
    return (
        Field("signature.username", "Prescriber", "select", options=people(session, "prescriber")),
        Field("signature.password", "Prescriber's password", "password"),
        Field("signature.totp", "Six-digit code", "code"),
    )


def version(session: Session) -> tuple[Field, ...]:
    order = session.get("order") or {}
    return (Field("order_version", kind="hidden", value=str(order.get("version", ""))),)


def ordered(session: Session) -> str:
    """The order in words: drug in full, dose, and how it was worked out."""
    order, drug = session.get("order"), (session.get("protocol") or {}).get("drug", "")
    if not order:
        return f"{drug}: no order"
    per_kg = order.get("dose_mg_per_kg")
    worked = f" ({per_kg} mg/kg for {order['weight_kg']} kg)" if per_kg else ""
    over = f" over {order['duration_min']} min" if order.get("duration_min") else ""
    return f"{drug}, {order['route']}, {order['dose_mg']} mg{worked}{over}"
