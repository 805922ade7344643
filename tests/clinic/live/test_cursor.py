"""Cursors of the live stream."""

from hypothesis import given
from hypothesis import strategies as st

from esker.clinic.live.views import parse_cursor, write_cursor

NAMES = st.uuids().map(lambda each: f"session:{each}")


@given(st.dictionaries(NAMES, st.integers(0, 10**9), min_size=1))
def test_a_cursor_comes_back_as_it_went(cursor):
    """What a page is told is what it may ask again from."""
    assert parse_cursor(write_cursor(cursor)) == cursor


@given(st.text())
def test_a_garbled_cursor_harms_nobody(text):
    """Anything may stand in a header; it is read or ignored."""
    found = parse_cursor(text)
    assert found is None or all(seq >= 0 for seq in found.values())
