"""A row for each instant of a monitor, and no reading twice, however its messages say it."""

import importlib
from datetime import timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from django.apps import apps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic.devices import journal, models, quarantine, unread
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import scope
from tests.clinic.devices.ward import (
    CODES,
    MONITOR,
    START,
    after,
    kept,
    oru,
    receive,
    receive_all,
    rows,
    wire,
)  # fmt: skip

AT = after(1)
PULSE = f"OBX|9|NM|{CODES['hr'][0]}|1|55|{CODES['hr'][1]}|||||R|||20261123100001+0000"


def values(clinic):
    return [(each.channel, int(each.value)) for each in kept(clinic.id)]


def listed(clinic):
    return [(row.code, row.reason, row.latest) for row in rows(clinic, models.Unread)]


def test_an_instant_that_a_message_says_whole_is_one_row(clinic):
    receive(clinic, oru("1", AT, {"spo2": 97, "hr": 70, "sbp": 120}), after(2))

    assert len(rows(clinic, models.Sample)) == 1
    assert values(clinic) == [("spo2", 97), ("hr", 70), ("sbp", 120)]


@pytest.mark.hazard(30)
def test_what_a_second_message_adds_to_an_instant_is_kept_with_its_own_receipt(clinic):
    """An entry lost: the instant's row was there already, and the new value still counts."""
    receive(clinic, oru("1", AT, {"spo2": 97}), after(2))
    receive(clinic, oru("2", AT, {"spo2": 97, "sbp": 120}), after(5))
    receive(clinic, oru("3", AT, {"dbp": 80}), after(6))
    receive(clinic, oru("4", AT, {"dbp": 80, "sbp": 120}), after(7))

    assert values(clinic) == [("spo2", 97), ("sbp", 120), ("dbp", 80)]
    assert [each.received_at for each in kept(clinic.id)] == [after(2), after(5), after(6)]
    assert listed(clinic) == []


@pytest.mark.hazard(15)
def test_the_first_value_of_an_instant_stands_and_each_other_one_is_listed(clinic):
    """An artefact believed: also in a message that adds something."""
    receive(clinic, oru("1", AT, {"hr": 70}), after(2))
    receive(clinic, oru("2", AT, {"hr": 71, "spo2": 97}), after(3))
    assert listed(clinic) == [("hr", unread.OTHER, "71 at 2026-11-23T10:00:01+00:00; charted: 70")]
    receive(clinic, oru("3", AT, {"spo2": 96}), after(4))
    assert values(clinic) == [("hr", 70), ("spo2", 97)]
    assert [code for code, *_ in listed(clinic)] == ["hr", "spo2"]


@pytest.mark.hazard(15)
def test_of_two_values_for_one_instant_in_one_message_neither_is_used(clinic):
    """An artefact believed: which of the two is true would be a guess. Said twice, it is one."""
    receive(clinic, oru("1", AT, {"hr": 70, "spo2": 97}, extra=[PULSE]), after(2))
    receive(clinic, oru("2", after(2), {"hr": 55}, extra=[PULSE[:-19] + wire(after(2))]), after(3))

    assert values(clinic) == [("spo2", 97), ("hr", 55)]
    (line,) = rows(clinic, models.Unread)
    assert (line.reason, line.count) == ("two values for one instant in one message", 2)


@pytest.mark.hazard(30)
def test_a_claim_of_one_reading_leaves_the_rest_of_its_row(clinic):
    """An entry lost: only what went into the record leaves the journal."""
    receive(clinic, oru("1", AT, {"spo2": 97, "hr": 70}), after(2))
    id = kept(clinic.id)[0].id
    with scope(clinic.id):
        (found,) = quarantine.claimable(str(clinic.id), [id]).values()
        quarantine.release(str(clinic.id), [id])

    assert (found.channel, values(clinic)) == ("spo2", [("hr", 70)])


class AnyWay(TestCase):
    """Duplicate, late, disordered data: what is kept depends on the first value of each sensor."""

    names = count()

    @pytest.mark.hazard(31)
    @settings(max_examples=40)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.dictionaries(st.sampled_from([*CODES]), st.integers(60, 63), min_size=1),
            ),
            min_size=1, max_size=8,
        ),
        st.booleans(),
    )  # fmt: skip
    def test_each_sensor_has_one_value_of_an_instant_and_the_others_are_listed(self, said, whole):
        """Duplicate, late, disordered data: in one batch or one by one, the same is kept."""
        clinic = Clinic.objects.create(name=f"Demo {next(self.names)}", zone="UTC", country="IE")
        batch = [
            (oru(str(place), after(second), shown), after(60 + place))
            for place, (second, shown) in enumerate(said)
        ]
        for part in [batch] if whole else [[each] for each in batch]:
            receive_all(clinic, part)

        first, others = {}, 0
        for second, shown in said:
            for channel, value in shown.items():
                others += first.setdefault((after(second), channel), value) != value
        found = [((each.observed_at, str(each.channel)), each.value) for each in kept(clinic.id)]
        assert (len(found), dict(found)) == (len(first), first)
        assert sum(row.count for row in rows(clinic, models.Unread)) == others


def test_rows_of_the_old_shape_are_put_together(clinic):
    """One row for each reading, before: a message's values of an instant become one."""
    moved = importlib.import_module("esker.clinic.devices.migrations.0009_samples")
    old = [
        SimpleNamespace(
            clinic_id=clinic.id, monitor=MONITOR, channel=channel, method="", value=value,
            observed_at=AT, received_at=AT + timedelta(seconds=1), patient="", wrong_clock=False,
            message=message,
        )
        for message, channel, value in [("a", "hr", "70"), ("a", "spo2", "97"), ("b", "sbp", "120")]
    ]  # fmt: skip
    with scope(clinic.id):
        models.Sample.objects.bulk_create(moved._samples(apps, old))

    assert values(clinic) == [("hr", 70), ("spo2", 97), ("sbp", 120)]
    assert [row.message for row in rows(clinic, models.Sample)] == ["a", "b"]


def test_what_a_row_says_is_read_as_it_was_written():
    written = journal.shown([("spo2", "oximeter", Decimal(97)), ("hr", "", Decimal(70))])

    assert journal.said(written) == (("spo2", "oximeter", 97), ("hr", "", 70))
    assert models.sample_id(MONITOR, START) < models.sample_id("", after(1))
