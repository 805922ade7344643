"""The demo's clock is shared by file, resumes where it stopped, and is refused elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from esker.clinic.demo.clock import Clock, NotADemo

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def test_runs_at_its_rate(tmp_path):
    """Ten wall seconds at 60x are ten simulated minutes."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        clock.set_rate(60)
        wall.shift(10)

        assert clock() == MORNING + timedelta(minutes=10)


def test_resumes_where_it_stopped(tmp_path):
    """A night with the machine off is no time at all for the simulated clinic."""
    with time_machine.travel(WALL, tick=False) as wall:
        clock = Clock.create(tmp_path, MORNING)
        wall.shift(60)
        clock.keep()
        wall.shift(8 * 3600)
        again = Clock(tmp_path)
        again.resume()

        assert again() == MORNING + timedelta(seconds=60)


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
        clock.jump(MORNING - timedelta(hours=1))


def test_refuses_a_rate_that_pages_do_not_offer(tmp_path):
    with pytest.raises(ValueError, match="not at 7"):
        Clock.create(tmp_path, MORNING).set_rate(7)


def test_is_refused_outside_a_demo_folder(tmp_path):
    """A folder without the demo's own mark holds, for all we know, real patients."""
    with pytest.raises(NotADemo):
        Clock(tmp_path)


def test_another_process_sees_the_jump(tmp_path):
    """Monitors and server share one clock through its file."""
    server = Clock.create(tmp_path, MORNING)
    monitor = Clock(tmp_path)
    server.jump(MORNING + timedelta(hours=3))

    assert monitor() >= MORNING + timedelta(hours=3)
