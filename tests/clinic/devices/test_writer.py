"""Group commit: who waits shares a commit, and a bad message harms nobody else."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import OperationalError

from esker.clinic.devices import models, unread, zones
from esker.clinic.devices.writer import Writer
from tests.clinic.devices.ward import after, kept, oru, receive_all, rows, wire

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def written(keep_all, messages):
    """The answer to each, all of them having waited together."""
    writer, said = Writer(keep_all, lambda: NOW), {}
    for raw in messages:
        writer.receive(raw, partial(said.__setitem__, raw))
    while writer:
        writer.write()
    return [said[raw] for raw in messages]


def test_what_waits_is_written_in_few_batches_and_each_has_its_answer():
    batches = []

    def keep_all(batch):
        batches.append(len(batch))
        return [b"ACK " + raw for raw, _ in batch]

    messages = [b"%d" % n for n in range(150)]

    assert written(keep_all, messages) == [b"ACK " + raw for raw in messages]
    assert (sum(batches), max(batches) <= 64, len(batches)) == (150, True, 3)


def test_a_batch_that_ends_in_our_own_fault_answers_none_and_the_next_goes_on(caplog):
    calls = []

    def keep_all(batch):
        calls.append(batch)
        if len(calls) == 1:
            raise ArithmeticError("ours")
        return [b"ACK"] * len(batch)

    said = written(keep_all, [b"%d" % n for n in range(70)])

    assert said == [None] * 64 + [b"ACK"] * 6
    assert "ours" in caplog.text


@pytest.mark.hazard(30, 41)
@pytest.mark.django_db(transaction=True)
def test_a_message_that_breaks_our_side_leaves_the_others_of_its_batch_kept(clinic, monkeypatch):
    """An entry lost, a hostile message: each is tried by itself, and only the bad one fails."""
    keep = unread.keep

    def picky(clinic_id, notes):
        notes = list(notes)
        if any("POISON" in note.raw for note in notes):
            raise ArithmeticError("ours")
        keep(clinic_id, notes)

    monkeypatch.setattr(unread, "keep", picky)
    poison = oru("2", after(2), {"spo2": 97}, extra=["OBX|9|NM|POISON^X^MDC|1|5"])
    batch = [oru("1", after(1), {"spo2": 96}), poison, oru("3", after(3), {"spo2": 98})]

    said = receive_all(clinic, [(raw, after(5)) for raw in batch])

    assert [each.split(b"\rMSA|")[1][:4] for each in said] == [b"AA|1", b"AE|2", b"AA|3"]
    assert sorted(each.value for each in kept(clinic.id)) == [96, 98]
    assert len(rows(clinic, models.Message)) == 2


def test_a_repeat_inside_one_batch_is_kept_once_and_answered_twice(clinic):
    raw = oru("1", after(1), {"spo2": 96})

    said = receive_all(clinic, [(raw, after(2)), (raw, after(3))])

    assert [b"|AA|1|" in each for each in said] == [True, True]
    assert len(rows(clinic, models.Message)) == len(rows(clinic, models.Sample)) == 1


@pytest.mark.hazard(34)
@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_nothing_is_asked_once_for_a_batch_and_all_are_told(
    clinic, monkeypatch, caplog
):
    """The database gone: trying each by itself would make the last sender wait for all others."""
    asked = []

    def gone(*_):
        asked.append(1)
        raise OperationalError("database or disk is full")

    batch = [(oru(f"{n}", after(n), {"spo2": 96}), after(9)) for n in range(5)]
    with monkeypatch.context() as broken:
        broken.setattr(unread, "keep", gone)
        refused = receive_all(clinic, batch)
    kept = receive_all(clinic, batch)

    assert all(b"\rMSA|AE|" in each and b"send it again" in each for each in refused)
    assert [b"|AA|%d|" % n in each for n, each in enumerate(kept)] == [True] * 5
    assert len(asked) == 1
    assert "disk is full" in caplog.text


@pytest.mark.hazard(34, 41)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(OperationalError("disk I/O error"), b"database"), (ArithmeticError("ours"), b"Esker itself")],
)
def test_what_cannot_be_read_now_must_be_sent_again_and_the_others_are_kept(
    fault, reason, clinic, monkeypatch, caplog
):
    """The database gone, an entry lost: no zone to be had for a time without one."""
    nowhere = oru("2", after(2), {"hr": 71}).replace(wire(after(2)).encode(), b"20261123100002")
    batch = [(oru("1", after(1), {"spo2": 96}), after(5)), (nowhere, after(5))]

    def broken(clinic_id):
        def zone(monitor):
            raise fault

        return zone

    with monkeypatch.context() as patched:
        patched.setattr(zones, "of", broken)
        first, second = receive_all(clinic, batch)
    again = receive_all(clinic, batch)

    assert b"\rMSA|AA|1|" in first
    assert b"\rMSA|AE|2|" in second
    assert reason in second
    assert str(fault) in caplog.text
    assert [b"\rMSA|AA|" in each for each in again] == [True, True]
    assert sorted(each.value for each in kept(clinic.id)) == [71, 96]
