"""The disk is full, or the database is gone, under a running server: it says so, and loses nothing.

On SQLite the server's process may not let any file grow; on PostgreSQL its database takes no
connections. Then the trouble goes away, and the same commands and messages go through.
"""

from __future__ import annotations

import json
import resource
import signal
import threading
import time
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest

from tests.clinic import serving
from tests.clinic.test_kill import CSRF, Monitor, Nurse, Stand, fetch

SAID = {"kind": "adverse_event", "term": "nausea", "severity": "mild", "serious": False}


@pytest.fixture(scope="module")
def stand(tmp_path_factory, own_database):
    folder = tmp_path_factory.mktemp("unwritable")
    with own_database() as spoil:
        made = serving.prepare(folder, 1)
        stand = Stand(folder, made)
        with stand.process:
            stand.start()
            yield stand, made, spoil or full_disk
            stand.stop(signal.SIGKILL)
            stand.process.stdin.close()


def full_disk(stand, spoilt):
    """No file of the server's may have a byte beyond its first thousand: what a full disk says."""
    most = 1000 if spoilt else resource.RLIM_INFINITY
    resource.prlimit(stand.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def ask(stand, made, request):
    headers = {
        "Cookie": f"sessionid={made['cookie']}; csrftoken={CSRF}",
        "X-CSRFToken": CSRF, "Content-Type": "application/json",
    }  # fmt: skip
    connection = HTTPConnection("127.0.0.1", stand.port, timeout=40)
    path = f"/api/v1/sessions/{made['sessions'][0]}/commands"
    connection.request("POST", path, json.dumps(request), headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def beats(stand, made, seconds):
    """The events that a page hears in so many seconds."""
    connection = HTTPConnection("127.0.0.1", stand.port, timeout=1)
    connection.request("GET", "/live/", headers={"Cookie": f"sessionid={made['cookie']}"})
    answer, until, heard = connection.getresponse(), time.monotonic() + seconds, []
    while time.monotonic() < until:
        try:
            heard.append(answer.fp.readline().decode().strip())
        except TimeoutError:
            break  # a read that timed out cannot be read on
    connection.close()
    return [line.removeprefix("event: ") for line in heard if line.startswith("event: ")]


@pytest.mark.hazard(34)
def test_nothing_is_acknowledged_that_is_not_durable(stand):
    """A full disk or a lost database (hazard 34): a sentence and AE; later all of it, once."""
    server, made, spoil = stand
    over = threading.Event()
    monitor, nurse = Monitor(server, 1, over), Nurse(server, made, over)
    at = datetime.now(UTC).replace(microsecond=0)
    raw = serving.message("m1", at, 1, {"hr": "71"})
    request = {"id": "0b1e5b0e-6a59-4f0c-9a53-0a2b9c5d7e10", "command": SAID}
    spoil(server, True)
    try:
        status, said = ask(server, made, request)
        assert (status, nurse.post(request)) == (503, 503)
        assert "not known to be recorded" in said["sentence"]
        assert b"\rMSA|AE|m1|not kept: the database does not answer" in monitor.ask(raw)
    finally:
        spoil(server, False)
    assert [] == fetch(server, made, made["sessions"][0])
    status, said = ask(server, made, request)
    assert (status, len(said["entries"])) == (200, 1)
    assert (status, said) == ask(server, made, request)
    assert monitor.send(raw)
    charted = fetch(server, made, made["sessions"][0])
    assert [(each["value"], each["observed_at"]) for each in charted] == [("71", at.isoformat())]


@pytest.mark.hazard(34)
def test_pages_hear_no_beat_while_nothing_can_be_kept(stand):
    """What says that all is well stops, so that each page says NOT MONITORED; then it returns."""
    server, made, spoil = stand
    assert "beat" in beats(server, made, 5)
    spoil(server, True)
    try:
        time.sleep(6)
        assert "beat" not in beats(server, made, 5)
    finally:
        spoil(server, False)
    time.sleep(3)
    assert "beat" in beats(server, made, 8)
