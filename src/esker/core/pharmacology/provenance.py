"""Which model it was: a hash of every constant and of the equations' version.

The ledger keeps it beside the inputs and the seed of a forecast, so that what was shown can be
made again exactly, or be known to come from another model.
"""

from __future__ import annotations

import hashlib
from typing import Final

from .covariates import CYP2B6_CHRONIC, SHIFTS
from .individuals import DRAWS
from .tables_e import MODEL_E
from .tables_effects import EFFECTS
from .tables_r import MODEL_R
from .tables_weeks import WEEKS

# Raise when an equation, the order of draws or the forecast's rules change.
EQUATIONS_VERSION: Final = 2


def model_hash() -> str:
    """SHA-256, in hex, over the constants with their units and the equations' version."""
    digest = hashlib.sha256(f"equations {EQUATIONS_VERSION}\n".encode())
    for title, table in (("E", MODEL_E), ("R", MODEL_R), ("effects", EFFECTS), ("weeks", WEEKS)):
        for name, one in sorted(table.items()):
            digest.update(f"{title} {name} {one.value!r} {one.unit} {one.cv_percent!r}\n".encode())
    for interaction, shift in sorted(SHIFTS.items()):
        digest.update(f"{interaction} {shift.clint!r} {shift.fgut!r} {shift.qh!r}\n".encode())
    digest.update(repr((sorted(CYP2B6_CHRONIC.items()), sorted(DRAWS.items()))).encode())
    return digest.hexdigest()
