"""The demo's morning: six chairs in six states at the instant at which the demo begins.

Chair 1 is free. At chair 2 nobody sits, and its monitor speaks all the same. Chair 3 has an
infusion with a rising pressure, chair 4 a recovery near the door, chair 5 a raised pressure that
waits for a prescriber, chair 6 a nasal session between two devices. One patient has arrived and
waits for a chair; two are expected, and are the newcomer's to treat.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from esker.clinic.demo.cast import (
    CEDAR,
    ELM,
    FIR,
    GINKGO,
    JUNIPER,
    PATIENTS,
    Patient,
)
from esker.clinic.demo.pharmacy import DEVICES, VIALS_50
from esker.clinic.demo.seed import CLINIC, CODE, Day, equip, staff
from esker.clinic.sessions import service

TAKES: dict[str, dict[str, object]] = {
    "cedar": {"answer": "no"}, "elm": {"answer": "yes", "interactions": ["st_johns_wort"]},
}  # fmt: skip
PLANNED = {  # minutes from the beginning
    "elm": -130, "cedar": -45, "fir": -25, "ginkgo": -15, "juniper": 0, "alder": 15, "birch": 30,
}  # fmt: skip
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


@transaction.atomic  # one commit instead of hundreds: nothing of a half-made morning is kept
def morning(begins: datetime) -> None:
    """Make everything that happened before `begins`, when the newcomer walks in."""

    def to(minutes: float) -> None:
        day.until(begins + timedelta(minutes=minutes))

    day = Day(begins - timedelta(minutes=150))
    staff(day)
    open_all(day, equip(day), begins)
    to(-132)
    arrive(day, ELM, 4)
    to(-124)
    first_device(day, ELM, 0, 3)
    for number, minutes in ((2, -119), (3, -114)):
        to(minutes)
        next_device(day, ELM, number, 0)
    day.tell(ELM, "end_dose")
    to(-45)
    arrive(day, CEDAR, 3)
    to(-24)
    infuse(day, CEDAR)
    to(-20)
    arrive(day, FIR, 5)
    to(-14)
    arrive(day, GINKGO, 6)
    to(-5)
    day.arrive(JUNIPER)
    to(-4)
    why = "Anxious about the cuff; the pressure at home was 128/80 this morning."
    day.tell(FIR, "request_override", rule=day.holds(FIR, "clear"), reason=why)
    to(-2)
    first_device(day, GINKGO, 3, 2)
    to(0)


def open_all(day: Day, hashes: dict[str, str], begins: datetime) -> None:
    """This morning's list: every session opened, consent asked, order signed."""
    for patient in PATIENTS:
        planned = begins + timedelta(minutes=PLANNED[patient.key])
        day.tell(
            patient,
            "open_session",
            by="frontdesk",
            patient=patient.person(),
            protocol_hash=hashes[patient.protocol],
            planned_at=planned.isoformat(),
        )
        service.record_consent(CLINIC, str(patient.person()["id"]), "yes", "prescriber")
        day.now += CODE
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


def arrive(day: Day, patient: Patient, chair: int) -> None:
    """Through the door, into the chair, and asked what the protocol asks."""
    day.arrive(patient)
    day.seat(patient, chair)
    day.ready(patient)
    if patient.key in TAKES:  # the others were not asked, and their forecasts say so
        day.tell(patient, "record_interactions", **TAKES[patient.key])


def first_device(day: Day, patient: Patient, packs: int, ordered: int) -> None:
    """Scanned, cleared, started, and the first device used; `packs` is how many were before."""
    for pack in DEVICES[packs : packs + ordered]:
        day.scan(patient, pack)
    day.vitals(patient)
    day.tell(patient, "clear", order_version=1)
    day.tell(patient, "start", order_version=1)
    use(day, patient, 1, packs)


def next_device(day: Day, patient: Patient, number: int, packs: int) -> None:
    day.vitals(patient)
    day.tell(patient, "next_device", order_version=1, device=number)
    use(day, patient, number, packs)


def use(day: Day, patient: Patient, number: int, packs: int) -> None:
    vial = DEVICES[packs + number - 1].vial
    day.tell(patient, "device_given", device=number, vial=vial, order_version=1)


def infuse(day: Day, patient: Patient) -> None:
    """32 mg in 40 minutes: 0.5 mg/kg for 64 kg, from 50 mg/mL made up to 50 mL."""
    day.scan(patient, VIALS_50[0])
    day.tell(
        patient,
        "draw_up",
        order_version=1,
        vial=VIALS_50[0].vial,
        drawn_ml="0.64",
        diluent_ml="49.36",
        final_ml="50",
        pump_rate_ml_per_h="75",
    )
    day.vitals(patient)
    day.tell(patient, "clear", order_version=1)
    day.tell(patient, "start", order_version=1)
