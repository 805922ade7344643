"""From the wire to the journal: once, in any order, and acknowledged only after the commit."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic.devices import intake, models, unread
from esker.clinic.devices.unread import OTHER
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import scope
from tests.clinic.devices.ward import kept

AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
SPO2 = "150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC"
SYS = "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC"


def oru(control, minute, spo2, sbp=None, cuff_minute=0, status="R"):
    """One message of the demo monitor; its cuff keeps the time of its own last inflation."""
    rows = [
        f"MSH|^~\\&|DEMO^02005EFFFE000001^EUI-64||||202611231030||ORU^R01|{control}|P|2.6",
        "OBR|1",
        f"OBX|1|NM|{SPO2[0]}|1|{spo2}|{SPO2[1]}|||||{status}|||2026112310{minute:02}00+0000",
    ]
    if sbp is not None:
        rows += [
            f"OBX|2|NM|{SYS[0]}|1|{sbp}|{SYS[1]}|||||F|||2026112310{cuff_minute:02}00+0000",
            "OBX|3|NM|1^MDC_OTHER^MDC|1|5",
        ]
    return ("\r".join(rows) + "\r").encode()


FEED = [oru(n, n, 95 + n % 4, sbp=120 + n // 5, cuff_minute=n - n % 5) for n in range(8)]


def journal(clinic):
    """Rows without the instant of receipt, which is the one thing that order may change."""
    readings = [
        (each.device, each.channel, each.method, each.observed_at, str(each.value))
        for each in kept(clinic.id)
    ]
    with scope(clinic.id):
        unread = models.Unread.objects.filter(clinic=clinic)
        return (
            sorted(readings),
            sorted(unread.values_list("sender", "code", "reason", "count")),
        )


def receive(clinic, *raws):
    for seconds, raw in enumerate(raws):
        answer = intake.receive(str(clinic.id), raw, AT + timedelta(seconds=seconds))
        assert b"\rMSA|AA|" in answer


@pytest.mark.hazard(31)
def test_the_same_messages_again_change_nothing(clinic):
    """Duplicate data: a retry is acknowledged and leaves every row as it was."""
    receive(clinic, *FEED)
    before = journal(clinic), list(models.Sample.objects.values()), models.Message.objects.count()

    receive(clinic, *FEED, *reversed(FEED))

    after = journal(clinic), list(models.Sample.objects.values()), models.Message.objects.count()
    assert before == after
    assert len(before[0][0]) == 10
    assert models.Message.objects.count() == 8


class Order(TestCase):
    """Late and disordered data end where ordered data end."""

    numbers = count()

    @pytest.mark.hazard(31)
    @settings(max_examples=8)
    @given(st.permutations(FEED), st.lists(st.sampled_from(FEED), max_size=3))
    def test_shuffled_and_repeated_delivery_ends_in_the_same_rows(self, feed, again):
        """Duplicate, late, disordered data: the journal is the same as in order."""
        names = (f"Demo Order {next(self.numbers)}" for _ in range(2))
        straight, shuffled = (
            Clinic.objects.create(name=name, zone="UTC", country="IE") for name in names
        )
        receive(straight, *FEED)

        receive(shuffled, *feed, *again)

        assert journal(straight) == journal(shuffled)


def test_a_malformed_message_gets_its_reason_and_is_kept_to_be_read(clinic):
    answer = intake.receive(str(clinic.id), b"hello \xff\0", AT)

    assert b"\rMSA|AR|UNKNOWN|message does not begin with MSH" in answer
    with scope(clinic.id):
        (row,) = models.Unread.objects.all()
    assert (row.sender, row.code, row.latest) == (
        "(no sender)", "(malformed)", "hello \\xff\\0",
    )  # fmt: skip


def test_a_message_whose_frame_was_given_up_is_kept_unread_and_charts_nothing(clinic):
    """What of it came may be half a number."""
    intake.receive(str(clinic.id), oru(1, 1, 97) + b"\x0b", AT)

    with scope(clinic.id):
        (row,) = models.Unread.objects.all()
    assert ([], "given up before its end: another frame began in it") == (
        kept(clinic.id), row.reason,
    )  # fmt: skip


def test_a_flood_of_different_nonsense_is_bounded_and_counted(clinic, monkeypatch):
    monkeypatch.setattr(unread, "MOST", 5)

    receive(clinic, *(oru(n, n, 99, status=f"Z{n}") for n in range(9)))

    with scope(clinic.id):
        rows = dict(models.Unread.objects.values_list("code", "count"))
        assert models.Unread.objects.count() == 6
    assert rows["(further codes)"] == 4


def test_unread_lines_are_one_row_with_a_count_and_the_latest_text(clinic):
    receive(clinic, *(oru(n, n, 99, status="X") for n in range(5)))

    with scope(clinic.id):
        (row,) = models.Unread.objects.all()
    assert (row.code, row.reason, row.count) == (SPO2[0], "status is X", 5)
    assert (row.first_at, row.last_at) == (AT, AT + timedelta(seconds=4))
    assert "20261123100400" in row.latest


@pytest.mark.hazard(15)
def test_a_second_value_for_one_instant_moves_no_charted_value_and_is_listed(clinic):
    """An artefact believed: the first stands, the other is there to be read."""
    receive(clinic, oru(1, 4, 97), oru(2, 4, 79), oru(3, 4, "97.0"))

    readings, unread = journal(clinic)
    assert [float(row[-1]) for row in readings] == [97.0]
    assert unread == [("02005EFFFE000001", "spo2", OTHER, 1)]


def test_one_control_id_with_other_content_is_another_message(clinic):
    receive(clinic, oru(1, 4, 97), oru(1, 5, 96))

    assert len(journal(clinic)[0]) == 2


@pytest.mark.django_db(transaction=True)
def test_the_acknowledgement_is_made_after_the_commit(clinic, monkeypatch):
    """What was acknowledged is kept: at that moment no transaction is open."""
    seen, original = [], intake.ack.positive

    def watched(*args):
        seen.append((connection.in_atomic_block, len(kept(clinic.id))))
        return original(*args)

    monkeypatch.setattr(intake.ack, "positive", watched)
    receive(clinic, FEED[0])

    assert seen == [(False, 2)]


@pytest.mark.django_db(transaction=True)
def test_a_failure_midway_keeps_nothing_and_acknowledges_nothing(clinic, monkeypatch):
    """The sender will retry; half a message would make the retry a duplicate."""
    with monkeypatch.context() as broken:
        broken.setattr(unread, "keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            intake.receive(str(clinic.id), FEED[0], AT)
    assert (models.Message.objects.count(), journal(clinic)) == (0, ([], []))

    receive(clinic, FEED[0])

    assert len(journal(clinic)[0]) == 2
