"""The whole server is killed again and again under load; what it acknowledged is there, once.

Web, MLLP, alarm loop, sealing and checkpoints in one process, as a clinic runs them. Nurses send
each command again under its id until it is answered, and monitors each message until its AA.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from uuid import uuid4

import pytest

from tests.clinic import serving

KILLS = 30
CHAIRS = 3
CSRF = "a" * 32


class Stand:
    """The server's side: starts it, kills it, and asks in the end what a reader finds."""

    def __init__(self, folder, made):
        words = serving.command("stand", str(folder), made["clinic"])
        self.process = subprocess.Popen(
            words, env=serving.environment(), stdin=-1, stdout=-1, text=True
        )
        self.port, self.mllp = serving.free_port(), serving.free_port()
        self.starts_s = []
        assert self._line() == "ready"

    def _line(self):
        return self.process.stdout.readline().strip()

    def _say(self, text):
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def start(self):
        begun = time.monotonic()
        self._say(f"serve {self.port} {self.mllp}")
        self.pid = int(self._line().removeprefix("pid "))
        while not self._up():
            assert time.monotonic() - begun < 30, "the server did not come up again"
            time.sleep(0.01)
        self.starts_s.append(time.monotonic() - begun)

    def _up(self):
        try:
            for port in (self.port, self.mllp):
                socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def stop(self, how):
        os.kill(self.pid, how)
        assert self._line() == "ended"

    def report(self):
        self._say("report")
        return json.loads(self._line())


class Nurse(threading.Thread):
    """Records one event after the other; each is asked again until somebody answers."""

    def __init__(self, stand, made, over):
        super().__init__()
        self.stand, self.over = stand, over
        self.session, self.cookie = made["sessions"][0], made["cookie"]
        self.answered, self.retries = [], 0

    def run(self):
        while not self.over.is_set():
            said = {"kind": "adverse_event", "term": "nausea", "severity": "mild", "serious": False}
            request = {"id": str(uuid4()), "command": said}
            while (status := self.post(request)) is None or status >= 500:
                self.retries += 1
                time.sleep(0.02)
            assert status == 200, status
            self.answered.append(request["id"])

    def post(self, request):
        connection = HTTPConnection("127.0.0.1", self.stand.port, timeout=10)
        headers = {
            "Cookie": f"sessionid={self.cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
        }
        path = f"/api/v1/sessions/{self.session}/commands"
        try:
            connection.request("POST", path, json.dumps(request), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


class Monitor(threading.Thread):
    """Sends one message after the other, the same one again until it is acknowledged."""

    def __init__(self, stand, place, over):
        super().__init__()
        self.stand, self.place, self.over = stand, place, over
        self.acknowledged, self.retries = {}, 0

    def run(self):
        begun, n = datetime.now(UTC).replace(microsecond=0), 0
        while not self.over.is_set():
            at, value = begun + timedelta(milliseconds=100 * n), str(60 + n % 40)
            raw = serving.message(f"{self.place}.{n}", at, self.place, {"hr": value})
            while not self.send(raw):
                self.retries += 1
                time.sleep(0.02)
            self.acknowledged[at] = value
            n += 1
            time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))

    def send(self, raw):
        return b"\rMSA|AA|" in self.ask(raw)

    def ask(self, raw):
        """The answer; none where the connection ended first."""
        try:
            with socket.create_connection(("127.0.0.1", self.stand.mllp), 10) as wire:
                wire.sendall(b"\x0b" + raw + b"\x1c\r")
                answer = b""
                while not answer.endswith(b"\x1c\r"):
                    more = wire.recv(4096)
                    if not more:
                        return b""
                    answer += more
                return answer
        except OSError:
            return b""


@pytest.fixture(scope="module")
def killed(tmp_path_factory, own_database):
    """Everybody who took part, and what a reader finds after all the kills."""
    folder, chance = tmp_path_factory.mktemp("killed"), random.Random(20261123)
    with own_database():
        made = serving.prepare(folder, CHAIRS)
        stand, over = Stand(folder, made), threading.Event()
        with stand.process:
            nurse = Nurse(stand, made, over)
            monitors = [Monitor(stand, place, over) for place in range(1, CHAIRS + 1)]
            stand.start()
            for each in (nurse, *monitors):
                each.start()
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 1.2))
                stand.stop(signal.SIGKILL)
                stand.start()
            over.set()
            for each in (nurse, *monitors):
                each.join(30)
            charted = [fetch(stand, made, session) for session in made["sessions"]]
            stand.stop(signal.SIGTERM)
            report = stand.report()
            stand.process.stdin.close()
    return nurse, monitors, charted, report


def fetch(stand, made, session):
    connection = HTTPConnection("127.0.0.1", stand.port, timeout=30)
    headers = {"Cookie": f"sessionid={made['cookie']}"}
    connection.request("GET", f"/api/v1/sessions/{session}", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200
    return json.loads(answer.read())["readings"]


def test_the_kills_met_work_under_way(killed):
    """Else nothing below would say anything: answers were lost, blocks and checkpoints made."""
    nurse, monitors, _, report = killed
    assert len(nurse.answered) > KILLS
    assert nurse.retries > 0
    assert all(each.retries and len(each.acknowledged) > KILLS for each in monitors)
    assert report["blocks"] > KILLS
    assert report["checkpoints"] > 1


@pytest.mark.hazard(30)
def test_every_acknowledged_reading_is_charted_once_at_its_time(killed):
    """An entry lost after "saved" (hazard 30): what had its AA is on the chart, and once."""
    _, monitors, charted, _ = killed
    for monitor, readings in zip(monitors, charted, strict=True):
        shown = [(datetime.fromisoformat(each["observed_at"]), each["value"]) for each in readings]
        assert sorted(shown) == sorted(monitor.acknowledged.items())


@pytest.mark.hazard(30)
def test_every_answered_command_is_recorded_once(killed):
    """A command whose answer was lost and that was sent again is one entry, not two."""
    nurse, _, _, report = killed
    times = Counter((command, n) for command, n in report["entries"])
    assert {1} == set(times.values())
    assert not [id for id in nurse.answered if times[id, 1] != 1]


@pytest.mark.hazard(32)
def test_the_record_is_whole_and_the_tables_are_level_with_it(killed):
    """No broken chain, no checkpoint that fails, and a rebuild changes nothing (hazard 32)."""
    report = killed[-1]
    assert [] == report["faults"]
    assert [] == report["drift"]
