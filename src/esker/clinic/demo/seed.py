"""The demo's day so far, made the way any day is made: by commands and by monitor messages.

Nothing here writes a table of its own. Six chairs end in six states, so that a newcomer sees an
empty chair, a running infusion, a recovery, and a hold that waits for a prescriber.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from esker.clinic import clock, tenancy
from esker.clinic.demo import cast
from esker.clinic.demo.cast import CEDAR, ELM, FIR, GINKGO, Patient
from esker.clinic.demo.monitors import message
from esker.clinic.devices import intake
from esker.clinic.ledger import store
from esker.clinic.people import signing
from esker.clinic.people.models import Clinic, User
from esker.clinic.sessions import service
from esker.clinic.setup import commands as setup
from esker.core.ledger import Draft, Refused
from esker.core.monitoring.channels import UNIT, Channel
from esker.core.protocols.load import load
from esker.protocol_files import text_of

CLINIC = str(cast.CLINIC)
CALM = {"sbp": 122, "dbp": 76, "hr": 70, "spo2": 98, "rr": 14}
EARLIER = timedelta(minutes=15)  # the clinic is set up before its doors open
RAISED = {"sbp": 166, "dbp": 98, "hr": 84, "spo2": 97, "rr": 15}


class Unseeded(Exception):
    """A step of the demo's own day was refused; its sentence says why."""


class Day:
    """Writes a simulated day: a clock in the past, commands by the staff, monitor messages."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.count = 0
        clock.install(lambda: self.now)

    def at(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def tell(self, patient: Patient, kind: str, /, by: str = "nurse", **fields: object) -> None:
        """One command to the patient's session; a refusal stops the seeding, loudly."""
        self.count += 1
        payload = {
            "id": str(cast.fixed(f"seed {self.count}")),
            "command": {"kind": kind, **fields},
        }
        user = User.objects.get(username=by)
        if kind in {"sign_order", "sign_override"}:
            code = signing.current_code(user, self.now)
            payload["signature"] = {"username": by, "password": cast.PASSWORD, "totp": code}
        answer = service.handle(CLINIC, patient.session, payload, user)
        if isinstance(answer, Refused):
            raise Unseeded(f"{patient.name}, {kind}: {answer.sentence}")

    def monitor(self, chair: int, vitals: dict[str, int]) -> None:
        """One message of the chair's monitor, over the same intake as the socket's."""
        self.count += 1
        raw = message(
            cast.MONITORS[chair - 1],
            f"SEED{self.count}",
            self.now,
            {Channel(name): value for name, value in vitals.items()},
        )
        intake.receive(CLINIC, raw, self.now)

    def vitals(self, patient: Patient, chair: int, vitals: dict[str, int]) -> None:
        """A message, and the nurse who charts what the screen shows."""
        self.monitor(chair, vitals)
        charted = [
            {"channel": name, "value": str(value), "unit": UNIT[Channel(name)]}
            for name, value in vitals.items()
        ]
        self.tell(patient, "record_vitals", vitals=charted)


def open_all(day: Day, hashes: dict[str, str]) -> None:
    """This morning's list: every session opened, consent asked, order signed."""
    for place, patient in enumerate(cast.PATIENTS):
        planned = day.now + timedelta(minutes=30 * place)
        day.tell(
            patient,
            "open_session",
            by="frontdesk",
            patient=patient.person(),
            protocol_hash=hashes[patient.protocol],
            planned_at=planned.isoformat(),
        )
        service.record_consent(CLINIC, str(patient.person()["id"]), "yes", "prescriber")
        day.wait(1)  # one code signs once; the next signature needs the next code
        form = ("esketamine", "nasal") if "dose_mg" in patient.dose else ("ketamine", "iv")
        day.tell(
            patient,
            "sign_order",
            by="prescriber",
            drug=form[0],
            route=form[1],
            weight_kg=patient.weight_kg,
            prns=PRNS,
            **patient.dose,
        )


PRNS = [
    {
        "name": "ondansetron",
        "dose": "4",
        "unit": "mg",
        "route": "iv",
        "for_what": "nausea or vomiting",
        "max_doses": 1,
    },
    {
        "name": "midazolam",
        "dose": "0.03",
        "unit": "mg/kg",
        "route": "iv",
        "for_what": "severe agitation",
        "max_doses": 1,
    },
]


def arrive(day: Day, patient: Patient, chair: int) -> None:
    """Through the door: two identifiers, weight, a chair with its monitor."""
    identifiers = [
        {"what": "name", "value": patient.name},
        {"what": "born", "value": patient.born.isoformat()},
    ]
    day.tell(patient, "arrive", identifiers=identifiers)
    day.tell(patient, "weigh", weight=patient.weight_kg, unit="kg")
    day.tell(
        patient,
        "pair_monitor",
        chair=cast.CHAIRS[chair - 1],
        monitor=cast.MONITORS[chair - 1],
    )


