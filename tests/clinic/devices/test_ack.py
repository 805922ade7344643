"""What a sender is answered, as it asked to be."""

from datetime import UTC, datetime

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from esker.clinic.devices import ack
from esker.clinic.devices.hl7 import Header

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)

ASKED = {  # MSH-15, MSH-16 -> after the commit, when it could not be kept, when refused
    ("", ""): ("AA", "AE", "AR"),
    ("AL", "NE"): ("CA", "CE", "CR"),
    ("NE", "AL"): ("AA", "AE", "AR"),
    ("AL", "AL"): ("CA", "CE", "CR"),
    ("AL", ""): ("CA", "CE", "CR"),
    ("", "AL"): ("AA", "AE", "AR"),
    ("ER", "NE"): (None, "CE", "CR"),
    ("SU", "NE"): ("CA", None, None),
    ("ER", "AL"): ("AA", "CE", "CR"),
    ("NE", "ER"): (None, "AE", "AR"),
    ("NE", "NE"): (None, None, None),
    ("what", "NE"): ("CA", "CE", "CR"),
}  # None is silence


def code(raw):
    return raw.decode().split("\rMSA|")[1].split("|")[0] if raw else None


@pytest.mark.parametrize(("asked", "codes"), ASKED.items(), ids=map("-".join, ASKED))
def test_a_sender_is_answered_as_it_asked_and_never_left_waiting_in_original_mode(asked, codes):
    header = Header(control_id="7", accept=asked[0], application=asked[1])

    answers = (
        ack.positive(header, NOW), ack.again(header, NOW, "why"), ack.negative(header, NOW, "why"),
    )  # fmt: skip

    assert tuple(map(code, answers)) == codes


@pytest.mark.parametrize("control", ["", "7\x1c7"])
def test_a_control_id_that_cannot_be_said_back_is_unknown(control):
    assert b"\rMSA|AR|UNKNOWN|why\r" in ack.negative(Header(control_id=control), NOW, "why")


def test_another_parser_reads_our_acknowledgement_as_we_meant_it():
    raw = ack.negative(Header(control_id="7"), NOW, "a|b^c\r\x0bMSH").decode()

    found = parse_message(raw, validation_level=VALIDATION_LEVEL.STRICT)

    assert found.validate()
    assert (found.msa.msa_1.value, found.msa.msa_2.value) == ("AR", "7")
    assert (found.msa.msa_3.value, found.msh.msh_9.value) == ("a b c  MSH", "ACK^R01^ACK")
    assert len(found.children) == 2
