"""The store keeps one unforgeable history per stream, on SQLite and on PostgreSQL alike."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from esker.clinic.ledger import guard, models, store
from esker.clinic.tenancy import scope
from esker.core.ledger import Draft, Refused

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def write(clinic, command, *kinds, stream="cabinet:1"):
    drafts = [Draft(kind, {"n": n}, AT) for n, kind in enumerate(kinds)]
    with scope(clinic.id):
        return store.append(
            str(clinic.id),
            command=command, actor="nurse", drafts=drafts, stream=stream, recorded_at=AT,
        )  # fmt: skip


def read(clinic, stream="cabinet:1", after=0):
    with scope(clinic.id):
        return store.read(str(clinic.id), stream, after)


def test_what_was_appended_is_read(clinic):
    written = write(clinic, "c1", "vitals", "event")

    assert written == read(clinic)
    assert written[1:] == read(clinic, after=1)


@pytest.mark.hazard(33)
@pytest.mark.django_db(transaction=True)
def test_two_writers_make_one_history(clinic):
    """A forked history is impossible: both entries stand, one after the other."""
    together, failures = Barrier(2), []

    def writer(command):
        try:
            together.wait()
            write(clinic, command, "vitals")
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [Thread(target=writer, args=(name,)) for name in ("c1", "c2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    assert [1, 2] == [entry.seq for entry in read(clinic)]


@pytest.mark.hazard(3)
def test_a_command_appends_once(clinic):
    """A second click gives no second dose."""
    write(clinic, "c1", "device_given")
    with pytest.raises(IntegrityError), transaction.atomic():
        write(clinic, "c1", "device_given")

    assert 1 == len(read(clinic))


@pytest.mark.hazard(3)
def test_a_retry_hears_the_first_answer_and_another_body_is_refused(clinic):
    with scope(clinic.id):
        store.remember(str(clinic.id), "c1", "digest", {"entries": [1]})

        assert {"entries": [1]} == store.answered(str(clinic.id), "c1", "digest").answer
        assert isinstance(store.answered(str(clinic.id), "c1", "other"), Refused)
        assert store.answered(str(clinic.id), "c2", "digest") is None


@pytest.mark.hazard(32)
@pytest.mark.parametrize("sql", ["UPDATE ledger_entry SET actor = 'x'", "DELETE FROM ledger_entry"])
def test_the_database_refuses_to_change_the_record(clinic, sql):
    """An altered record is refused by the database itself."""
    write(clinic, "c1", "vitals")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), scope(clinic.id):
        connection.cursor().execute(sql)


@pytest.mark.hazard(32)
@pytest.mark.parametrize("column", ["rowid", "id", "stream, seq", "command, n"])
def test_the_database_refuses_to_put_another_entry_in_the_place_of_one(clinic, column):
    """An altered record: SQLite's REPLACE deletes what is in its way, and asks no delete trigger.

    PostgreSQL has no REPLACE; there an insert that meets a row is an error like any other.
    """
    write(clinic, "c1", "vitals")
    if connection.vendor == "postgresql" and column == "rowid":
        column = "id"
    fields = [field.column for field in models.Entry._meta.fields]
    kept = {"clinic_id", *column.split(", ")}
    new = {"id": "'x'", "stream": "'y'", "seq": "9", "command": "'z'", "n": "9", "actor": "'x'"}
    taken = [each if each in kept else new.get(each, each) for each in fields]
    names, values = ", ".join(fields), ", ".join(taken)
    if column == "rowid":
        names, values = f"rowid, {names}", f"rowid, {values}"
    verb = "INSERT" if connection.vendor == "postgresql" else "REPLACE"
    sql = f"{verb} INTO ledger_entry ({names}) SELECT {values} FROM ledger_entry"

    with pytest.raises(DatabaseError), transaction.atomic(), scope(clinic.id):
        connection.cursor().execute(sql)

    assert ["vitals"] == [entry.kind for entry in read(clinic)]


@pytest.mark.hazard(32)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET actor = 'x' WHERE seq = 2",
        "DELETE FROM ledger_entry WHERE seq = 2",
        "DELETE FROM ledger_entry WHERE seq = 3",
    ],
)
def test_reading_finds_an_altered_record(clinic, sql):
    """Someone who steps past the triggers is found out by the next read."""
    write(clinic, "c1", "vitals", "event", "vitals")
    with connection.cursor() as cursor:
        for name in guard.triggers():
            on = " ON ledger_" + name.split("_")[1] if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")
        cursor.execute(sql)
    guard.put_up()

    with pytest.raises(store.ChainBroken):
        read(clinic)


def test_no_trigger_is_missing(clinic):
    assert set() == guard.missing()


@pytest.mark.hazard(37)
def test_another_clinic_sees_nothing(clinic, other_clinic):
    """Clinic A's stream is empty for clinic B, even under the same name."""
    write(clinic, "c1", "vitals")

    assert [] == read(other_clinic)


@pytest.mark.hazard(37)
def test_a_scope_does_not_open_inside_anothers(clinic, other_clinic):
    with scope(clinic.id), pytest.raises(RuntimeError), scope(other_clinic.id):
        models.Entry.objects.count()