def ready(day: Day, patient: Patient) -> None:
    """Every readiness question, answered as the protocol wants it."""
    protocol = service.protocol_of(CLINIC, patient.session)
    answers = {question.id: question.wanted for question in protocol.readiness}
    day.tell(patient, "answer_readiness", answers=answers)
    day.tell(patient, "record_scale", scale="moaa_s", value="5")
    day.tell(patient, "record_scale", scale="cadss", value="0")


def staff(day: Day) -> None:
    """The clinic and its people; all of them are in the building this morning."""
    clinic = Clinic.objects.create(id=cast.CLINIC, name="Demo Clinic", zone="UTC")
    for member in cast.STAFF:
        User.objects.create_user(
            member.username,
            cast.PASSWORD,
            clinic=clinic,
            name=member.name,
            roles=list(member.roles),
            licence=member.licence or "",
            totp_secret=signing.new_secret(),
        )
        with tenancy.scope(CLINIC):
            store.append(
                CLINIC,
                command=str(uuid4()),
                actor=member.username,
                drafts=[Draft("staff.arrived", {}, day.now)],
                stream=f"staff:{member.username}",
                recorded_at=day.now,
            )


def equip(day: Day) -> dict[str, str]:
    """Chairs, monitors, products, and the protocols, fictionally signed; their hashes by id."""
    admin = User.objects.get(username="admin")
    for chair, monitor in zip(cast.CHAIRS, cast.MONITORS, strict=True):
        accepted(setup.add_chair(admin, chair))
        accepted(setup.add_monitor(admin, monitor, f"Monitor of {chair}", chair))
    for product in cast.PRODUCTS:
        accepted(setup.add_product(admin, **product))
    hashes = {name: load(text_of(name))[1] for name in cast.PROTOCOLS}
    signer = User.objects.get(username="prescriber")
    for name, seen in hashes.items():
        code = signing.current_code(signer, day.now)
        factors = ("prescriber", cast.PASSWORD, code)
        accepted(setup.sign_protocol(CLINIC, text_of(name), seen, *factors))
        day.wait(1)  # one code signs once
    return hashes


def accepted(answer: Refused | None) -> None:
    if answer is not None:
        raise Unseeded(answer.sentence)


def day(start: datetime) -> datetime:
    """Make the whole morning; returns the simulated instant at which the demo begins."""
    today = Day(start - EARLIER)
    staff(today)
    hashes = equip(today)
    today.at(start)
    open_all(today, hashes)
    today.wait(30)
    recovering(today)
    held(today)
    infusing(today)
    arrive(today, GINKGO, 6)
    today.monitor(6, CALM)
    return today.now


def recovering(day: Day) -> None:
    """Chair 4: three devices given, now in recovery."""
    arrive(day, ELM, 4)
    day.vitals(ELM, 4, CALM)
    ready(day, ELM)
    for number in (1, 2, 3):
        scan_device(day, ELM, number)
    day.tell(ELM, "clear", order_version=1)
    day.tell(ELM, "start", order_version=1)
    for number in (1, 2, 3):
        if number > 1:
            day.wait(5)
            day.vitals(ELM, 4, CALM | {"sbp": 128 + 4 * number})
            day.tell(ELM, "next_device", order_version=1, device=number)
        vial = f"DEMO-DEVICE-{number}"
        day.tell(ELM, "device_given", device=number, vial=vial, order_version=1)
    day.tell(ELM, "end_dose")
    day.wait(25)
    day.vitals(ELM, 4, CALM | {"sbp": 141, "dbp": 86, "hr": 82})


def scan_device(day: Day, patient: Patient, number: int) -> None:
    day.tell(
        patient,
        "scan_vial",
        code=f"DEMO-DEVICE-{number}",
        vial=f"DEMO-DEVICE-{number}",
        gtin=None,
        lot="DEMO-LOT",
        expires="2030-12-31",
        drug="esketamine",
        form="device",
        content_mg="28",
        known=False,
        read_by="nurse2",
    )


def held(day: Day) -> None:
    """Chair 5: a raised pressure, held, and an override asked for."""
    arrive(day, FIR, 5)
    day.vitals(FIR, 5, RAISED)
    ready(day, FIR)


def infusing(day: Day) -> None:
    """Chair 3: an infusion, fifteen minutes in."""
    arrive(day, CEDAR, 3)
    day.vitals(CEDAR, 3, CALM)
    ready(day, CEDAR)
    day.tell(
        CEDAR,
        "scan_vial",
        code="DEMO-VIAL-1",
        vial="DEMO-VIAL-1",
        lot="DEMO-LOT",
        expires="2030-12-31",
        drug="ketamine",
        form="vial",
        strength_mg_per_ml="50",
        volume_ml="10",
        known=False,
        read_by="nurse2",
    )
    day.tell(
        CEDAR,
        "draw_up",
        order_version=1,
        vial="DEMO-VIAL-1",
        drawn_ml="0.64",
        diluent_ml="49.36",
        final_ml="50",
        pump_rate_ml_per_h="75",
    )
    day.tell(CEDAR, "clear", order_version=1)
    day.tell(CEDAR, "start", order_version=1)
    for minutes in (5, 5, 5):
        day.wait(minutes)
        day.vitals(CEDAR, 3, CALM | {"sbp": 131, "hr": 79})
