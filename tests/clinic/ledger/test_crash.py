"""A writer is killed again and again over one data folder, and no acknowledged entry is lost.

SIGKILL takes the process, not the disk: a power cut is left to SQLite's synchronous=FULL.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.clinic.ledger.crash_writer import ENTRIES

KILLS = 40
WRITER = Path(__file__).with_name("crash_writer.py")


class Client:
    """The nurse's side: knows what was acknowledged, and sends again what was not."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, WRITER, folder], stdin=-1, stdout=-1, text=True
        )
        self.acknowledged = []
        assert "ready" == self.line()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def write_until_killed(self, after_s, wait_for_one):
        """Kill the writer after `after_s`, counted from its first answer where one is waited for.

        Not by time alone: on a busy machine a writer might never get to write.
        """
        self.say(f"write {len(self.acknowledged)}")
        pid = int(self.line().removeprefix("pid "))
        if wait_for_one:
            self.acknowledged.append(int(self.line()))
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        while not (said := self.line()).startswith("ended"):
            self.acknowledged.append(int(said))
        assert f"ended {-signal.SIGKILL}" == said

    def report(self):
        self.say("report")
        return json.loads(self.line())


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """The client and what a reader finds, after all the kills."""
    chance = random.Random(20261123)
    client = Client(tmp_path_factory.mktemp("crash"))
    with client.process:
        for kill in range(KILLS):
            client.write_until_killed(chance.uniform(0, 0.2), wait_for_one=kill % 2 == 0)
        found = client.report()
        client.process.stdin.close()
    return client, found


@pytest.mark.hazard(30)
def test_what_was_acknowledged_is_there_once_and_whole(crashed):
    """No entry is lost after "saved", none doubled by a retry, and no command is half there."""
    client, found = crashed
    times = Counter((command, n) for command, n in found["entries"])
    each = range(1, ENTRIES + 1)
    acknowledged = {(f"c{number}", n) for number in client.acknowledged for n in each}
    unheard = {(f"c{len(client.acknowledged)}", n) for n in each}  # committed, the answer lost

    assert len(client.acknowledged) >= KILLS // 2
    assert list(range(len(client.acknowledged))) == client.acknowledged
    assert {1} == set(times.values())
    assert set(times) in (acknowledged, acknowledged | unheard)


@pytest.mark.hazard(32)
def test_a_crash_leaves_no_broken_chain(crashed):
    """A record that a crash interrupted does not read as an altered one."""
    assert [] == crashed[1]["faults"]
