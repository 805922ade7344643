"""`./dev fuzz` ends by itself, and each test has its share of the time."""

import pytest

from tests.fuzz import FIRST, fuzz


class Slow:
    """A test that takes so long to begin, and so long for each example."""

    def __init__(self, begins, each, fails_at=None):
        self.begins, self.each, self.fails_at = begins, each, fails_at
        self.now, self.rounds = 0.0, []

    def run(self, _test, examples):
        self.now += self.begins + self.each * examples
        self.rounds.append(examples)
        return "found one" if len(self.rounds) == self.fails_at else ""


@pytest.mark.parametrize("begins", [0.1, 5, 20])
@pytest.mark.parametrize("each", [0.0001, 0.01, 0.5])
def test_rounds_use_up_the_share_and_little_more(begins, each):
    slow = Slow(begins, each)
    fuzz("t", 120, slow.run, lambda: slow.now)

    assert 55 < slow.now < 125
    assert slow.rounds[0] == FIRST


def test_a_test_that_is_slower_than_its_share_runs_once():
    slow = Slow(300, 1)

    assert fuzz("t", 60, slow.run, lambda: slow.now).rounds == 1


def test_what_was_found_ends_the_rounds_and_is_told():
    slow = Slow(1, 0.01, fails_at=2)
    found = fuzz("t", 600, slow.run, lambda: slow.now)

    assert (found.rounds, found.failed) == (2, "found one")
