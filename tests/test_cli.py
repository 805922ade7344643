"""What every esker command does when it cannot write what it has to say."""

from __future__ import annotations

import subprocess
import sys

WORDS = [sys.executable, "-m", "esker.cli", "protocol", "show", "ketamine-iv"]


def test_a_full_disk_is_one_sentence_and_exit_code_2():
    with open("/dev/full", "w") as full:
        done = subprocess.run(WORDS, stdout=full, stderr=subprocess.PIPE, text=True)

    assert (2, "The output: No space left on device.\n") == (done.returncode, done.stderr)


def test_a_reader_who_has_read_enough_sees_no_trace():
    whole = subprocess.Popen(WORDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert whole.stdout
    whole.stdout.close()

    assert (1, b"") == (whole.wait(), whole.stderr.read() if whole.stderr else None)
