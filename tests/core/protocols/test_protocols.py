"""A protocol is loaded whole or refused with a sentence, and its tables are proved."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esker.core.monitoring.channels import Channel
from esker.core.protocols.check import check, table_faults
from esker.core.protocols.load import ProtocolError, load
from esker.core.protocols.schema import Phase, Strength
from esker.core.protocols.show import show
from esker.core.protocols.tables import band, band_of
from esker.protocol_files import builtin_ids, text_of

TEXTS = {name: text_of(name) for name in builtin_ids()}
BUILTIN = {name: load(text)[0] for name, text in TEXTS.items()}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.hazard(16)
def test_built_in_tables_are_proved(name):
    """Hazard 16, a value that no rule covers: every built-in protocol is complete."""
    assert [] == check(BUILTIN[name])


def test_the_three_protocols_are_built_in():
    assert ["esketamine-trd-eu", "esketamine-trd-us", "ketamine-iv"] == builtin_ids()


def planted(low, high, **change):
    """The oxygen table of the infusion protocol with one band changed."""
    protocol = BUILTIN["ketamine-iv"]
    table = next(t for t in protocol.tables if t.id == "spo2-dose")
    bands = tuple(
        b.model_copy(update=change) if (b.low, b.high) == (low, high) else b for b in table.bands
    )
    return list(table_faults(protocol, table.model_copy(update={"bands": bands})))


@pytest.mark.hazard(16)
def test_a_hole_at_spo2_94_is_found():
    """Hazard 16: a table that forgets 94 to 95 is refused with a value in the hole."""
    (fault, *_) = planted(94, 100, from_=Decimal(95))

    assert fault.startswith("Table spo2-dose: no band covers spo2 94")


def test_an_overlap_is_found():
    assert any("two bands cover spo2" in fault for fault in planted(92, 94, below=Decimal(96)))


def test_a_worse_value_with_a_weaker_rule_is_found():
    """Monotone: 40 to 90 may not be milder than 90 to 92."""
    found = planted(40, 90, strength=Strength.NOTE)

    assert any("spo2 from 40 to below 90 is worse than from 90 to below 92" in f for f in found)


@given(st.sampled_from(sorted(BUILTIN)), st.sampled_from(Channel), st.decimals(0, 300, places=1))
def test_one_band_at_most_holds_a_value(name, channel, value):
    """The interpreter and the proof agree: in the plausible range there is exactly one band."""
    protocol = BUILTIN[name]
    for table in (t for t in protocol.tables if t.channel == channel):
        inside = table.bands[0].low <= value <= table.bands[-1].high

        assert inside == sum(each.holds(value) for each in table.bands)
        assert inside == (band_of(table, value) is not None)


@pytest.mark.parametrize(
    ("systolic", "strength"),
    [("139", "go"), ("140", "go"), ("141", "hold"), ("165", "hold"), ("89", "hold")],
)
def test_the_pressure_gate_of_the_label(systolic, strength):
    """Above 140 systolic a prescriber weighs delay."""
    found = band(BUILTIN["esketamine-trd-us"], Channel.SBP, Phase.CLEAR, Decimal(systolic))

    assert found is not None
    assert strength == found.strength


@given(st.text(max_size=400))
def test_fuzz_any_text_is_a_protocol_or_a_sentence(text):
    with pytest.raises(ProtocolError):
        load(text)


@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 20_000), st.text(max_size=5))
def test_fuzz_a_spoilt_protocol_is_read_or_refused(name, place, junk):
    """A slip of the keyboard gives another protocol with another hash, or a sentence."""
    text = TEXTS[name]
    place %= len(text)
    try:
        _, answer = load(text[:place] + junk + text[place + 1 :])
    except ProtocolError as refused:
        answer = str(refused)

    assert answer


def test_an_unknown_source_is_refused():
    with pytest.raises(ProtocolError, match="cites “nobody”"):
        load(TEXTS["ketamine-iv"].replace('source = "fava"', 'source = "nobody"'))


def test_an_unknown_word_is_refused():
    with pytest.raises(ProtocolError, match=r"^colour is no word"):
        load('colour = "red"\n' + TEXTS["ketamine-iv"])


def test_a_comment_makes_no_other_protocol():
    text = TEXTS["ketamine-iv"]

    assert load(text)[1] == load("# read again\n" + text)[1]


@pytest.mark.parametrize("name", TEXTS)
def test_the_printed_protocol_stars_its_defaults(name):
    """What nobody published is visible as such to the one who signs."""
    protocol, digest = load(TEXTS[name])
    paper = show(protocol, digest)

    assert digest in paper
    assert "[default *]" in paper
