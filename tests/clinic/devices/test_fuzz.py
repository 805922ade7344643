"""Any bytes are answered or refused; nothing a peer can send is our exception."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from esker.clinic.devices import hl7, intake, times
from esker.clinic.devices.codes import CODES, PLAUSIBLE
from esker.clinic.people.models import Clinic

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
HEADER = "MSH|^~\\&|DEMO^02005EFFFE000001^EUI-64||||20261123||ORU^R01|7|P|2.6"
SYS = "OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1"
MMHG = "266016^MDC_DIM_MMHG^MDC|||||R||"

odd = st.text(st.sampled_from("0123456789.+-^~\\&eE_NaNinf\x00\x1c\x0b\u0661 F"), max_size=24)
codes = st.sampled_from([f"{code}^{m.names[0]}^{kind}" for (code, kind), m in CODES.items()])
field = st.one_of(odd, codes, st.sampled_from(["NM", "R", "266016^MDC_DIM_MMHG^MDC", "128"]))
segment = st.tuples(st.sampled_from(["OBX", "OBR", "PID", "PV1", "ZZZ"]), st.lists(field)).map(
    lambda both: "|".join([both[0], *both[1]])
)
near = st.lists(segment, max_size=8).map(lambda rows: "\r".join([HEADER, *rows]).encode())


def numbered(value, when):
    return "\r".join([HEADER, f"{SYS}|{value}|{MMHG}|{when}"]).encode()


nearer = st.builds(numbered, odd, odd | st.from_regex(times.TIME, fullmatch=True))


@pytest.mark.hazard(41)
@given(st.binary(max_size=300) | near | nearer)
@example(numbered("128", "00010101000000+1400"))
@example(numbered("128", "99991231235959-1200"))
@example(numbered("128", "20261123101500+9959"))
@example(numbered("NaN", "20261123101500+0000"))
@example(numbered("1e999999999", "20261123101500+0000"))
def test_fuzz_any_bytes_are_a_message_or_malformed_and_no_value_is_beyond_its_channel(raw):
    """Hostile HL7 ends as a message or as Malformed."""
    try:
        found = hl7.parse(raw, UTC, NOW)
    except hl7.Malformed:
        return
    for at, shown in found.instants.items():
        assert at <= NOW + hl7.AHEAD
        for (channel, _), value in shown.items():
            low, high = PLAUSIBLE[channel]
            assert low <= value <= high


class Journal(TestCase):
    """The same through the database."""

    @pytest.mark.hazard(41)
    @given(st.binary(max_size=100) | near | nearer)
    @example(HEADER.encode() + b"\rOBX|1|NM|" + b"c" * 5000 + b"|1|5")
    def test_fuzz_any_bytes_get_one_acknowledgement_that_fits_a_frame(self, raw):
        """Hostile HL7 gets AA or AR, and cannot write a frame or a segment into the answer."""
        clinic = Clinic.objects.create(name="Demo Fuzz", zone="UTC", country="IE")

        header, said, rest = intake.receive(str(clinic.pk), raw, NOW).split(b"\r")

        assert header.startswith(b"MSH|^~\\&|ESKER|")
        assert said.split(b"|")[1] in (b"AA", b"AR")
        assert rest == b""
        assert not {0x0B, 0x1C, 0x0A} & {*header, *said}
