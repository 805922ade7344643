"""The demo's clock is shared by file, waits for its monitors, resumes, and is refused elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from esker.clinic.demo.clock import Clock, NotADemo

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_at_1x_it_runs_with_the_machine(tmp_path):
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        wall.shift(10)

        assert clock() == MORNING + timedelta(seconds=10)


def test_faster_it_waits_for_the_monitors(tmp_path):
    """At 60x nothing moves by itself: a step is announced, spoken for, and only then shown."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        clock.set_rate(60)
        clock.jump(MORNING + HOUR)
        wall.shift(10)

        assert (clock(), clock.arriving()) == (MORNING, MORNING + HOUR)
        clock.settle(MORNING + HOUR)
        assert (clock(), clock.arriving()) == (MORNING + HOUR, MORNING + HOUR)


def test_a_jump_made_during_a_step_is_not_lost(tmp_path):
    clock = Clock.create(tmp_path, MORNING)
    clock.set_rate(60)
    clock.jump(MORNING + timedelta(minutes=1))
    clock.jump(MORNING + HOUR)
    clock.settle(MORNING + timedelta(minutes=1))

    assert clock() == MORNING + timedelta(minutes=1)
    assert clock.arriving() == MORNING + HOUR


def test_slowing_down_moves_nothing(tmp_path):
    """The wall time that passed at 60x is not added again at 1x."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        clock.set_rate(60)
        wall.shift(3600)
        clock.set_rate(1)

        assert clock() == MORNING


def test_resumes_where_it_stopped(tmp_path):
    """A night with the machine off is no time at all for the simulated clinic."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        wall.shift(60)
        clock.keep()
        clock.jump(MORNING + HOUR)  # cut off before it was settled
        wall.shift(8 * 3600)
        again = Clock(tmp_path)
        again.resume()

        assert again() == again.arriving() == MORNING + timedelta(seconds=60)


@pytest.mark.hazard(22)
def test_a_wall_clock_that_steps_back_turns_nothing_back(tmp_path):
    """Hazard 22, wrong elapsed time: a step back of the machine's clock shortens no wait."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        wall.shift(-3600)

        assert clock() == MORNING


def test_refuses_to_go_back(tmp_path):
    clock = Clock.create(tmp_path, MORNING)

    with pytest.raises(ValueError, match="never goes back"):
        clock.jump(MORNING - HOUR)


def test_refuses_a_rate_that_pages_do_not_offer(tmp_path):
    with pytest.raises(ValueError, match="not at 7"):
        Clock.create(tmp_path, MORNING).set_rate(7)


def test_is_refused_outside_a_demo_folder(tmp_path):
    """A folder without the demo's own mark holds, for all we know, real patients."""
    with pytest.raises(NotADemo):
        Clock(tmp_path)


def test_another_process_sees_the_step(tmp_path):
    """Monitors and server share one clock through its file."""
    server = Clock.create(tmp_path, MORNING)
    monitor = Clock(tmp_path)
    server.jump(MORNING + HOUR)

    assert monitor.arriving() == MORNING + HOUR
    server.settle(MORNING + HOUR)
    assert monitor() >= MORNING + HOUR
