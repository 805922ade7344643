"""From the journal into the record: the same series, in one of the two and never in neither."""

from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic.devices import models, sealing, trend
from esker.clinic.ledger import store
from esker.clinic.people.models import Clinic
from esker.clinic.tenancy import scope
from tests.clinic.devices.ward import MONITOR, after, oru, paired, receive, rows, seen

FEED = [oru(n, after(n), {"spo2": 95 + n % 4, "hr": 60 + n % 7}) for n in range(12)]
LATER = after(10_000)
names = count()


def sealed(clinic):
    with scope(clinic.id):
        return list(store.read(str(clinic.id), "trend:s"))


def facts(series):
    return [(one.channel, one.value, one.observed_at, one.device, one.id) for one in series]


class Series(TestCase):
    """However messages come and whenever they are sealed, the chart ends the same."""

    @pytest.mark.hazard(31)
    @settings(max_examples=25)
    @given(st.data())
    def test_sealing_at_any_moments_changes_no_byte_of_the_series(self, data):
        """Duplicate, late, disordered data: sealed or not, in order or not, one series."""
        order = data.draw(st.permutations(range(12)))
        again = data.draw(st.lists(st.integers(0, 11), max_size=6))
        cuts = data.draw(st.sets(st.integers(0, len(order) + len(again)), max_size=5))
        straight, plain, cut = clinics = [
            Clinic.objects.create(name=f"Demo {next(names)}", zone="UTC", country="IE")
            for _ in range(3)
        ]
        (state, *_) = [paired(clinic, (MONITOR, 0, None)) for clinic in clinics]
        for place, raw in enumerate(FEED):
            receive(straight, raw, after(100 + place))
        for place, number in enumerate([*order, *again]):
            at = after(100 + 60 * place)
            for clinic in (plain, cut):
                receive(clinic, FEED[number], at)
            if place in cuts:
                sealing.seal(str(cut.id), at)
        ours, theirs, others = (seen(c, state, LATER) for c in (cut, plain, straight))
        assert ours == theirs
        assert facts(ours) == facts(others)

        sealing.seal(str(cut.id), LATER)

        assert seen(cut, state, LATER) == theirs
        assert rows(cut, models.Sample) == rows(cut, models.Message) == []


@pytest.fixture
def ward(clinic):
    """A paired session that has sealed its first ten readings."""
    state = paired(clinic, (MONITOR, 0, 600))
    for second in range(10):
        receive(clinic, oru(second, after(second), {"spo2": 96}), after(second))
    sealing.seal(str(clinic.id), after(10))
    return clinic, state


def test_a_minute_is_one_block_and_leaves_nothing_in_the_journal(ward):
    clinic, state = ward

    (entry,) = sealed(clinic)

    assert (entry.kind, entry.actor) == ("trend.sealed", "sealing")
    assert (entry.data()["block"]["count"], entry.data()["block"]["late"]) == (10, False)
    assert rows(clinic, models.Sample) == rows(clinic, models.Message) == []
    assert len(seen(clinic, state, after(10))) == 10
    assert [each.value for each in seen(clinic, state, after(10), since=after(8))] == [96, 96]


@pytest.mark.hazard(31)
def test_a_repeat_of_a_sealed_reading_changes_nothing(ward):
    """Duplicate data: neither the chart nor the record, and its age stays."""
    clinic, state = ward
    before = seen(clinic, state, after(10))

    receive(clinic, oru(3, after(3), {"spo2": 96}), after(60))
    unsealed = seen(clinic, state, after(60))
    assert sealing.seal(str(clinic.id), after(60)) == 0

    assert before == unsealed == seen(clinic, state, after(60))
    assert len(sealed(clinic)) == 1
    assert rows(clinic, models.Sample) == rows(clinic, models.Unread) == []


@pytest.mark.hazard(15)
def test_another_value_for_a_sealed_instant_is_unread_and_moves_nothing(ward):
    """An artefact believed: the first stands in the record, the other is there to be read."""
    clinic, state = ward
    before = seen(clinic, state, after(10))

    receive(clinic, oru(99, after(3), {"spo2": 71}), after(60))
    assert seen(clinic, state, after(60)) == before
    sealing.seal(str(clinic.id), after(60))

    assert seen(clinic, state, after(60)) == before
    (line,) = rows(clinic, models.Unread)
    assert (line.sender, line.reason) == (MONITOR, "another value is charted for this instant")
    assert "71 at" in line.latest


@pytest.mark.hazard(31)
def test_what_comes_late_is_a_further_block_marked_late(ward):
    """Late data: charted at its own time, and told apart."""
    clinic, state = ward
    receive(clinic, oru(98, after(4), {"hr": 61}), after(60))
    receive(clinic, oru(99, after(61), {"spo2": 97}), after(61))
    receive(clinic, oru(97, after(30), {"spo2": 95}), after(62))

    sealing.seal(str(clinic.id), after(63))

    blocks = [entry.data()["block"] for entry in sealed(clinic)]
    assert [(each["late"], each["count"]) for each in blocks] == [
        (False, 10),
        (False, 2),
        (True, 1),
    ]
    late = [each for each in seen(clinic, state, after(63)) if each.late]
    assert [(each.value, each.observed_at) for each in late] == [(95, after(30))]


