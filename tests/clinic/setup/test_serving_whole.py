"""`esker serve` whole, on the database under test: https, a sign-in, a monitor, a command.

A client that trusts the clinic's own authority and nothing else; and a proxy that speaks TLS.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.clinic import serving
from tests.clinic.demo.running import until

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def made(tmp_path_factory, own_database):
    """A clinic of one chair in a folder, or in a PostgreSQL database, of its own."""
    folder = tmp_path_factory.mktemp("served")
    with own_database():
        yield folder, serving.prepare(folder, 1)


@contextmanager
def served(folder, *options):
    """The command itself, as an administrator runs it: its web port and its MLLP port."""
    port, mllp = serving.free_port(), serving.free_port()
    ports = ["--port", str(port), "--mllp-port", str(mllp)]
    words = [sys.executable, "-m", "esker.cli", "serve", "--data", str(folder), *ports, *options]
    server = subprocess.Popen(words, env=serving.environment(), stdout=-1, text=True)
    try:
        said = ""
        while "Esker serves" not in said:
            line = server.stdout.readline()
            assert line, f"it ended: {said}"
            said += line
        until(lambda: answers(port))
        yield port, mllp, said
    finally:
        server.terminate()
        server.wait(30)


def answers(port):
    try:
        socket.create_connection((HERE, port), 1).close()
        return True
    except OSError:
        return False


class Browser:
    """Keeps cookies with what was said of them, and sends the page's token."""

    def __init__(self, connect, **headers):
        self.connect, self.headers, self.cookies, self.said = connect, headers, {}, {}

    def ask(self, method, path, body=None, kind="application/x-www-form-urlencoded"):
        connection = self.connect()
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        page = f"https://{HERE}:{connection.port}/"
        sent = {"Cookie": jar, "Content-Type": kind, "Referer": page}
        sent["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        connection.request(method, path, body, sent | self.headers)
        answer = connection.getresponse()
        for set in answer.headers.get_all("Set-Cookie") or ():
            name, value = set.split(";")[0].split("=", 1)
            self.cookies[name], self.said[name] = value, set.lower()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def sign_in(self):
        _, page = self.ask("GET", "/sign-in/")
        token = re.search('csrfmiddlewaretoken" value="([^"]+)', page)[1]
        who = {"username": "nurse", "password": serving.PASSWORD, "csrfmiddlewaretoken": token}
        answer, _ = self.ask("POST", "/sign-in/", urlencode(who))
        assert (302, "/") == (answer.status, answer.headers["Location"])
        return self


def readings(browser, session):
    answer, text = browser.ask("GET", f"/api/v1/sessions/{session}")
    assert 200 == answer.status, text
    return {each["channel"]: each["value"] for each in json.loads(text)["readings"]}


def test_a_tablet_that_trusts_the_authority_runs_a_session_over_https(made):
    """Sign-in, a monitor's message charted, and a command; on SQLite and on PostgreSQL."""
    folder, clinic = made
    session = clinic["sessions"][0]
    with served(folder, "--tls") as (port, mllp, said):
        trusted = ssl.create_default_context(cafile=Path(folder, "tls", "ca.pem"))
        browser = Browser(lambda: HTTPSConnection(HERE, port, context=trusted, timeout=60))
        front, _ = browser.ask("GET", "/sign-in/")
        browser.sign_in()
        raw = serving.message("1", datetime.now(UTC), 1, {"spo2": 97, "hr": 71})
        with socket.create_connection((HERE, mllp), 30) as monitor:
            monitor.sendall(b"\x0b" + raw + b"\x1c\r")
            assert b"MSA|AA|" in monitor.recv(4000)
        until(lambda: {"spo2": "97", "hr": "71"} == readings(browser, session))
        weigh = {"id": str(uuid4()), "command": {"kind": "weigh", "weight": "70", "unit": "kg"}}
        path = f"/api/v1/sessions/{session}/commands"
        done, told = browser.ask("POST", path, json.dumps(weigh), "application/json")
        stranger = HTTPSConnection(HERE, port, timeout=60)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/sign-in/")

    assert "SHA-256" in said
    assert f"https://{HERE}:{port}/" in said
    assert "max-age=31536000" == front.headers["Strict-Transport-Security"]
    assert {"csrftoken", "sessionid", "esker_screen"} == set(browser.said)
    assert all("; secure" in each for each in browser.said.values())
    assert (200, ["patient.weighed"]) == (
        done.status, [each["kind"] for each in json.loads(told)["entries"]],
    )  # fmt: skip


def test_behind_a_proxy_that_speaks_tls_cookies_are_secure_too(made):
    """Only the proxy is believed; whoever comes without its word is sent to https."""
    folder, _ = made
    with served(folder, "--behind-tls", HERE) as (port, _, said):
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
        by_proxy = Browser(lambda: HTTPConnection(HERE, port, timeout=60), **forwarded).sign_in()
        front, _ = by_proxy.ask("GET", "/sign-in/")
        plain, _ = Browser(lambda: HTTPConnection(HERE, port, timeout=60)).ask("GET", "/sign-in/")
        elsewhere = {"timeout": 60, "source_address": ("127.0.0.2", 0)}
        liar = Browser(lambda: HTTPConnection(HERE, port, **elsewhere), **forwarded)
        unbelieved, _ = liar.ask("GET", "/sign-in/")

    assert f"https://{HERE}/" in said
    assert "max-age=31536000" == front.headers["Strict-Transport-Security"]
    assert all("; secure" in each for each in by_proxy.said.values())
    assert (301, True) == (plain.status, plain.headers["Location"].startswith("https://"))
    assert 301 == unbelieved.status
