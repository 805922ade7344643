"""Three kinds of sender over the real socket: their values, at their times, and nothing else."""

import socket
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import pytest
from django.test import Client

from esker.clinic import clock
from esker.clinic.devices import gateway, intake, listing, mllp, sealing
from tests.clinic.sessions.room import PERSON, Room, install

DAY = datetime(2026, 11, 23, 15, 14, tzinfo=UTC)  # a minute before the first message
BED, SPOT = "02005EFFFE00A142", "02005EFFFE00B377"
BEDSIDE = [  # a multi-parameter monitor: containers, an offset, a cuff older than the message
    f"MSH|^~\\&|BED^{BED}^EUI-64|Demo Maker|||20261123101602-0500||ORU^R01^ORU_R01|"
    f"{BED}20261123101602|P|2.6|||NE|AL||UNICODE UTF-8|||PCD_DEC_001^IHE PCD^1.3.6^ISO",
    "PID|||DEMO-3042^^^PID^MR||ASPEN^DEMO^^^^^L|||",
    "PV1||O|ROOM^^CHAIR-2",
    "OBR|1|1^BED|1^BED|182777000^monitoring of patient^SCT|||20261123101600-0500",
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X",
    "OBX|2||69798^MDC_DEV_PULS_OXIM_VMD^MDC|1.6.0.0|||||||X",
    f"OBX|3|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.6.1.1|96|262688^MDC_DIM_PERCENT^MDC|||||R|||"
    f"20261123101600-0500||||{BED}^B",
    f"OBX|4|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.6.1.2|81|264864^MDC_DIM_BEAT_PER_MIN^MDC|"
    f"||||R|||20261123101600-0500||||{BED}^B",
    "OBX|5||69854^MDC_DEV_METER_PRESS_BLD_VMD^MDC|1.13.0.0|||||||X",
    f"OBX|6|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.13.1.1|136|266016^MDC_DIM_MMHG^MDC|||||R|||"
    f"20261123101531-0500||||{BED}^B",
    f"OBX|7|NM|150022^MDC_PRESS_BLD_NONINV_DIA^MDC|1.13.1.2|85|266016^MDC_DIM_MMHG^MDC|||||R|||"
    f"20261123101531-0500||||{BED}^B",
    f"OBX|8|NM|150023^MDC_PRESS_BLD_NONINV_MEAN^MDC|1.13.1.3|103|266016^MDC_DIM_MMHG^MDC|||||R|||"
    f"20261123101531-0500||||{BED}^B",
    f"OBX|9|NM|151562^MDC_RESP_RATE^MDC|1.14.1.1|17|264928^MDC_DIM_RESP_PER_MIN^MDC|||||R|||"
    f"20261123101600-0500||||{BED}^B",
]
SPOTTED = [  # a spot monitor: milliseconds without the point, an aperiodic cuff, enhanced mode
    f"MSH|^~\\&|DEMOSPOT_^{SPOT}^EUI-64|DEMO|||20261123151640000+0000||ORU^R01^ORU_R01|1228|P|2.6"
    "|||AL|NE||UNICODE UTF-8|||",
    "PID|||DEMO-3077^^^Hospital^PI||BIRCH^DEMO MAY^^^^^L||19900101|F",
    "PV1|1|O|ROOM^01^CHAIR-3",
    f"OBR|1||1228^DEMOSPOT_^{SPOT}^EUI-64|182777000^monitoring of patient^SCT|||"
    "20261123151639000+0000|20261123151640000+0000",
    "OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.9.150021|127|266016^MDC_DIM_MMHG^MDC|||||F||"
    "APERIODIC|20261123151612000+0000",
    "OBX|2|NM|150022^MDC_PRESS_BLD_NONINV_DIA^MDC|1.1.9.150022|77|266016^MDC_DIM_MMHG^MDC|||||F||"
    "APERIODIC|20261123151612000+0000",
    "OBX|3|NM|147842^MDC_ECG_HEART_RATE^MDC|1.7.4.147842|70|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F|"
    "||20261123151639000+0000",
    "OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|99|262688^MDC_DIM_PERCENT^MDC|||||F|||"
    "20261123151639000+0000",
]
GATEWAY = [  # a gateway without offsets and without a device identity: the clinic's zone is meant
    "MSH|^~\\&|DEMOGW|CLINIC|ESKER|CLINIC|20261123101700||ORU^R01|GW7|P|2.5.1",
    "PID|1||DEMO-3042^^^CLINIC^MR||ASPEN^DEMO",
    "PV1|1|O|ROOM^^CHAIR-5",
    "OBR|1|||85353-1^Vital signs panel^LN|||20261123101655",
    *(
        f"OBX|{n}|NM|{code}^LN||{value}|{unit}^UCUM|||||F|||20261123101655"
        for n, (code, value, unit) in enumerate(
            [("8480-6^Systolic blood pressure", 133, "mm[Hg]^mmHg"),
             ("8462-4^Diastolic blood pressure", 81, "mm[Hg]^mmHg"),
             ("8867-4^Heart rate", 77, "/min^/min"),
             ("59408-5^Oxygen saturation by pulse oximetry", 98, "%^%"),
             ("9279-1^Respiratory rate", 16, "/min^/min")], start=1,
        )
    ),
]  # fmt: skip
KINDS = {
    "bedside": (BEDSIDE, BED, "DEMO-3042", b"AA", [
        ("sbp", "136", "mmHg", "15:15:31"), ("dbp", "85", "mmHg", "15:15:31"),
        ("map", "103", "mmHg", "15:15:31"), ("spo2", "96", "%", "15:16:00"),
        ("hr", "81", "/min", "15:16:00"), ("rr", "17", "/min", "15:16:00"),
    ]),
    "spot check": (SPOTTED, SPOT, "DEMO-3077", b"CA", [
        ("sbp", "127", "mmHg", "15:16:12"), ("dbp", "77", "mmHg", "15:16:12"),
        ("hr", "70", "/min", "15:16:39"), ("spo2", "99", "%", "15:16:39"),
    ]),
    "gateway": (GATEWAY, "DEMOGW@ROOM^^CHAIR-5", "DEMO-3042", b"AA", [
        ("sbp", "133", "mmHg", "15:16:55"), ("dbp", "81", "mmHg", "15:16:55"),
        ("hr", "77", "/min", "15:16:55"), ("spo2", "98", "%", "15:16:55"),
        ("rr", "16", "/min", "15:16:55"),
    ]),
}  # fmt: skip


