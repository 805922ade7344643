"""./dev bench forecast: from a question to a forecast, through the worker's pipes, when warm.

A question with a confirmed pressure or score more each time, as in a session; both models. The
clinic's bar is one second from the event; the rest of that second is the ledger's and the page's.
"""

from __future__ import annotations

import argparse
import statistics
import time

from esker.clinic.forecast.helper import Helper

DOSES = {
    "esketamine": [{"at_min": float(at), "route": "nasal", "amount_mg": 28.0, "duration_min": 0.0}
                   for at in (0, 5, 10)],
    "ketamine": [{"at_min": 0.0, "route": "iv", "amount_mg": 35.0, "duration_min": 40.0}],
}  # fmt: skip


def question(drug: str, seen: int) -> dict:
    """After `seen` pressures, five minutes apart."""
    observed = [{"at_min": 5.0 * k, "sign": "sbp_mmhg", "value": 122.0 + k} for k in range(1, seen)]
    return {
        "drug": drug, "doses": DOSES[drug], "now_min": 5.0 * seen, "observed": observed,
        "covariates": {"weight_kg": 70.0, "age_years": 41.0}, "baseline_sbp_mmhg": [121.0], "seed": 7,
    }  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser(prog="./dev bench forecast", description=__doc__)
    words.add_argument("--rounds", type=int, default=20)
    rounds = words.parse_args().rounds
    helper = Helper()
    begin = time.perf_counter()
    helper.ask(question("esketamine", 1))
    print(f"start and warm-up {time.perf_counter() - begin:.1f} s")
    for drug in DOSES:
        spent = []
        for k in range(rounds):
            begin = time.perf_counter()
            helper.ask(question(drug, 1 + k % 12))
            spent.append(time.perf_counter() - begin)
        print(
            f"{drug:10}: median {statistics.median(spent):.2f} s, worst {max(spent):.2f} s of {rounds}"
        )
    helper.close()


if __name__ == "__main__":
    main()
