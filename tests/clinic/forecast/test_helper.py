"""The computing process may do anything: the one who asks gets an answer or `Lost`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from esker.clinic.forecast import worker
from esker.clinic.forecast.helper import Helper, Lost

READY = "import json,sys\nprint('{\"ready\": true}', flush=True)\nfor line in sys.stdin:\n "


def helper(body: str, answer_s: float = 20.0) -> Helper:
    return Helper((sys.executable, "-c", READY + body), answer_s)


def test_it_is_started_when_first_asked_and_kept():
    ours = helper("print(json.dumps({'said': json.loads(line)}), flush=True)")
    assert ours.pid is None
    assert ours.ask({"a": 1}) == {"said": {"a": 1}}
    first = ours.pid
    assert ours.ask({"b": 2}) == {"said": {"b": 2}}
    assert ours.pid == first
    ours.close()


def test_started_ahead_it_is_there_when_first_asked():
    ours = helper("print(json.dumps({'said': 1}), flush=True)")
    ours.start()
    first = ours.pid
    assert first is not None
    assert ours.ask({}) == {"said": 1}
    assert ours.pid == first
    ours.close()


def test_a_start_ahead_that_fails_is_tried_again_by_the_first_question():
    ours = Helper((sys.executable, "-c", "raise SystemExit(3)"))
    ours.start()
    assert ours.pid is None
    with pytest.raises(Lost):
        ours.ask({})


@pytest.mark.parametrize("body", [
    "sys.exit(3)", "print('no json', flush=True)", "print('[]', flush=True)",
    "import time; time.sleep(60)",
])  # fmt: skip
def test_a_death_nonsense_and_silence_are_all_lost(body):
    """Each ends the process; the next question would start a new one."""
    ours = helper(body, answer_s=0.5)
    with pytest.raises(Lost):
        ours.ask({})
    assert ours.pid is None


def test_a_server_that_stops_waits_for_no_answer():
    """Also while the process compiles for the first time."""
    stop = threading.Event()
    ours = Helper((sys.executable, "-c", "import time; time.sleep(60)"), stop=stop)
    stop.set()
    with pytest.raises(Lost, match="stopping"):
        ours.ask({})
    assert ours.pid is None


def test_killed_between_questions_it_comes_back():
    ours = helper("print(json.dumps({'said': 1}), flush=True)")
    ours.ask({})
    os.kill(ours.pid, signal.SIGKILL)
    os.waitpid(ours.pid, 0)
    for _ in range(3):  # the first may still find a closed pipe
        try:
            assert ours.ask({}) == {"said": 1}
            break
        except Lost:
            continue
    else:
        raise AssertionError("it never came back")
    ours.close()


def test_a_worker_whose_server_has_died_ends_while_it_warms_up():
    """No orphan goes on compiling."""
    words = [sys.executable, "-m", "esker.clinic.forecast.worker"]
    orphan = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    orphan.stdin.close()
    assert orphan.wait(120) == 0
    assert b"ready" not in orphan.stdout.read()
    orphan.stdout.close()


def test_the_worker_refuses_with_a_sentence_what_no_model_supports():
    """Racemate by nose has no model: the page says so."""
    dose = {"at_min": 0.0, "route": "nasal", "amount_mg": 28.0, "duration_min": 0.0}
    said = worker.answer({"drug": "ketamine", "doses": [dose], "now_min": 1.0})
    assert said["sentence"].startswith("No forecast: ")


WRONG = """
from esker.core.pharmacology import engine
engine._compiled = lambda who, amounts, timeline, times, out, kept: out.fill(1.0)
from esker.clinic.forecast import worker
worker.main()
"""


@pytest.mark.hazard(10)
def test_a_worker_whose_compiled_code_is_wrong_draws_nothing():
    """Cached machine code can be another model's, and its picture would look like any other."""
    assert worker.sound()
    with pytest.raises(Lost, match="ended"):
        Helper((sys.executable, "-c", WRONG)).ask(worker.WARM_UP[0])
