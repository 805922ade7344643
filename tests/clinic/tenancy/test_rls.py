"""Clinic A does not see clinic B: PostgreSQL holds the wall itself; SQLite has only our queries.

The role here owns nothing and is no superuser: both pass row-level security by.
"""

from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from esker.clinic.ledger import audit, guard, models, store
from esker.clinic.tenancy import current, scope
from esker.core.ledger import Draft

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POSTGRES = "postgresql"


@pytest.fixture
def both(clinic, other_clinic):
    """The two clinics' ids, each with an entry in a stream of the same name."""
    for which in (clinic, other_clinic):
        with scope(which.id):
            store.append(
                str(which.id), command="c1", actor=which.name, drafts=[Draft("note", {}, AT)],
                stream="cabinet:1", recorded_at=AT,
            )  # fmt: skip
    return str(clinic.id), str(other_clinic.id)


@contextmanager
def plain_role():
    """Inside, the connection has the rights of an application role, and no scope is open."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('esker.clinic', '', true)")
        cursor.execute("CREATE ROLE esker_plain NOSUPERUSER NOBYPASSRLS")
        cursor.execute("GRANT USAGE ON SCHEMA public TO esker_plain")
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO esker_plain")
        cursor.execute("SET LOCAL ROLE esker_plain")
        yield cursor
        transaction.set_rollback(True)


def clinics_seen():
    """By a query that forgot its filter."""
    return {str(clinic_id) for (clinic_id,) in models.Entry.objects.values_list("clinic_id")}


@pytest.mark.hazard(37)
@pytest.mark.django_db(transaction=True)
def test_without_a_scope_no_clinic_is_seen(both):
    """A query outside any clinic finds no rows of either, though both have some."""
    assert set(both) == clinics_seen()  # by the owner
    if connection.vendor == POSTGRES:
        with plain_role():
            assert set() == clinics_seen()
    else:
        assert current() is None
        assert [] == store.read(str(uuid4()), "cabinet:1")  # a guessed id, as far as SQLite goes


@pytest.mark.hazard(37)
@pytest.mark.django_db(transaction=True)
def test_in_a_scope_only_its_clinic_is_seen(both):
    """Clinic A sees its own row, on PostgreSQL even when the query names no clinic."""
    mine, _ = both
    if connection.vendor == POSTGRES:
        with plain_role(), scope(mine):
            assert {mine} == clinics_seen()
    else:
        with scope(mine):
            assert ["Demo Clinic"] == [e.actor for e in store.read(mine, "cabinet:1")]
            assert [] == list(audit.verify(mine))


@pytest.mark.hazard(37)
@pytest.mark.django_db(transaction=True)
def test_in_a_scope_nothing_is_written_for_another_clinic(both):
    """Clinic A cannot add a row to clinic B: the database refuses it, or the scope does."""
    mine, theirs = both
    if connection.vendor == POSTGRES:
        refused = pytest.raises(DatabaseError, match="row-level security")
        with plain_role(), refused, transaction.atomic(), scope(mine):
            models.Head.objects.create(clinic_id=theirs, stream="cabinet:2", digest="")
    else:
        with scope(mine), pytest.raises(RuntimeError), scope(theirs):
            models.Head.objects.create(clinic_id=theirs, stream="cabinet:2", digest="")
    with scope(theirs):
        assert not models.Head.objects.filter(stream="cabinet:2").exists()


@pytest.mark.hazard(37)
@pytest.mark.django_db(transaction=True)
def test_every_table_with_a_clinic_has_its_wall(db):
    """A table added later without row-level security would show clinic B to clinic A."""
    assert {"ledger_entry", "ledger_head", "ledger_checkpoint"} <= guard.tenant_tables()
    if connection.vendor == POSTGRES:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
                " WHERE relrowsecurity AND relforcerowsecurity AND polname = 'own_clinic'"
            )
            assert guard.tenant_tables() == {name for (name,) in cursor.fetchall()}
