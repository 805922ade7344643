"""What a scanned code stands for. GS1 codes carry GTIN, lot, expiry and serial, never strength."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any

from esker.clinic.setup import queries as setup

FIXED = {"01": 14, "17": 6}  # GS1 General Specifications, application identifiers
NAMES = {"01": "gtin", "17": "expires", "10": "lot", "21": "serial"}
FNC1 = "\x1d"


def scanned(clinic_id: str, command: dict[str, Any]) -> dict[str, Any]:
    """The command with what the code and the catalogue say. Inside the clinic's scope.

    What a client claims about a known product is replaced; an unknown code keeps what two people
    read from the label, and says that it is unknown.
    """
    found = parse(str(command.get("code", "")))
    product = setup.product(clinic_id, found.get("gtin", ""))
    given = {k: v for k, v in command.items() if v not in (None, "")} | _read(found)
    if product is None:
        return given | {"known": False}
    return given | {
        "known": True,
        "read_by": None,
        "drug": product.drug,
        "form": product.form,
        "strength_mg_per_ml": product.strength_mg_per_ml,
        "volume_ml": product.volume_ml,
        "content_mg": product.content_mg,
    }


def _read(found: dict[str, str]) -> dict[str, str]:
    read = {name: found[name] for name in ("gtin", "lot", "expires") if name in found}
    if "gtin" in found and "serial" in found:
        read["vial"] = f"{found['gtin']}.{found['serial']}"
    return read


def parse(code: str) -> dict[str, str]:
    """gtin, expires (ISO date), lot and serial of a code with or without brackets; else empty.

    Empty too when one part is no GTIN or no date, or is said twice: a code half read is a guess.
    """
    bracketed = re.findall(r"\((\d\d)\)([^(]+)", code)
    pairs = [(ai, value.strip()) for ai, value in bracketed or _unbracketed(code) if ai in NAMES]
    found = {NAMES[ai]: value for ai, value in pairs}
    if "expires" in found:
        found["expires"] = _day(found["expires"])
    whole = len(found) == len(pairs) and all(found.values())
    return found if whole and re.fullmatch(r"[0-9]{14}", found.get("gtin", "")) else {}


def _unbracketed(code: str) -> list[tuple[str, str]]:
    pairs, rest = [], code.removeprefix("]d2").removeprefix(FNC1)
    while rest[:2] in NAMES:
        ai, rest = rest[:2], rest[2:]
        value, rest = (
            (rest[: FIXED[ai]], rest[FIXED[ai] :]) if ai in FIXED else rest.partition(FNC1)[::2]
        )
        pairs.append((ai, value))
        rest = rest.removeprefix(FNC1)
    return pairs


def _day(text: str) -> str:
    """YYMMDD as an ISO date; day 00 is the month's last (GS1). Empty when it is no date."""
    if not re.fullmatch(r"[0-9]{6}", text):
        return ""
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    try:
        return date(year, month, day or monthrange(year, month)[1]).isoformat()
    except ValueError:
        return ""
