"""Group commit: who waits shares a commit, and a bad message harms nobody else."""

import asyncio
from datetime import UTC, datetime

import pytest

from esker.clinic.devices import intake, models, unread
from esker.clinic.devices.writer import Writer
from tests.clinic.devices.ward import after, oru, rows

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def gather(keep_all, messages):
    async def whole():
        writer = Writer(keep_all, lambda: NOW)
        said = await asyncio.gather(*map(writer.receive, messages), return_exceptions=True)
        await writer.close()
        return said

    return asyncio.run(whole())


def test_what_waits_while_a_batch_is_written_becomes_the_next_batch_and_each_has_its_answer():
    batches = []

    def keep_all(batch):
        batches.append(len(batch))
        return [b"ACK " + raw for raw, _ in batch]

    said = gather(keep_all, [b"%d" % n for n in range(150)])

    assert said == [b"ACK %d" % n for n in range(150)]
    assert (sum(batches), max(batches) <= 64, len(batches) < 10) == (150, True, True)


def test_one_that_cannot_be_kept_is_told_so_alone():
    def keep_all(batch):
        return [ValueError("bad") if raw == b"bad" else b"ACK" for raw, _ in batch]

    good, bad, other = gather(keep_all, [b"a", b"bad", b"b"])

    assert (good, str(bad), other) == (b"ACK", "bad", b"ACK")


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

    said = intake.receive_all(str(clinic.id), [(raw, after(5)) for raw in batch])

    assert [isinstance(each, bytes) for each in said] == [True, False, True]
    assert sorted(row.value for row in rows(clinic, models.Reading)) == ["96", "98"]
    assert len(rows(clinic, models.Message)) == 2


def test_a_repeat_inside_one_batch_is_kept_once_and_answered_twice(clinic):
    raw = oru("1", after(1), {"spo2": 96})

    said = intake.receive_all(str(clinic.id), [(raw, after(2)), (raw, after(3))])

    assert [b"|AA|1|" in each for each in said] == [True, True]
    assert len(rows(clinic, models.Message)) == len(rows(clinic, models.Reading)) == 1
