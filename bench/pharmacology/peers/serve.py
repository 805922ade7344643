"""The loop of a peer process: a case and a number of patients in, seconds out, on one core."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from bench.pharmacology import task


def serve(solve: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """Answer one JSON line for each request; `solve` returns (patients, outputs, times)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for line in sys.stdin:
        ask = json.loads(line)
        table = task.patients(ask["n"])
        begin = time.process_time()
        found = solve(ask["case"], table)
        seconds = time.process_time() - begin
        if ask.get("save"):
            np.save(ask["save"], found[: ask["keep"]])
        print(json.dumps({"seconds": seconds}), flush=True)
