"""One process looks at the chairs; when it dies, another that shares its database takes over."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from tests.clinic import serving


class Loop:
    """A process that would run the alarm loop; `beats` counts its looks."""

    def __init__(self, folder, clinic):
        command = [sys.executable, "-m", "tests.clinic.alarms.takeover", str(folder), clinic]
        self.process = subprocess.Popen(
            command, env=serving.environment(), stdout=subprocess.PIPE, text=True
        )
        self.beats = 0
        assert self.process.stdout.readline() == "waits\n"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        for _ in self.process.stdout:
            self.beats += 1

    def beats_within(self, seconds):
        before, until = self.beats, time.monotonic() + seconds
        while self.beats == before and time.monotonic() < until:
            time.sleep(0.05)
        return self.beats > before

    def kill(self):
        self.process.kill()
        self.process.wait(10)


@pytest.mark.hazard(17)
def test_a_second_process_takes_over_when_the_first_is_killed(tmp_path, own_database):
    """An alarm raised and not heard (hazard 17): no chair is without its loop for long."""
    with own_database():
        made = serving.prepare(tmp_path, 1)
        first = Loop(tmp_path, made["clinic"])
        try:
            assert first.beats_within(20)
            second = Loop(tmp_path, made["clinic"])
            try:
                assert not second.beats_within(3), "two processes own one loop"
                assert first.beats_within(5)
                first.kill()
                assert second.beats_within(10)
            finally:
                second.kill()
        finally:
            first.kill()
