"""The hazard list and the tests name each other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \|.*\| (tested|not yet) \|$", re.MULTILINE)
MARK = re.compile(r"mark\.hazard\(([\d, ]+)\)")


def listed() -> dict[int, str]:
    text = (ROOT / "docs/safety/hazards.md").read_text()
    return {int(number): state for number, state in ROW.findall(text)}


def marked() -> set[int]:
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    groups = (group for text in texts for group in MARK.findall(text))
    return {int(number) for group in groups for number in group.split(",")}


def test_every_hazard_that_is_called_tested_has_a_test():
    """A control that no test names is a promise, and the list must not make it."""
    assert set() == {n for n, state in listed().items() if state == "tested"} - marked()


def test_no_hazard_with_a_test_is_called_not_yet():
    """Nor does the list hide a control that is there: page and marks say the same."""
    assert set() == {n for n, state in listed().items() if state == "not yet"} & marked()


def test_no_test_names_a_hazard_that_is_not_listed():
    assert set() == marked() - set(listed())


def test_all_hazards_are_listed():
    assert list(range(1, 48)) == sorted(listed())
