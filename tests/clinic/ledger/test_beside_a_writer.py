"""`esker ledger verify | export | tail` beside a server that goes on writing."""

from __future__ import annotations

import io
import json
import sys
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from django.db import connection

from esker.clinic.ledger import cli, store
from esker.clinic.tenancy import scope
from esker.core.ledger import Draft
from tests.clinic.ledger.test_audit import check

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROUNDS = 12


def append(clinic, command):
    with scope(clinic):
        drafts = [Draft("note", {"n": command}, AT, stream=f"s:{n}") for n in range(3)]
        store.append(
            clinic, command=command, actor="n", drafts=drafts, stream="s:0", recorded_at=AT
        )


class Pipe(io.StringIO):
    """Whoever reads it stops in the middle until somebody else has appended."""

    def __init__(self, appended):
        super().__init__()
        self.appended = appended

    def write(self, text):
        if not self.tell():
            self.appended()
        return super().write(text)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["export", "tail"])
def test_a_slow_reader_of_an_export_holds_no_writer_up(clinic, monkeypatch, tmp_path, action):
    """What is appended in the meantime waits for nobody, and is not in half an export."""
    clinic = str(clinic.id)
    append(clinic, "before")

    def meanwhile():
        append(clinic, "between")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pipe = Pipe(lambda: pool.submit(meanwhile).result(10))
        monkeypatch.setattr(sys, "stdout", pipe)
        assert 0 == cli.run(Namespace(action=action, stream=None, n=10))
    monkeypatch.undo()

    commands = {json.loads(line)["command"] for line in pipe.getvalue().splitlines()}
    assert {"before"} == commands
    if action == "export":
        assert 0 == check(tmp_path, pipe.getvalue())


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(32)
def test_a_ledger_that_grows_while_it_is_verified_is_whole(clinic, capsys):
    """An altered record (hazard 32): what is only new is never called a fault."""
    clinic, over = str(clinic.id), Event()
    append(clinic, "first")

    def write():
        try:
            n = 0
            while not over.is_set():
                append(clinic, f"c{n}")
                n += 1
            return n
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        try:
            found = [cli.run(Namespace(action="verify", checkpoint=None)) for _ in range(ROUNDS)]
        finally:
            over.set()

    assert [0] * ROUNDS == found, capsys.readouterr().out
    assert written.result() > 0
