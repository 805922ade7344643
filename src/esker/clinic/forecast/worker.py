"""The process that computes: one JSON question a line in, one JSON answer a line out.

The only place of the clinic where the compiled kernels load. It knows no database and no clinic,
and may be killed at any moment.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from contextlib import suppress
from typing import Any

NICE = 10  # pages, alarms and messages come first
WARM_UP = (
    {"drug": "esketamine", "now_min": 1.0, "particles": 100,
     "doses": [{"at_min": 0.0, "route": "nasal", "amount_mg": 28.0, "duration_min": 0.0}]},
    {"drug": "ketamine", "now_min": 1.0, "particles": 100,
     "doses": [{"at_min": 0.0, "route": "iv", "amount_mg": 35.0, "duration_min": 40.0}]},
)  # fmt: skip

UNSOUND = (
    "The compiled models disagree with the careful solver, so there are no forecasts. Delete the "
    ".nbi and .nbc files in esker/core/pharmacology/__pycache__ and start again."
)


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The forecast as JSON values, or `sentence` when the models refuse the question.

    `question` beside it is the same question with nothing left to a default: what a later version
    would assume of ancestry, other medicines or the number of virtual patients is not what this one
    assumed.
    """
    from esker.core.pharmacology import InputError
    from esker.core.pharmacology.forecast import forecast
    from esker.core.pharmacology.forecast_json import (
        forecast_to_json,
        request_from_json,
        request_to_json,
    )

    try:
        asked = request_from_json(question)
        return {"answer": forecast_to_json(forecast(asked)), "question": request_to_json(asked)}
    except InputError as why:
        return {"sentence": f"No forecast: {why}"}


def sound() -> bool:
    """Whether the compiled kernels say of two patients what the careful solver says, for each drug.

    Compiled code is loaded from files that earlier processes wrote; what such a file holds is not
    this process's doing, and a picture drawn from wrong code looks like any other.
    """
    import numpy as np

    from esker.core.pharmacology import simulate
    from esker.core.pharmacology.engine import FEW
    from esker.core.pharmacology.forecast_json import request_from_json

    times, found = np.arange(0.0, 241.0, 10.0), []
    for asked in map(request_from_json, WARM_UP):
        one, other = (simulate(asked.drug, asked.doses, times, n=n, seed=1) for n in (64, FEW))
        found += [
            np.allclose(one[name][:FEW], values, rtol=1e-6, atol=1e-9)
            for name, values in other.outputs.items()
        ]
    return all(found)


def main() -> None:
    """Warm up, say so, then answer until the other side is gone."""
    with suppress(OSError):
        os.nice(NICE)
    asked: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    for question in WARM_UP:
        answer(question)
    if not sound():
        sys.exit(UNSOUND)
    _say({"ready": True})
    while True:
        _say(answer(json.loads(asked.get())))


def _listen(asked: queue.Queue[str]) -> None:
    """Hand the questions on; when nobody can ask any more, end at once, also while compiling."""
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
