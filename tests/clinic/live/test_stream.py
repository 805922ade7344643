"""The live stream over a real server: it beats, replays what was missed, and ends with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest

PREPARE = """
import sys
from pathlib import Path
from esker.clinic import start
start.django(Path(sys.argv[1]), migrate=True)
from django.test import Client
from esker.clinic import clock
from esker.clinic.people.models import Clinic, User
from esker.clinic.people import signing
from esker.clinic.sessions import service
from esker.clinic.setup.commands import sign_protocol
from esker.core.protocols.load import load
from esker.protocol_files import text_of
clinic = Clinic.objects.create(name="Demo Clinic")
nurse = User.objects.create_user("nurse", "a long fictional password", clinic=clinic,
                                 name="Demo Hazel", roles=["nurse"])
person = {"id": "p1", "name": "Demo Alder", "born": "1984-04-12", "mrn": "DEMO-1001"}
signer = User.objects.create_user("prescriber", "a long fictional password", clinic=clinic,
                                  name="Demo Linden", roles=["prescriber"], licence="DEMO-1",
                                  totp_secret=signing.new_secret())
text = text_of("esketamine-trd-us")
digest = load(text)[1]
code = signing.current_code(signer, clock.now())
assert not sign_protocol(str(clinic.id), text, digest, "prescriber", "a long fictional password",
                         code)
opened = {"kind": "open_session", "patient": person, "protocol_hash": digest,
          "planned_at": clock.now().isoformat()}
service.handle(str(clinic.id), "s1", {"id": str(clinic.id), "command": opened}, nurse)
client = Client()
client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
print(clinic.id, client.cookies["sessionid"].value)
"""
SERVE = """
import sys
from pathlib import Path
from esker.clinic import start
start.django(Path(sys.argv[1]))
from esker.clinic.server import serve
serve("127.0.0.1", int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("clinic"))
    env = {k: v for k, v in os.environ.items() if not k.startswith("ESKER_")}
    run = [sys.executable, "-c"]
    made = subprocess.run([*run, PREPARE, folder], env=env, check=True, stdout=subprocess.PIPE)
    clinic, cookie = made.stdout.decode().split()
    port = free_port()
    command = [*run, SERVE, folder, str(port), str(free_port()), clinic]
    process = subprocess.Popen(command, env=env)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield process, port, cookie
    if process.poll() is None:
        process.kill()
    process.wait()


def listen(server, after="", want=1, event=None):
    """The first `want` events of a name, as (id, event) of the whole stream up to there."""
    _, port, cookie = server
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "GET", "/live/", headers={"Cookie": f"sessionid={cookie}", "Last-Event-ID": after}
    )
    answer = connection.getresponse()
    assert answer.status == 200
    seen, last = [], ""
    while sum(1 for _, name in seen if name == event) < want:
        line = answer.fp.readline().decode()
        assert line, "the stream ended"
        last = line[4:].strip() if line.startswith("id: ") else last
        if line.startswith("event: "):
            seen.append((last, line[7:].strip()))
    return seen, answer, connection


def test_a_beat_goes_out_while_the_alarm_loop_is_well(server):
    """A page hears a beat, with the place in each stream that it has reached."""
    seen, _, connection = listen(server, event="beat")
    connection.close()
    assert seen[-1] == ("session:s1@1", "beat")


def test_what_a_sleeping_tab_missed_is_replayed(server):
    """A page that comes back with its last event hears every entry after it."""
    seen, _, connection = listen(server, after="session:s1@0", event="entry")
    connection.close()
    assert seen[-1] == ("session:s1@1", "entry")


def test_nobody_listens_without_signing_in(server):
    """The stream is for people of the clinic."""
    connection = HTTPConnection("127.0.0.1", server[1], timeout=30)
    connection.request("GET", "/live/")
    assert connection.getresponse().status == 401


def test_the_streams_end_with_the_server(server):
    """A stopping server ends its streams and leaves with success."""
    _, answer, connection = listen(server, event="beat")
    server[0].send_signal(signal.SIGTERM)
    while answer.fp.readline():
        pass
    connection.close()
    assert server[0].wait(30) in (0, -signal.SIGTERM)
