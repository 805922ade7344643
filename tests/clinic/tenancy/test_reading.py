"""A reading scope sees one instant of the database, holds nobody up, and writes nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection

from esker.clinic import tenancy
from esker.clinic.ledger import models, store
from esker.core.ledger import Draft

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def note(clinic_id, command):
    with tenancy.scope(clinic_id):
        drafts = [Draft("note", {}, AT)]
        store.append(
            clinic_id, command=command, actor="n", drafts=drafts, stream="s:1", recorded_at=AT
        )


def elsewhere(act, *args):
    def run():
        try:
            act(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "the writer waited for a reader"


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_meanwhile_is_not_half_seen(clinic):
    """Entries and heads are read one after the other, and still belong together."""
    clinic_id = str(clinic.id)
    note(clinic_id, "c1")
    with tenancy.reading(clinic_id):
        before = models.Entry.objects.filter(clinic_id=clinic_id).count()
        elsewhere(note, clinic_id, "c2")
        assert [1] == [entry.seq for entry in store.read(clinic_id, "s:1")]
        assert before == models.Entry.objects.filter(clinic_id=clinic_id).count()
    with tenancy.reading(clinic_id):
        assert [1, 2] == [entry.seq for entry in store.read(clinic_id, "s:1")]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_in_it(clinic):
    """A query that would write fails at once, and the next scope writes as ever."""
    clinic_id = str(clinic.id)
    with pytest.raises(DatabaseError), tenancy.reading(clinic_id):
        models.Head.objects.create(clinic_id=clinic_id, stream="s:1", digest="")
    note(clinic_id, "c1")
