"""What a monitor's message puts on a chart, and what it leaves for a person to read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from esker.clinic.devices import hl7

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
ORU = "MSH|^~\\&|DEMO_^02005EFFFE000001^EUI-64|DEMO|||20261123101000+0000||ORU^R01|7|P|2.6"
PANEL = "OBR|1|||182777000^monitoring of patient^SCT|||20261123100900+0000"
SYS, DIA = "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "150022^MDC_PRESS_BLD_NONINV_DIA^MDC"
SAT, MMHG, PERCENT = (
    "150456^MDC_PULS_OXIM_SAT_O2^MDC", "266016^MDC_DIM_MMHG^MDC", "262688^MDC_DIM_PERCENT^MDC",
)  # fmt: skip
BEATS = "264864^MDC_DIM_BEAT_PER_MIN^MDC"
BREATHS = "264928^MDC_DIM_RESP_PER_MIN^MDC"


def message(*segments):
    return ("\r".join(segments) + "\r").encode()


def obx(code=SYS, value="128", unit=MMHG, *, kind="NM", status="R", at="", device="", number="1"):
    when = at or "20261123100800+0000"
    return f"OBX|{number}|{kind}|{code}|1.1.1|{value}|{unit}|||||{status}|||{when}||||{device}"


def read(*segments, zone=UTC):
    return hl7.parse(message(ORU, PANEL, *segments), zone, NOW)


def charted(found):
    return [
        (channel.value, method, str(value), f"{at:%H:%M:%S}")
        for at, shown in found.instants.items()
        for (channel, method), value in shown.items()
    ]


def test_a_bedside_monitor_with_containers_charts_its_values_at_their_own_times():
    eui = "02005EFFFE000042"
    found = hl7.parse(
        message(
            f"MSH|^~\\&|BED^{eui}^EUI-64|Demo Maker|||20261123101502-0500||ORU^R01^ORU_R01|{eui}1"
            "|P|2.6|||NE|AL||UNICODE UTF-8",
            "PID|||DEMO-1^^^PID^MR||ALDER^DEMO^^^^^L",
            "PV1||O|ROOM^^CHAIR-2",
            "OBR|1|||182777000^monitoring of patient^SCT|||20261123101500-0500",
            "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X",
            "OBX|2||69798^MDC_DEV_PULS_OXIM_VMD^MDC|1.6.0.0|||||||X",
            obx(SAT, "97", PERCENT, at="20261123101500-0500", device=eui),
            obx("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "78", BEATS, at="20261123101500-0500"),
            "OBX|5||69854^MDC_DEV_METER_PRESS_BLD_VMD^MDC|1.13.0.0|||||||X",
            obx(SYS, "134", at="20261123101434-0500", device=eui),
            obx(DIA, "84", at="20261123101434-0500"),
            obx("150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "101", at="20261123101434-0500"),
            obx("151562^MDC_RESP_RATE^MDC", "16", BREATHS, at="20261123101500-0500"),
        ),
        UTC,
        NOW,
    )

    assert charted(found) == [
        ("spo2", "oximeter", "97", "15:15:00"),
        ("hr", "oximeter", "78", "15:15:00"),
        ("rr", "monitor", "16", "15:15:00"),
        ("sbp", "cuff", "134", "15:14:34"),
        ("dbp", "cuff", "84", "15:14:34"),
        ("map", "cuff", "101", "15:14:34"),
    ]
    assert found.unread == ()
    assert (found.monitor, found.patient_ids) == (eui, ("DEMO-1",))
    assert found.sent_at == datetime(2026, 11, 23, 15, 15, 2, tzinfo=UTC)


@pytest.mark.hazard(14)
def test_a_spot_check_charts_the_older_cuff_value_at_its_own_time_not_the_messages():
    """An old reading shown as now: milliseconds without a point, and a cuff 27 s older."""
    cuff = "20261123151512000+0000"
    found = hl7.parse(
        message(
            "MSH|^~\\&|SPOT_^02005E000077^EUI-64|DEMO|||20261123151540000+0000||ORU^R01^ORU_R01"
            "|31|P|2.6|||AL|NE||UNICODE UTF-8",
            "PID|||DEMO-2^^^Hospital^PI||BIRCH^DEMO^^^^^L||19900101|F",
            "PV1|1|O|ROOM^01^CHAIR-3",
            "OBR|1||||||20261123151539000+0000|20261123151540000+0000",
            f"OBX|1|NM|{SYS}|1.1.9|128|{MMHG}|||||F||APERIODIC|{cuff}",
            f"OBX|2|NM|{DIA}|1.1.9|79|{MMHG}|||||F||APERIODIC|{cuff}",
            f"OBX|3|NM|147842^MDC_ECG_HEART_RATE^MDC|1.7|71|{BEATS}|||||F|||20261123151539000+0000",
            f"OBX|4|NM|{SAT}|1.3|98|{PERCENT}|||||F",
        ),
        UTC,
        NOW,
    )

    assert charted(found) == [
        ("sbp", "cuff", "128", "15:15:12"),
        ("dbp", "cuff", "79", "15:15:12"),
        ("hr", "ecg", "71", "15:15:39"),
        ("spo2", "oximeter", "98", "15:15:39"),
    ]
    assert found.unread == ()
    assert found.monitor == "02005E000077"


def test_a_gateway_that_speaks_loinc_without_a_zone_is_read_in_its_clinics_zone():
    rows = [
        ("8480-6^Systolic blood pressure^LN", "131", "mm[Hg]^mmHg^UCUM"),
        ("8462-4^Diastolic blood pressure^LN", "82", "mm[Hg]^mmHg^UCUM"),
        ("8867-4^Heart rate^LN", "76", "/min^/min^UCUM"),
        ("59408-5^Oxygen saturation by pulse oximetry^LN", "97", "%^%^UCUM"),
        ("9279-1^Respiratory rate^LN", "15", "/min^/min^UCUM"),
    ]
    found = hl7.parse(
        message(
            "MSH|^~\\&|DEMOGW|CLINIC|ESKER|CLINIC|20261123101700||ORU^R01|GW5|P|2.5.1",
            "PID|1||DEMO-1^^^CLINIC^MR||ALDER^DEMO",
            "PV1|1|O|ROOM^^CHAIR-2",
            "OBR|1|||85353-1^Vital signs panel^LN|||20261123101655",
            *(obx(*row, status="F", at="20261123101655") for row in rows),
        ),
        ZoneInfo("America/New_York"),
        NOW,
    )

    assert charted(found) == [
        ("sbp", "cuff", "131", "15:16:55"),
        ("dbp", "cuff", "82", "15:16:55"),
        ("hr", "monitor", "76", "15:16:55"),
        ("spo2", "oximeter", "97", "15:16:55"),
        ("rr", "monitor", "15", "15:16:55"),
    ]
    assert found.monitor == "DEMOGW@ROOM^^CHAIR-2"


UNREAD = {
    "number of another code, name of the cuff": (
        obx("150031^MDC_PRESS_CUFF_SYS^MDC"), "unknown code"),
    "number of pressure, name of the non-invasive one": (
        obx("150017^MDC_PRESS_BLD_NONINV_SYS^MDC"), "unknown code"),
    "number of the cuff, name of an artery": (
        obx("150021^MDC_PRESS_BLD_ART_SYS^MDC"), "code and name disagree"),
    "a code with no name": (obx("150021^^MDC"), "code and name disagree"),
    "the number in another system": (
        obx("150021^MDC_PRESS_BLD_NONINV_SYS^LN"), "unknown code"),
    "sentinel with status X": (obx(value="-100", status="X"), "status is X"),
    "sentinel -999 believed final": (
        obx(value="-999", status="F"), "not plausible for this channel"),
    "sentinel -99.9": (obx(value="-99.9"), "not plausible for this channel"),
    "sentinel 8388607 with status X": (obx(value="8388607", status="X"), "status is X"),
    "sentinel 8388607 believed": (obx(value="8388607"), "not plausible for this channel"),
    "unscaled value": (obx(value="1280"), "not plausible for this channel"),
    "weight zero": (obx("188736^MDC_MASS_BODY_ACTUAL^MDC", "0", "kg"), "unknown code"),
    "temperature in Fahrenheit": (
        obx("150364^MDC_TEMP_BODY^MDC", "98.6", "266560^MDC_DIM_FAHR^MDC"), "unknown code"),
    "saturation that may be the laboratory's": (
        obx("2708-6^Oxygen saturation^LN", "97", "%^%^UCUM"),
        "unknown code",
    ),
    "a unit of something else": (obx(unit=PERCENT), "unit does not fit the code"),
    "kilopascals": (obx(value="46", unit="265987^MDC_DIM_KILO_PASCAL^MDC"),
                    "unit does not fit the code"),
    "the number of mmHg, the name of kilopascals": (
        obx(value="46", unit="266016^MDC_DIM_KILO_PASCAL^MDC"),
        "the unit's code and name disagree"),
    "mmHg by code, kPa by name": (
        obx("8480-6^Systolic blood pressure^LN", "46", "mm[Hg]^kPa^UCUM"),
        "the unit's code and name disagree"),
    "no unit": (obx(unit=""), "unit does not fit the code"),
    "several values": (obx(value="128~131"), "several values in one field"),
    "empty value": (obx(value=""), "no value"),
    "neither type nor value, but a sensor's code": (obx(value="", kind=""), "not a number"),
    "a number as text": (obx(kind="ST"), "not a number"),
    "a number Python alone would take": (obx(value="1_28"), "not a number"),
    "a number in other digits": (obx(value="١٢٨"), "not a number"),
    "more than": (obx(value=">128"), "not a number"),
    "no status": (obx(status=""), "status is empty"),
    "time that is no time": (obx(at="20260631101500"), "no time of observation"),
    "an hour ahead": (obx(at="20261123162100+0000"), "observed in the future"),
    "a waveform": (
        obx("131329^MDC_ECG_LEAD_I^MDC", "1^2^3", "", kind="NA"), "unknown code"),
}  # fmt: skip


@pytest.mark.hazard(15, 41)
@pytest.mark.parametrize(("segment", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_does_not_agree_is_unread_with_its_reason_and_never_a_number(segment, reason):
    """An artefact believed, hostile HL7: nothing is used unless everything agrees."""
    found = read(segment)

    assert found.instants == {}
    assert [(each.reason, each.raw) for each in found.unread] == [(reason, segment)]


USED = {
    "a unit with a code alone": (
        obx(unit="266016^^MDC"), ("sbp", "cuff", "128", "10:08:00")),
    "status R": (obx(), ("sbp", "cuff", "128", "10:08:00")),
    "status F": (obx(status="F"), ("sbp", "cuff", "128", "10:08:00")),
    "corrected": (obx(status="C"), ("sbp", "cuff", "128", "10:08:00")),
    "empty OBX-1": (obx(number=""), ("sbp", "cuff", "128", "10:08:00")),
    "pulse of the cuff": (
        obx("149546^MDC_PULS_RATE_NON_INV^MDC", "70", BEATS), ("hr", "cuff", "70", "10:08:00")),
    "cuff pressure": (obx("150301^MDC_PRESS_CUFF_SYS^MDC"), ("sbp", "cuff", "128", "10:08:00")),
    "tenths of a second far east": (
        obx(at="20261123181332.1106+0800"), ("sbp", "cuff", "128", "10:13:32")),
    "no seconds": (obx(at="202611231008+0000"), ("sbp", "cuff", "128", "10:08:00")),
}  # fmt: skip


@pytest.mark.parametrize(("segment", "row"), USED.values(), ids=USED)
def test_what_agrees_is_used_at_its_own_time(segment, row):
    found = read(segment)

    assert (charted(found), found.unread) == ([row], ())


def test_a_value_without_its_own_time_has_its_panels_never_the_messages():
    found = read(f"OBX|1|NM|{SAT}|1|97|{PERCENT}|||||R")

    assert charted(found) == [("spo2", "oximeter", "97", "10:09:00")]


def test_without_any_observation_time_nothing_is_charted():
    found = hl7.parse(message(ORU, f"OBX|1|NM|{SAT}|1|97|{PERCENT}|||||R"), UTC, NOW)

    assert [each.reason for each in found.unread] == ["no time of observation"]


def test_pulses_of_three_sensors_stay_three():
    found = read(
        obx("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "78", BEATS),
        obx("149546^MDC_PULS_RATE_NON_INV^MDC", "75", BEATS),
        obx("147842^MDC_ECG_HEART_RATE^MDC", "77", BEATS),
    )

    assert [(method, value) for _, method, value, _ in charted(found)] == [
        ("oximeter", "78"), ("cuff", "75"), ("ecg", "77"),
    ]  # fmt: skip


def test_an_empty_pid_names_no_patient_and_loses_no_value():
    found = read("PID|||", obx())

    assert (found.patient_ids, len(charted(found))) == ((), 1)


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5.1", "2.6"])
def test_every_version_of_the_header_is_read(version):
    found = hl7.parse(message(ORU.replace("|2.6", f"|{version}"), PANEL, obx()), UTC, NOW)

    assert charted(found) == [("sbp", "cuff", "128", "10:08:00")]


@pytest.mark.parametrize("mode", ["T", "D", ""])
def test_what_is_not_production_is_kept_and_never_charted(mode):
    """Training and debugging messages carry numbers of nobody."""
    found = hl7.parse(message(ORU.replace("|P|", f"|{mode}|"), PANEL, obx()), UTC, NOW)

    assert found.instants == {}
    (line,) = found.unread
    assert line.reason.startswith(f"processing mode is {mode or 'empty'}, not P")


def test_all_identifiers_of_a_patient_are_heard_and_an_escape_moves_no_field():
    found = read("PID|||DEMO\\F\\1^^^A^MR~99^^^B^PI||A\\S\\B", obx())

    assert found.patient_ids == ("DEMO|1", "99")
    assert charted(found) == [("sbp", "cuff", "128", "10:08:00")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"), ("\\X41c3\\", "A\u00c3"),
     ("\\H\\bold\\N\\", "bold"), ("one\\.br\\two", "one two"), ("\\Xzz\\", "\\Xzz\\"),
     ("50\\", "50\\"), ("\\X0b1c\\", "")],
)  # fmt: skip
def test_an_escape_is_shown_as_what_it_means_and_a_broken_one_as_it_is(text, shown):
    assert hl7.unescape(text) == shown


def test_a_name_in_latin_1_loses_no_value():
    raw = message(ORU, "PID|||DEMO-1||GRÜN^DEMO", obx()).decode().encode("latin-1")

    assert charted(hl7.parse(raw, UTC, NOW)) == [("sbp", "cuff", "128", "10:08:00")]


@pytest.mark.hazard(13)
@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ([obx(device="02005EFFFE000001"), obx(DIA, "80", device="02005EFFFE000002")],
         "several devices in one message"),
        (["PID|||DEMO-1", obx(), "PID|||DEMO-2", obx(DIA, "80")],
         "several patients in one message"),
    ],
)  # fmt: skip
def test_a_message_of_two_monitors_or_two_patients_charts_nothing(extra, reason):
    """A device on the wrong patient: whose value it is would be a guess."""
    found = read(*extra)

    assert found.instants == {}
    assert [each.reason for each in found.unread] == [reason, reason]


@pytest.mark.parametrize("kind", ["QRY^R02", "QRY^A19", "ADT^A08", "ORU^W01"])
def test_queries_and_admissions_are_unread_and_their_age_and_height_are_no_vitals(kind):
    raw = message(ORU.replace("ORU^R01", kind), "PID|||DEMO-1", obx("30525-0^AGE^LN", "42", "a"))

    found = hl7.parse(raw, UTC, NOW)

    assert found.instants == {}
    assert [(u.code, u.reason) for u in found.unread] == [(kind, "this message kind is not read")]


MALFORMED = {
    "empty": b"",
    "no header": b"PID|||1\r",
    "other separators": b"MSH#^~\\&#A\r",
    "no control id": message(ORU.replace("|7|", "||")),
    "a control id that is not printable": message(ORU.replace("|7|", "|7\x1c7|")),
    "a control id without end": message(ORU.replace("|7|", "|" + "7" * 181 + "|")),
    "a sender without end": message(ORU.replace("02005EFFFE000001", "0" * 181)),
    "a batch file": b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + message(ORU, obx()),
    "NUL": message(ORU, "PID|||\0"),
    "two messages in one frame": message(ORU, obx(), ORU, obx()),
    "given up when another frame began": message(ORU, obx()) + b"\x0b",
    "too large": message(ORU, "Z" * hl7.LARGEST),
}


@pytest.mark.hazard(41)
@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_answered_as_understood_is_malformed(raw):
    """Hostile HL7 is refused as a whole."""
    with pytest.raises(hl7.Malformed):
        hl7.parse(raw, UTC, NOW)
