"""./dev bench pharmacology: Esker, its floor and other tools on one task, side by side.

Every tool runs on one core, interleaved round by round, so that a ratio compares neighbours in
time; the time is the processor's, because others may share it. Peers are installed from the package index into build/bench-peers, each into an environment of
its own; one that cannot be installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from . import floors, models, ours, task

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "build/bench-peers"
PATIENTS = 1000
# name: (environment, packages, argument, patients per run in case A and B)
TOOLS = {
    "heyoka 1e-9": ("heyoka", ["heyoka"], ["1e-9"], {"A": 1000, "B": 1000}),
    "heyoka 1e-6": ("heyoka", ["heyoka"], ["1e-6"], {"A": 1000, "B": 1000}),
    "numbalsoda": ("numbalsoda", ["numbalsoda"], [], {"A": 1000, "B": 200}),
    "libroadrunner": (
        "libroadrunner",
        ["libroadrunner", "python-libsbml"],
        [],
        {"A": 200, "B": 100},
    ),
    "diffrax Tsit5": ("diffrax", ["diffrax"], [], {"A": 1000, "B": 200}),
}
CHECKED = 12
REPEATS = 20
REAL_PATIENTS = 8192


def main() -> None:
    words = argparse.ArgumentParser(prog="./dev bench pharmacology", description=__doc__)
    words.add_argument("--rounds", type=int, default=9)
    words.add_argument("--no-peers", action="store_true", help="only Esker and its floor")
    args = words.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    numba.set_num_threads(1)
    tools = {} if args.no_peers else {name: peer for name in TOOLS if (peer := _start(name))}
    for case in "AB":
        _common(case, tools, args.rounds)
    for tool in tools.values():
        tool.stdin.close()
        tool.wait()
    for model in "ER":
        _real(model, args.rounds)
    _million()


def _start(name: str) -> subprocess.Popen | None:
    environment, packages, words, _ = TOOLS[name]
    python = PEERS / environment / "bin/python"
    if not (PEERS / environment / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS / environment], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", "numpy", *packages],
                              capture_output=True)  # fmt: skip
        if done.returncode:
            print(f"{name}: not installable on this machine, left out")
            return None
        (PEERS / environment / "ready").touch()
    module = f"bench.pharmacology.peers.{environment}_peer"
    return subprocess.Popen([python, "-m", module, *words], cwd=ROOT, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip


def _ask(tool: subprocess.Popen, **request: object) -> float:
    tool.stdin.write(json.dumps(request) + "\n")
    tool.stdin.flush()
    return float(json.loads(tool.stdout.readline())["seconds"])


def _common(case: str, tools: dict[str, subprocess.Popen], rounds: int) -> None:
    print(
        f"\nCommon task, case {case}: one thread, microseconds a patient, median and least of {rounds}"
    )
    table, laid = task.patients(PATIENTS), ours.plan(case)
    true = np.array([task.reference(case, p) for p in table[:CHECKED]])
    mine = ours.by_patient(case, ours.run(case, table, laid))
    errors = {"Esker": task.scaled_error(mine[:CHECKED], true)}
    kept = PEERS / "answer.npy"
    for name, tool in tools.items():
        _ask(tool, case=case, n=TOOLS[name][3][case], save=str(kept), keep=CHECKED)
        errors[name] = task.scaled_error(np.load(kept), true)
    work = floors.COMMON_A if case == "A" else floors.COMMON_B
    least = {"floor": work, "  its steps": floors.steps_alone(work)}
    for each in least.values():
        floors.run(each, PATIENTS)
    seen: dict[str, list[float]] = {name: [] for name in ("Esker", *least, *tools)}
    for _ in range(rounds):
        seen["Esker"].append(_timed(lambda: ours.run(case, table, laid), PATIENTS))
        for name, each in least.items():
            seen[name].append(_timed(lambda each=each: floors.run(each, PATIENTS), PATIENTS))
        for name, tool in tools.items():
            n = TOOLS[name][3][case]
            seen[name].append(_ask(tool, case=case, n=n) / n * 1e6)
    for name, values in seen.items():
        ratio = np.median(np.array(values) / np.array(seen["Esker"]))
        error = f"{errors[name]:.0e}" if name in errors else "-"
        print(f"  {name:14} {np.median(values):9.2f} us   least {min(values):9.2f} us   x{ratio:8.2f}   "
              f"error {error}")  # fmt: skip


def _timed(call: Callable[[], object], patients: int, repeats: int = REPEATS) -> float:
    """Microseconds a patient over so many complete runs."""
    begin = time.process_time()  # others may share the core
    for _ in range(repeats):
        call()
    return (time.process_time() - begin) / repeats / patients * 1e6


def _real(model: str, rounds: int) -> None:
    work = floors.MODEL_E if model == "E" else floors.MODEL_R
    call = models.prepared(model, REAL_PATIENTS)
    calls = {
        "Esker": call,
        "floor": lambda: floors.run(work, REAL_PATIENTS),
        "  its steps": lambda: floors.run(floors.steps_alone(work), REAL_PATIENTS),
    }
    for each in calls.values():
        each()
    seen = {name: [] for name in calls}
    before = _ticks_of_others()
    for _ in range(rounds):
        for name, each in calls.items():
            seen[name].append(_timed(each, REAL_PATIENTS, 3))
    busy, whole = np.subtract(_ticks_of_others(), before)
    print(f"\nModel {model}, 240 steps, peaks, areas and recovery reduced on the fly, one thread"
          f" (other processors busy: {busy / max(1, whole):.0%})")  # fmt: skip
    for name, values in seen.items():
        ratio = np.median(np.array(seen["Esker"]) / np.array(values))
        print(f"  {name:14} {np.median(values):9.2f} us   least {min(values):9.2f} us   Esker is "
              f"x{ratio:.2f}")  # fmt: skip


def _ticks_of_others() -> tuple[int, int]:
    """Ticks that the processors beside ours have worked, and all their ticks; 0 where nobody counts.

    Two processors are often two threads of one core: what shares its loads and its decoder slows
    the models by half, and the floor, which runs from registers, by a twentieth.
    """
    path = Path("/proc/stat")
    lines = path.read_text().splitlines() if path.exists() else []
    mine = {f"cpu{n}" for n in os.sched_getaffinity(0)} if lines else set()
    found = [line.split() for line in lines if line.startswith("cpu")]
    ticks = [[int(word) for word in words[1:9]] for words in found
             if words[0] != "cpu" and words[0] not in mine]  # fmt: skip
    return sum(sum(each) - each[3] - each[4] for each in ticks), sum(map(sum, ticks))


def _million() -> None:
    from esker.core.pharmacology import parse_dose, study, summarise

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    print(f"\nStreamed from seed to summary, {numba.get_num_threads()} threads, draws included")
    for n in (250_000, 1_000_000):
        request = study("esketamine", parse_dose("84 mg nasal", 70), models.MINUTES, n=n, seed=1)
        begin, total = time.perf_counter(), 0.0
        for part in summarise(request):
            total += part["cmax_ng_ml"].sum()
        spent = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {n:9,} patient-sessions: {spent:5.2f} s, {spent / n * 1e6:.2f} us each, "
              f"largest memory {memory:.0f} MB, mean Cmax {total / n:.1f} ng/mL")  # fmt: skip


main()
