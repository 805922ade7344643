"""Scanned codes: whatever a scanner or a hand puts in is read as GS1, or is an unknown code."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from esker.clinic.sessions.catalogue import FNC1, NAMES, parse

digits = st.text("0123456789", min_size=14, max_size=14)
marks = st.sampled_from(["(01)", "(17)", "(10)", "(21)", "01", "17", "10", "21", FNC1, "]d2", ")"])
pieces = st.lists(marks | digits | st.text(max_size=22), max_size=8).map("".join)
text = st.text("ABCdef019-/.", min_size=1, max_size=20)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.hazard(1)
@given(pieces)
@example("(17)٢٦١١٢٣(01)05012345678900")
@example("(17)²²²²²²(01)05012345678900")
@example("(01)05012345678900(01)05012345678917")
@example("(01)0501234567890x(10)L1")
@example("01" + "0" * 14 + "17" + "991300")
def test_fuzz_any_code_is_read_whole_or_not_at_all(code):
    """A wrong product is never half read: a date that is none leaves an unknown code."""
    found = parse(code)
    assert set(found) <= set(NAMES.values())
    if found:
        assert len(found["gtin"]) == 14
        assert found["gtin"] in code
    assert all(found.values())
    if "expires" in found:
        assert date.fromisoformat(found["expires"])


@pytest.mark.hazard(1)
@given(digits, text, text, days)
def test_fuzz_a_printed_code_says_the_same_with_brackets_and_without(gtin, lot, serial, day):
    """A scanner sends separators where the label shows brackets."""
    told = {"gtin": gtin, "expires": day.isoformat(), "lot": lot, "serial": serial}
    on = f"{day:%y%m%d}"
    assert told == parse(f"(01){gtin}(17){on}(10){lot}(21){serial}")
    assert told == parse(f"]d201{gtin}17{on}10{lot}{FNC1}21{serial}")
