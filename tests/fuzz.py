"""./dev fuzz: every fuzz test for its share of the time, in rounds of ever new examples.

Hypothesis counts examples and not minutes, and one example costs a thousand times another. So each
test runs by itself: a short round says what its examples cost, the next ones use up its share.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

FIRST, MOST = 100, 200_000  # examples in the first round, as every test run has, and in any
AT_ONCE = 2  # tests side by side
PYTEST = [sys.executable, "-m", "pytest", "-q", "--hypothesis-profile=fuzz"]


@dataclass(frozen=True)
class Outcome:
    rounds: int
    examples: int  # asked for; a test with several forms or routes takes them for each
    failed: str  # what pytest said, empty when nothing was found


Run = Callable[[str, int], str]  # a test and how many examples; what it says when it fails


def fuzz(test: str, seconds: float, run: Run, now: Callable[[], float]) -> Outcome:
    """Rounds of one test until no further one fits into its share, at least one."""
    until, rounds, total, examples = now() + seconds, 0, 0, FIRST
    while True:
        begun = now()
        failed = run(test, examples)
        rounds, total = rounds + 1, total + examples
        took, left = max(now() - begun, 0.001), until - now()
        if failed or left < took:
            return Outcome(rounds, total, failed)
        examples = min(max(int(examples * left / took * 0.8), FIRST), MOST)


def pytest(test: str, examples: int) -> str:
    env = {**os.environ, "ESKER_FUZZ_EXAMPLES": str(examples)}
    done = subprocess.run([*PYTEST, test], env=env, text=True, capture_output=True)
    return done.stdout + done.stderr if done.returncode else ""


def tests(where: list[str]) -> list[str]:
    """The ids of all fuzz tests below these paths."""
    said = subprocess.run([*PYTEST, "--collect-only", *where], text=True, capture_output=True)
    ids = (line for line in said.stdout.splitlines() if "::" in line)
    return [each for each in ids if each.rpartition("::")[2].startswith("test_fuzz_")]


def main() -> int:
    asked = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    asked.add_argument("where", nargs="*", help="a file or folder; without one, all of them")
    asked.add_argument("--minutes", type=float, default=30, help="in all, about (30)")
    args = asked.parse_args()
    found = tests(args.where)
    if not found:
        sys.exit("No fuzz test was found there.")
    share = args.minutes * 60 * min(AT_ONCE, len(found)) / len(found)
    print(f"{len(found)} tests, {share:.0f} s each, {AT_ONCE} at once", flush=True)
    broken = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda test: fuzz(test, share, pytest, time.monotonic), found)
        for test, each in zip(found, outcomes, strict=True):
            broken += bool(each.failed)
            said = f"FAILED\n{each.failed}" if each.failed else "nothing found"
            print(f"{test}: examples {each.examples}, rounds {each.rounds}: {said}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