def test_after_the_pairing_has_ended_the_rest_is_still_sealed(ward):
    clinic, state = ward
    receive(clinic, oru(50, after(599), {"spo2": 97}), after(900))

    sealing.seal(str(clinic.id), after(901))

    assert rows(clinic, models.Sample) == []
    assert seen(clinic, state, after(901))[-1].observed_at == after(599)


@pytest.mark.hazard(13)
def test_what_is_not_the_sessions_stays_in_the_journal(ward):
    """A monitor's readings on another patient: quarantined ones are never sealed by themselves."""
    clinic, state = ward
    before = seen(clinic, state, after(10))
    receive(clinic, oru(20, after(20), {"spo2": 90}, patient="DEMO-2002"), after(20))
    receive(clinic, oru(21, after(700), {"spo2": 91}), after(700))
    receive(clinic, oru(22, after(22), {"spo2": 92}, monitor="ROVING"), after(22))

    assert sealing.seal(str(clinic.id), after(701)) == 0

    assert seen(clinic, state, after(701)) == before
    assert len(rows(clinic, models.Sample)) == len(rows(clinic, models.Message)) == 3


def test_the_last_message_of_an_unread_line_stays_and_the_ones_before_it_go(ward):
    clinic, _ = ward
    odd = "OBX|9|NM|1^MDC_OTHER^MDC|1|5"
    for second in (20, 21):
        receive(clinic, oru(second, after(second), {"spo2": 96}, extra=[odd]), after(second))

    sealing.seal(str(clinic.id), after(22))

    (kept,), (line,) = rows(clinic, models.Message), rows(clinic, models.Unread)
    assert (kept.control_id, line.message, line.count) == ("21", kept.pk, 2)


@pytest.mark.hazard(30)
def test_a_seal_that_fails_leaves_every_reading_where_it_was(ward, monkeypatch):
    """An entry lost: the block and the journal's rows go in one transaction."""
    clinic, state = ward
    receive(clinic, oru(20, after(20), {"spo2": 96}), after(20))
    before = seen(clinic, state, after(30))
    monkeypatch.setattr(sealing, "_drop_messages", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        sealing.seal_session(str(clinic.id), "s", after(30))

    assert seen(clinic, state, after(30)) == before
    assert (len(sealed(clinic)), len(rows(clinic, models.Sample))) == (1, 1)


@pytest.mark.hazard(13)
def test_an_end_that_is_told_later_takes_what_was_sealed_beyond_it_off_the_chart(ward):
    """A monitor's readings on another patient: the pairing's end is what the nurse says it was."""
    clinic, state = ward

    (only,) = state.pairings
    ended = replace(state, pairings=(replace(only, until=after(4)),))

    assert [each.observed_at for each in seen(clinic, ended, after(10))] == [
        after(second) for second in range(5)
    ]


def test_what_is_kept_decoded_is_bounded_by_its_readings_and_the_last_asked_for_stays(ward):
    """A hundred large blocks would otherwise fill the memory of the server."""
    clinic, _ = ward
    (one,) = (block for _, block in trend._blocks(str(clinic.id), "s"))
    kept = trend.Kept(most=3 * len(one.readings))
    for digest in ("a", "b", "c"):
        kept.put(digest, one)
    kept.get("a")
    kept.put("d", one)

    assert [True, False, True, True] == [kept.get(each) is not None for each in "abcd"]
    kept.put("huge", trend.Decoded(one.readings * 4, one.device, one.received))
    assert 0 == kept.readings


def test_a_block_that_is_not_kept_is_read_again_from_the_record(ward, monkeypatch):
    clinic, state = ward
    before = seen(clinic, state, after(10))
    monkeypatch.setattr(trend, "_kept", trend.Kept(most=0))

    assert before == seen(clinic, state, after(10)) == seen(clinic, state, after(10))


class Minute:
    """A stop that comes when a minute was waited; `done` learns each wait."""

    def __init__(self, done):
        self.done = done

    def is_set(self):
        return sum(each for each in self.done if isinstance(each, float)) >= sealing.EVERY_S

    def wait(self, seconds):
        self.done.append(seconds)
        return False


@pytest.mark.parametrize(("heard", "meanwhile"), [
    (["a", "b", "c"], [20.0, "a", 20.0, "b", 20.0, "c"]), (["a"], [60.0, "a"]), ([], [60.0]),
])  # fmt: skip
def test_sessions_are_sealed_one_by_one_over_the_minute(monkeypatch, heard, meanwhile):
    """Fifty in a row would hold up the gateway; one that fails holds up none after it."""
    done = []

    def seal(_clinic, session, _at):
        done.append(session)
        raise OperationalError("locked")

    monkeypatch.setattr(sealing, "_heard", lambda *_: heard)
    monkeypatch.setattr(sealing, "seal_session", seal)
    monkeypatch.setattr(sealing, "_drop_repeats", lambda *_: done.append("repeats"))
    monkeypatch.setattr(sealing, "connection", SimpleNamespace(close=lambda: None))

    sealing.run("clinic", Minute(done))

    assert [*meanwhile, "repeats"] == done
