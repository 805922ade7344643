"""What is known now, what is due, which conditions hold, and the life of an alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esker.core.ledger import canonical
from esker.core.monitoring.alarms import conditions
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.monitoring.due import due
from esker.core.monitoring.latest import current
from esker.core.monitoring.lifecycle import advance
from esker.core.monitoring.series import charted, first_id, identity, reading_id
from esker.core.monitoring.trend import block, unblock
from esker.core.protocols.load import load
from esker.core.protocols.schema import Phase, Priority
from esker.core.session.state import Dosing, Given, Observed, Session, Window

TEXT = files("esker.core.protocols.builtin").joinpath("ketamine-iv.toml").read_text("utf-8")
PROTOCOL, HASH = load(TEXT)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INFUSING = Session(
    id="s", arrived_at=START, paired_at=START, monitor="M1", phase=Phase.DOSE,
    dosing=Dosing.RUNNING, given=(Given("e", Decimal(5), START, START, rate_ml_per_h=Decimal(75)),),
)  # fmt: skip


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def heard(channel: Channel, value: object, seconds: float, **other: object) -> Reading:
    fields = {
        "source": Source.MONITOR, "device": "M1", "received_at": after(seconds),
        "observed_at": after(seconds),
    } | other  # fmt: skip
    bare = Reading("", channel, Decimal(str(value)), UNIT[channel], **fields)
    return replace(bare, id=reading_id(bare))


def spo2(*values: object) -> tuple[Reading, ...]:
    return tuple(heard(Channel.SPO2, value, second) for second, value in enumerate(values))


def found(readings, at, state=INFUSING, **other):
    window = Window(readings=charted(readings), screens_watching=1, **other)
    return {each.id: each for each in conditions(state, window, PROTOCOL, at)}


def alarms(readings, at, *, previous=None, acknowledged=None, paused=None):
    held = found(readings, at).values()
    return advance(previous or {}, held, acknowledged or {}, paused or {}, PROTOCOL, at)


@pytest.mark.hazard(14)
def test_an_old_reading_is_not_shown_as_now():
    """An old reading shown as now: after 15 s it is stale, and the lost signal is a condition."""
    readings = spo2(97, 98)
    assert not current(readings, PROTOCOL, after(10))[Channel.SPO2].stale
    assert current(readings, PROTOCOL, after(17))[Channel.SPO2].stale
    assert "lost_signal:spo2" in found(readings, after(17))


@pytest.mark.hazard(14)
@pytest.mark.hazard(22)
def test_a_device_clock_ahead_hides_no_silence():
    """Wrong elapsed time: a clock four minutes ahead does not make a silent channel young."""
    ahead = heard(Channel.SPO2, 97, 240, received_at=START)
    assert current([ahead], PROTOCOL, after(20))[Channel.SPO2].stale


@pytest.mark.hazard(22)
def test_a_reading_far_ahead_is_unusable():
    """Wrong elapsed time: a reading more than five minutes ahead is not used, and is announced."""
    ahead = heard(Channel.SPO2, 97, 301, received_at=START)
    assert {} == current([ahead], PROTOCOL, START)
    assert "device_skew" in found([ahead], START)


@pytest.mark.hazard(22)
def test_a_clock_that_runs_ahead_puts_no_alarm_off():
    """Wrong elapsed time: 88 % from a monitor four minutes ahead is low now, not in four minutes."""
    ahead = heard(Channel.SPO2, 88, 240, received_at=START)
    assert START == found([ahead], START)["limit:spo2"].since


@pytest.mark.hazard(15)
def test_an_implausible_value_is_a_fault_of_its_own():
    """An artefact believed: saturation 20 is implausible, not a limit."""
    ids = found(spo2(97, 20), after(1))
    assert "implausible:spo2" in ids
    assert "limit:spo2" not in ids


@pytest.mark.hazard(15)
def test_a_flat_line_is_a_fault():
    """A flat line believed: one exact value for five minutes asks for the probe."""
    assert "flat:spo2" in found(spo2(*[97] * 301), after(300))
    assert "flat:spo2" not in found(spo2(*[97, 98] * 150), after(300))


@pytest.mark.hazard(15)
def test_a_jump_is_a_fault():
    """An artefact believed: 35 points in a second is no body."""
    assert "jump:spo2" in found(spo2(97, 62), after(1))


@pytest.mark.hazard(16)
@given(st.integers(40, 100))
def test_every_value_outside_its_limits_is_a_condition(value):
    """An alarm condition not covered: every saturation below 94 is one, and 94 is none."""
    assert (value < 94) == ("limit:spo2" in found(spo2(value), START))


@pytest.mark.hazard(16)
def test_a_hold_during_an_infusion_tells_the_nurse_to_pause():
    """An alarm condition not covered: a hold while the pump runs is one of high priority."""
    readings = [heard(Channel.SBP, 185, 0)]
    assert Priority.HIGH == found(readings, START)["hold_during_infusion"].priority
    paused = replace(INFUSING, dosing=Dosing.PAUSED)
    assert "hold_during_infusion" not in found(readings, START, paused)


@pytest.mark.hazard(18)
def test_a_short_dip_does_not_ring():
    """Alarm fatigue: one low second among good ones is not sounded."""
    readings = spo2(97, 97, 89, 97, 97, 97, 97, 97)
    assert "limit:spo2" not in alarms(readings, after(7))


@pytest.mark.hazard(18)
def test_a_flicker_around_a_limit_is_one_alarm():
    """Alarm fatigue: a value that flickers around its limit is one alarm with one beginning."""
    readings = spo2(*[89, 95] * 10)
    assert START == alarms(readings, after(19))["limit:spo2"].since


@pytest.mark.hazard(19)
def test_a_pause_ends_by_itself():
    """Silenced and forgotten: after its end the alarm sounds again."""
    readings, until = spo2(*[93] * 200), after(130)
    during = alarms(readings[:61], after(60), paused={"limit:spo2": until})
    assert "paused" == during["limit:spo2"].status
    assert (
        "sounding"
        == alarms(readings, after(131), paused={"limit:spo2": until})["limit:spo2"].status
    )


@pytest.mark.hazard(19)
def test_neither_pause_nor_answer_covers_a_worse_alarm():
    """Silenced and forgotten: what became worse after the answer sounds."""
    readings = spo2(*[93] * 30, *[88] * 30)
    said = {"limit:spo2": after(10)}
    paused = {"limit:spo2": after(130)}
    assert (
        "acknowledged" == alarms(readings[:30], after(29), acknowledged=said)["limit:spo2"].status
    )
    worse = alarms(readings, after(59), acknowledged=said, paused=paused)["limit:spo2"]
    assert ("sounding", Priority.HIGH) == (worse.status, worse.priority)


@pytest.mark.hazard(19)
def test_no_answer_silences_a_high_alarm_for_good():
    """Silenced and forgotten: acknowledged at 89, it sounds again after two minutes, at 60."""
    readings = spo2(*[89] * 30, *[60] * 160)
    said = {"limit:spo2": after(20)}
    during = alarms(readings[:120], after(119), acknowledged=said)["limit:spo2"]
    again = alarms(readings[:142], after(141), acknowledged=said)["limit:spo2"]
    later = alarms(readings[:203], after(202), previous={again.id: again}, acknowledged=said)
    assert ("acknowledged", 0) == (during.status, during.escalated)
    assert ("sounding", 0) == (again.status, again.escalated)
    assert ("sounding", 1) == (later["limit:spo2"].status, later["limit:spo2"].escalated)


@pytest.mark.hazard(19)
@pytest.mark.hazard(22)
def test_a_clock_that_stepped_back_prolongs_no_silence():
    """Silenced and forgotten: answered and paused at ten, and the clock says nine."""
    readings, later = spo2(*[88] * 200), after(3600)
    said = {"limit:spo2": later}
    until = {"limit:spo2": later + timedelta(seconds=120)}
    found = alarms(readings, after(199), acknowledged=said, paused=until)["limit:spo2"]
    assert ("sounding", 2) == (found.status, found.escalated)


@pytest.mark.hazard(15)
def test_a_probe_that_only_raves_is_as_good_as_silent():
    """An artefact believed: no usable value for fifteen seconds is a lost signal, of its rank."""
    readings = spo2(97, *[3] * 20)
    found = alarms(readings, after(20))
    assert ("sounding", Priority.MEDIUM) == (
        found["lost_signal:spo2"].status, found["lost_signal:spo2"].priority
    )  # fmt: skip


@pytest.mark.hazard(19)
def test_an_answer_to_a_milder_alarm_lasts_while_it_holds():
    readings = spo2(*[93] * 300)
    said = {"limit:spo2": after(20)}
    assert "acknowledged" == alarms(readings, after(299), acknowledged=said)["limit:spo2"].status


@pytest.mark.hazard(18)
def test_a_medium_alarm_that_was_acknowledged_stays_so():
    """Hazard 18, alarm fatigue: what can wait does not ring every two minutes."""
    readings, said = spo2(*[93] * 400), {"limit:spo2": after(60)}

    found = alarms(readings, after(399), acknowledged=said)["limit:spo2"]
    assert (Priority.MEDIUM, "acknowledged") == (found.priority, found.status)


@pytest.mark.hazard(26)
def test_an_emergency_does_not_remind_those_who_came():
    """Hazard 26, in the way of a rescue: people called it, and people end it."""
    called = replace(INFUSING, emergency_at=START)
    held = found((), after(600), called).values()
    ringing = advance({}, held, {"emergency": after(9)}, {}, PROTOCOL, after(600))

    assert "acknowledged" == ringing["emergency"].status


@pytest.mark.hazard(17)
def test_nobody_watching_is_a_condition():
    """Raised but not heard: a chair that no audible screen watches says so."""
    ids = [each.id for each in conditions(INFUSING, Window(), PROTOCOL, after(20))]
    assert "not_watched" in ids


def test_an_unanswered_alarm_escalates():
    """High goes to all screens after 60 s, to the prescriber after 120 s."""
    readings = spo2(*[88] * 140)
    levels = [alarms(readings[: at + 1], after(at))["limit:spo2"].escalated for at in (30, 70, 130)]
    assert [0, 1, 2] == levels


@given(st.lists(st.sampled_from([97, 95, 93, 91, 85]), min_size=5, max_size=60))
def test_a_restart_finds_the_same_alarms(values):
    """Ticking through, and starting at the end from nothing, sound the same."""
    readings, ticked = spo2(*values), {}
    for second in range(len(values)):
        ticked = alarms(readings[: second + 1], after(second), previous=ticked)
    fresh = alarms(readings, after(len(values) - 1))

    def sounding(some):
        return {each.id for each in some.values() if each.status == "sounding"}

    assert sounding(ticked) >= sounding(fresh)


@pytest.mark.hazard(21)
def test_a_check_that_nobody_made_is_overdue():
    """A timed check missed: after its window it is overdue, from the record alone."""
    for minutes, status in ((14, "open"), (16, "overdue"), (24, "overdue"), (26, "missed")):
        checks = due(INFUSING, PROTOCOL, after(minutes * 60))
        assert status == next(each for each in checks if each.id == "infusion@10").status
    assert "overdue_check:infusion@20" in found((), after(26 * 60))


@pytest.mark.hazard(21)
def test_only_a_person_satisfies_a_check():
    """A timed check missed: what a nurse recorded in the window makes it done, nothing else."""
    seen = tuple(
        Observed("e", what, Decimal(90), "", after(600), "n")
        for what in ("sbp", "dbp", "hr", "spo2")
    )
    checks = due(replace(INFUSING, observed=seen), PROTOCOL, after(620))
    assert "done" == next(each for each in checks if each.id == "infusion@10").status
    open_ = next(each for each in due(INFUSING, PROTOCOL, after(620)) if each.id == "infusion@10")
    assert "open" == open_.status


SERIES = st.lists(
    st.builds(
        heard, st.sampled_from(list(Channel)),
        st.decimals(40, 200, places=1, allow_nan=False), st.integers(0, 30),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.mark.hazard(31)
@given(SERIES, st.randoms(use_true_random=False))
def test_shuffled_and_repeated_is_the_same_chart(readings, chance):
    """Duplicate, late, disordered data: the charted series does not depend on the order."""
    mixed = readings + readings[:5]
    chance.shuffle(mixed)
    assert charted(readings) == charted(mixed)


@pytest.mark.hazard(31)
def test_a_late_reading_does_not_ring_as_now():
    """Late data: charted and marked, never a condition now."""
    late = heard(Channel.SPO2, 80, 0, received_at=after(30))
    readings = [late, heard(Channel.SPO2, 97, 29)]
    assert [True, False] == [each.late for each in charted(readings)]
    assert "limit:spo2" not in found(readings, after(30))


@given(SERIES)
def test_a_block_gives_back_exactly_its_readings(readings):
    """Sealing loses nothing: value, decimals, both times, sensor and id."""
    kept = tuple(each for each in charted(readings) if not each.late)
    assert kept == unblock(block(kept))


def test_two_hours_are_small():
    """Four channels at 1 Hz for two hours, sealed each minute, stay under 500 KB."""
    channels = (Channel.SPO2, Channel.HR, Channel.RR, Channel.SBP)
    minutes = (
        [heard(c, 97 - s % 3, m * 60 + s, received_at=after(m * 60 + s + 0.1 + s % 7 / 100))
         for s in range(60) for c in channels]
        for m in range(120)
    )  # fmt: skip
    assert sum(len(canonical(block(each))) for each in minutes) < 500_000


A_CENTURY = st.integers(0, 100 * 365 * 86400 * 1_000_000).map(lambda us: after(us / 1_000_000))


@given(A_CENTURY, A_CENTURY, st.tuples(*(st.text(max_size=5) for _ in range(4))))
def test_an_id_sorts_as_its_instant_so_that_a_span_of_time_is_a_span_of_ids(one, other, sensor):
    assert (first_id(one) <= identity(sensor, other)) == (one <= other)
