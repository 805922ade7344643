"""Many rows in one statement say exactly what was written, whatever characters stand in them."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

from django.db import DataError, connection, transaction
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic.devices import models, table
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import scope

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
odd = TEXT | st.text(st.sampled_from("\\\"{},' \t\nNULx"), max_size=8)


class Rows(TestCase):
    names = count()

    @given(odd, odd, st.binary(max_size=20), st.booleans())
    @example("NULL", "", b"", True)
    @example('{a,"b\\\\}', "\\x00", b"\\x00", False)
    def test_what_is_written_is_read_again(self, sender, patient, raw, wrong):
        clinic = Clinic.objects.create(name=f"Demo {next(self.names)}", zone="UTC", country="IE")
        own, at = table.clinic(str(clinic.id)), table.time(NOW)
        message = {"k": (own, "k", sender, "7", at, raw)}
        sample = (own, "u", sender, "[]", at, at, patient, wrong, "k")
        with scope(clinic.id):
            assert table.insert_new(models.Message, message) == {"k"}
            assert table.insert_new(models.Message, message) == set()
            assert [table.insert(models.Sample, [sample] * 2) for _ in range(2)] == [1, 0]

            kept = models.Message.objects.get()
            assert (kept.sender, bytes(kept.raw), kept.received_at) == (sender, raw, NOW)
            row = models.Sample.objects.get()
            assert (row.monitor, row.patient, row.wrong_clock) == (sender, patient, wrong)
            kept.delete()
            row.delete()


def test_what_is_too_long_for_its_column_is_refused_or_kept_whole_but_never_cut(clinic):
    """PostgreSQL has lengths, SQLite has none."""
    own, at, uid = (
        table.clinic(str(clinic.id)),
        table.time(NOW),
        "an id of more than thirty-two letters",
    )
    row = (own, uid, "m", "[]", at, at, "", False, "k")
    with scope(clinic.id):
        with suppress(DataError), transaction.atomic():
            table.insert(models.Sample, [row])
        kept = list(models.Sample.objects.values_list("uid", flat=True))

    assert kept == ([] if connection.vendor == "postgresql" else [uid])
