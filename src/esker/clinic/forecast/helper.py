"""Starts, asks, times and ends the computing process. Without it the clinic goes on."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

START_S = 600.0  # a first start compiles, a minute or more; later ones load what was compiled
ANSWER_S = 10.0
GLANCE_S = 0.25  # how often a wait looks whether the server is stopping
WORKER = (sys.executable, "-m", "esker.clinic.forecast.worker")


class Lost(Exception):
    """The process died, answered nonsense or took too long; it has been ended."""


class Helper:
    """One computing process, started when first asked and again after it was lost."""

    def __init__(
        self, words: tuple[str, ...] = WORKER, answer_s: float = ANSWER_S,
        stop: threading.Event | None = None,
    ) -> None:  # fmt: skip
        self._words, self._answer_s = words, answer_s
        self._stop = stop or threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._kept = b""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to one question. Raises Lost."""
        try:
            process = self._started()
            assert process.stdin is not None
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            return self._line(self._answer_s)
        except (OSError, ValueError) as why:
            self.close()
            raise Lost(str(why)) from why
        except Lost:
            self.close()
            raise

    def start(self) -> None:
        """Start the process before anybody asks, so that a first start has compiled by then."""
        try:
            self._started()
        except (OSError, ValueError, Lost):
            self.close()  # the first question tries again, and says what is wrong

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process, self._kept = self._process, None, b""
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        process.kill()
        process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603  (our own words)
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            self._line(START_S)
        return self._process

    def _line(self, seconds: float) -> dict[str, Any]:
        """The next line of the process. Raises Lost at its end, or when it takes longer."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._kept:
                if not selector.select(min(GLANCE_S, max(0.0, until - time.monotonic()))):
                    if self._stop.is_set():
                        raise Lost("the server is stopping")
                    if time.monotonic() >= until:
                        raise Lost(f"no answer within {seconds:g} s")
                    continue
                read = process.stdout.read(65536)
                if not read:
                    raise Lost("the process ended")
                self._kept += read
        line, self._kept = self._kept.split(b"\n", 1)
        found = json.loads(line)
        if not isinstance(found, dict):
            raise Lost("an answer of another shape")
        return found
