"""A demo clinic of its own in a process of its own, and a visitor who talks to it over HTTP."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def esker(*words: object, output: Any = subprocess.PIPE) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ESKER_", "DJANGO_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "esker.cli", *map(str, words)],
        env=environment, stdout=output, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@contextmanager
def clinic(folder: Path, *words: object) -> Iterator[str]:
    """The address of a running demo clinic, with its simulated monitors."""
    port = free_port()
    ports = ("--port", port, "--mllp-port", free_port())
    base = f"http://127.0.0.1:{port}"
    with TemporaryFile("w+") as said:
        server = esker("demo", "--data", folder, *ports, "--no-open", *words, output=said)
        try:
            if not _answers(base, server):
                said.seek(0)
                raise AssertionError(f"the demo did not answer: {said.read()}")
            yield base
        finally:
            server.terminate()
            server.wait(60)


def _answers(base: str, server: subprocess.Popen[str]) -> bool:
    """Whether it answers within two minutes; not when it has stopped."""
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{base}/sign-in/", timeout=2)
            return True
        except OSError:
            time.sleep(0.2)
    return False


class Visitor:
    """Somebody who is signed in, without a browser."""

    def __init__(self, base: str, name: str) -> None:
        self.base, self.cookies = base, CookieJar()
        keeper = urllib.request.HTTPCookieProcessor(self.cookies)
        self.opener = urllib.request.build_opener(keeper)
        token = re.search('csrfmiddlewaretoken" value="([^"]+)', self.get("/sign-in/"))
        assert token
        self.post("/sign-in/", username=name, password="demo", csrfmiddlewaretoken=token[1])

    def open(self, path: str, data: bytes | None = None, **headers: str) -> Any:
        token = next((each.value for each in self.cookies if each.name == "csrftoken"), "")
        sent = {"X-CSRFToken": token, "Referer": self.base, **headers}
        return self.opener.open(urllib.request.Request(self.base + path, data, sent), timeout=60)

    def get(self, path: str) -> str:
        return str(self.open(path).read().decode())

    def post(self, path: str, **fields: str) -> str:
        return str(self.open(path, urlencode(fields).encode()).read().decode())

    def floor(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/api/v1/floor")))

    def chair(self, number: int) -> dict[str, Any]:
        return next(s for s in self.floor()["sessions"] if s["chair"] == f"Chair {number}")

    def tell(self, session: str, kind: str, **fields: object) -> None:
        body = json.dumps({"id": str(uuid4()), "command": {"kind": kind, **fields}}).encode()
        headers = {"Content-Type": "application/json"}
        self.open(f"/api/v1/sessions/{session}/commands", body, **headers).read()


def until(look: Any, seconds: float = 60) -> Any:
    """What `look` finds, asked again until it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.5)
    return found
