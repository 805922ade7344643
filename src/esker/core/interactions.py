"""What a patient takes, eats or has that is known to move ketamine's kinetics: names only.

The session records it and the models reckon with it; neither may know the other, so the list that
they share stands between them. How far each moves what is `core.pharmacology.covariates`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Interaction(StrEnum):
    """A co-medication, food or condition whose effect on ketamine's kinetics was measured."""

    TICLOPIDINE = "ticlopidine"
    ITRACONAZOLE = "itraconazole"
    CLARITHROMYCIN = "clarithromycin"
    GRAPEFRUIT = "grapefruit"
    RIFAMPICIN = "rifampicin"
    ST_JOHNS_WORT = "st_johns_wort"
    HEPATIC_MODERATE = "hepatic_moderate"


def named(each: Interaction) -> str:
    """As a nurse reads it, and as it stands within a sentence."""
    match each:
        case Interaction.GRAPEFRUIT:
            return "grapefruit juice"
        case Interaction.ST_JOHNS_WORT:
            return "St John\u2019s wort"
        case Interaction.HEPATIC_MODERATE:
            return "moderate hepatic impairment"
    return each.value


def in_words(names: Iterable[Interaction | str]) -> str:
    """Several of them, with commas between. Raises ValueError for another name."""
    return ", ".join(named(Interaction(each)) for each in names)


def told(answer: str, names: Iterable[Interaction | str]) -> str:
    """An answer as the record says it; that nobody knows is not that there is none."""
    none = {"no": "none of those asked about", "unknown": "not known"}
    return none.get(answer) or in_words(names)
