"""What a product must say before a scanned code may stand for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from esker.core.ledger import Refused

DRUGS = ("esketamine", "ketamine")
NEEDED = {"vial": ("strength_mg_per_ml", "volume_ml"), "device": ("content_mg",)}
AMOUNTS = ("strength_mg_per_ml", "volume_ml", "content_mg")
LARGEST = Decimal(100000)  # what the column holds; no pack comes near it
WORDS = {
    "strength_mg_per_ml": "strength in mg/mL",
    "volume_ml": "volume in mL",
    "content_mg": "content in mg",
}


def product_body(fields: Mapping[str, str]) -> dict[str, Any] | Refused:
    """The entry's body, or what is wrong with the fields."""
    gtin = fields.get("gtin", "").strip().zfill(14)
    name = " ".join(fields.get("name", "").split())
    drug, form = fields.get("drug", ""), fields.get("form", "")
    if not is_gtin(gtin):
        return Refused("gtin", "This is no GTIN: its last digit does not fit the others.")
    if not name or len(name) > 200:
        return Refused("name", "A name is needed, as it stands on the pack.")
    if drug not in DRUGS or form not in NEEDED:
        return Refused("form", "Choose drug and form.")
    amounts: dict[str, Decimal | None] = dict.fromkeys(AMOUNTS)
    for which in NEEDED[form]:
        amounts[which] = _amount(fields.get(which, ""))
        if amounts[which] is None:
            return Refused("amount", f"A {form} needs its {WORDS[which]}, a number above 0.")
    return {"gtin": gtin, "name": name, "drug": drug, "form": form, **amounts}


def is_gtin(gtin: str) -> bool:
    """Fourteen digits whose last checks the others (GS1 General Specifications, 7.9)."""
    if len(gtin) != 14 or not (gtin.isascii() and gtin.isdigit()):
        return False
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin))
    return weighed % 10 == 0 and gtin.strip("0") != ""


def _amount(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value < LARGEST:
        return None
    return round(value, 3) if value == round(value, 3) else None
