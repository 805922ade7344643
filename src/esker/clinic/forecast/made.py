"""What the ledger keeps of a forecast, and whether the same one can be made again."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from platform import machine, python_version
from typing import Any

KIND = "forecast.made"


def stream_of(session_id: str) -> str:
    return f"forecast:{session_id}"


def text(value: Any) -> str:
    """The one text of a JSON value: what is stored and digested."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(answer: str) -> str:
    return hashlib.sha256(answer.encode()).hexdigest()


def body(question: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The entry: the question whole, and of the answer what proves it. No floats but as text.

    `question` is the one that the models answered, with everything that was taken for granted.
    """
    return {
        "question": text(question),
        "seed": answer["seed"],
        "model_hash": answer["model_hash"],
        "answer_sha256": digest(text(answer)),
        "sentence": answer["sentence"],
        "made_with": made_with(),
    }


def made_with() -> str:
    """The versions and the kind of machine on which the last bits depend; nothing is loaded."""
    named = [f"{name} {version(name)}" for name in ("esker", "numpy", "numba", "scipy")]
    return ", ".join([*named, f"Python {python_version()}", machine()])