def send(room, *messages):
    """Over the real listener, all on one connection; the codes that it answered with."""

    keep_all, read_all = (
        partial(intake.keep_all, room.clinic),
        partial(intake.read_all, room.clinic),
    )
    listening = gateway.Gateway("127.0.0.1", 0, keep_all, clock.now, read_all=read_all)
    with closing(listening), socket.create_connection(listening.address, 20) as wire:
        codes = []
        for rows in messages:
            wire.sendall(mllp.START + "\r".join([*rows, ""]).encode() + mllp.END)
            answer = b""
            while not answer.endswith(mllp.END):
                answer += wire.recv(4096)
            codes.append(answer.split(b"\rMSA|")[1][:2])
        return codes


@pytest.fixture
def seats(transactional_db, clinic, nurse, prescriber):
    """A chair for each kind of sender, its monitor paired a minute before the messages."""
    clinic.zone = "America/New_York"
    clinic.save()
    made = {}
    for place, (kind, (_, monitor, number, _, _)) in enumerate(KINDS.items()):
        room = made[kind] = install(Room(clinic, nurse, prescriber))
        room.now = DAY
        name = f"Demo {number}"  # one number is one person
        patient = PERSON | {"id": f"p{place}", "name": name, "mrn": number}
        room.do("open_session", patient=patient, protocol_hash=room.hash,
                planned_at=DAY.isoformat())  # fmt: skip
        room.do("arrive", identifiers=[{"what": "name", "value": name},
                                       {"what": "mrn", "value": number}])  # fmt: skip
        room.do("pair_monitor", chair=f"Chair {place}", monitor=monitor)
        room.now = DAY.replace(minute=17, second=5)
    yield made
    clock.install(clock.machine)


def read(room):
    """What the API lists of this session's readings."""
    client = Client()
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    found = client.get(f"/api/v1/sessions/{room.session}").json()["readings"]
    return [
        (each["channel"], each["value"], each["unit"], each["observed_at"][11:19])
        for each in found
        if each["observed_at"].endswith("+00:00") and each["observed_at"].startswith("2026-11-23T")
    ]


@pytest.mark.hazard(13, 15)
def test_three_senders_chart_exactly_their_values_at_their_times(seats):
    """A monitor's readings on another patient, an artefact believed: each value where it belongs,

    before it is sealed and after.
    """
    room = seats["bedside"]
    assert send(room, *(rows for rows, *_ in KINDS.values())) == [
        code for *_, code, _ in KINDS.values()
    ]

    for kind, (*_, expected) in KINDS.items():
        assert sorted(read(seats[kind])) == sorted(expected)
    sealing.seal(room.clinic, clock.now())
    for kind, (*_, expected) in KINDS.items():
        assert sorted(read(seats[kind])) == sorted(expected)
    assert listing.unclaimed(room.clinic) == listing.unread(room.clinic) == []


@pytest.mark.hazard(13)
def test_a_message_of_another_patient_is_quarantined_and_a_claim_charts_it(seats):
    """A monitor's readings on another patient: contradicted numbers wait for a nurse."""
    room = seats["spot check"]
    other = [row.replace("DEMO-3077", "DEMO-9999") for row in SPOTTED]
    send(room, other)
    assert read(room) == []
    (waits,) = listing.unclaimed(room.clinic)
    ids = [each["id"] for moment in waits["moments"] for each in moment["readings"]]

    room.do("claim_readings", readings=ids, reason="the wristband was read wrongly")

    assert sorted(read(room)) == sorted(KINDS["spot check"][-1])
    assert listing.unclaimed(room.clinic) == []
