"""Another HL7 library reads the same fields out of the same bytes as ours does."""

import hl7 as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esker.clinic.devices import hl7
from tests.clinic.devices.test_sample_messages import BEDSIDE, GATEWAY, SPOTTED

EMPTY = library.parse("MSH|^~\\&|\r")


@pytest.mark.parametrize("rows", [BEDSIDE, SPOTTED, GATEWAY], ids=["bed", "spot", "gateway"])
def test_both_cut_the_same_fields(rows):
    theirs = library.parse("\r".join(rows) + "\r")
    ours = hl7.parse("\r".join(rows).encode() + b"\r")

    for row, segment in zip(rows[1:], theirs[1:], strict=True):
        assert row.split("|") == [str(field) for field in segment]
    assert str(theirs["MSH.F10"]) == ours.header.control_id
    values = {str(each[5]) for each in theirs.segments("OBX") if str(each[5])}
    shown = {str(value) for each in ours.instants.values() for value in each.values()}
    assert shown == values


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_what_the_library_escapes_we_show_as_it_was_meant(text):
    escaped = EMPTY.escape(text)

    assert not {"|", "^", "~", "&"} & set(escaped)
    assert hl7.unescape(escaped) == text
