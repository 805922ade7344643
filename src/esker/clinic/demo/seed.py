"""The means by which the demo's day is made: the way any day is, by commands and by messages.

Nothing here writes a table of its own but the clinic and its people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from esker.clinic import clock, tenancy
from esker.clinic.demo import bodies, cast
from esker.clinic.demo.bedside import Bedside, body_of
from esker.clinic.demo.cast import Patient
from esker.clinic.demo.pharmacy import PRODUCTS, Pack
from esker.clinic.demo.voices import Voice
from esker.clinic.devices import intake
from esker.clinic.ledger import store
from esker.clinic.people import commands as people
from esker.clinic.people import signing
from esker.clinic.people.models import Clinic, User
from esker.clinic.sessions import queries, service
from esker.clinic.setup import commands as setup
from esker.core.ledger import Draft, Refused
from esker.core.monitoring.channels import UNIT, Channel
from esker.core.protocols.load import load
from esker.protocol_files import text_of

CLINIC = str(cast.CLINIC)
STEP = timedelta(minutes=2)  # how often the monitors speak while the morning is made
CODE = timedelta(seconds=30)  # one code signs once; then the next is waited for
NURSE_CHARTS = (Channel.SBP, Channel.DBP, Channel.HR, Channel.SPO2, Channel.RR)


class Unseeded(Exception):
    """A step of the demo's own day was refused; its sentence says why."""


class Day:
    """A simulated day in the making: its clock, its monitors, and what its staff say."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.count = 0
        self.bedside = Bedside(CLINIC)
        self.voices = [Voice(each, self.bedside.look, STEP) for each in cast.SPEAKING]
        clock.install(lambda: self.now)

    def until(self, moment: datetime) -> None:
        """Let the time pass: monitors speak, and the nurse does what falls due."""
        while self.now < moment:
            self.now = min(self.now + STEP, moment)
            self.hear()
            for said in self.bedside.sessions:
                self._attend(said)

    def hear(self) -> None:
        """What the monitors say now, over the same intake as the socket's."""
        self.bedside.refresh(self.now)
        for voice in self.voices:
            for raw in voice.until(self.now):
                intake.receive(CLINIC, raw, self.now)

    def _attend(self, said: Mapping[str, Any]) -> None:
        patient = next(each for each in cast.PATIENTS if each.session == said["session"])
        for check in said["due"]:
            if check["channels"]:
                self.vitals(patient)
            for scale in check["scales"]:
                self.score(patient, scale)

    def vitals(self, patient: Patient) -> None:
        """The monitor speaks, and the nurse charts what its screen shows."""
        self.hear()
        felt, body = self._felt(patient)
        shown = bodies.vitals(body, felt, self.now)
        charted = [
            {"channel": channel, "value": str(round(shown[channel])), "unit": UNIT[channel]}
            for channel in NURSE_CHARTS
        ]
        self.tell(patient, "record_vitals", vitals=charted)

    def score(self, patient: Patient, scale: str) -> None:
        felt, _ = self._felt(patient)
        value = felt.moaa_s if scale == "moaa_s" else round(felt.cadss)
        self.tell(patient, "record_scale", scale=scale, value=str(value))

    def _felt(self, patient: Patient) -> tuple[bodies.Effect, bodies.Body]:
        self.bedside.refresh(self.now)
        said = next(each for each in self.bedside.sessions if each["session"] == patient.session)
        body = body_of(said["patient"])
        return bodies.effect(body, bodies.taken(said), self.now), body

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

    def arrive(self, patient: Patient) -> None:
        """Through the door: two identifiers and a weight."""
        identifiers = [
            {"what": "name", "value": patient.name},
            {"what": "born", "value": patient.born.isoformat()},
        ]
        self.tell(patient, "arrive", identifiers=identifiers)
        self.tell(patient, "weigh", weight=patient.weight_kg, unit="kg")

    def seat(self, patient: Patient, chair: int) -> None:
        """A chair with its monitor, and the first vitals."""
        place = {"chair": cast.CHAIRS[chair - 1], "monitor": cast.MONITORS[chair - 1]}
        self.tell(patient, "pair_monitor", **place)
        self.vitals(patient)

    def ready(self, patient: Patient) -> None:
        """Every readiness question, answered as the protocol wants it, and the scores before."""
        protocol = service.protocol_of(CLINIC, patient.session)
        answers = {question.id: question.wanted for question in protocol.readiness}
        self.tell(patient, "answer_readiness", answers=answers)
        for scale in protocol.scales:
            self.score(patient, scale.id)

    def scan(self, patient: Patient, pack: Pack) -> None:
        """The code alone: what it stands for is in the catalogue."""
        self.tell(patient, "scan_vial", code=pack.code)

    def holds(self, patient: Patient, kind: str) -> str:
        """The rule that holds this command up. Raises Unseeded when none does."""
        nurse = User.objects.get(username="nurse")
        found = queries.session(CLINIC, patient.session, self.now, nurse)["commands"]
        rule = next(each["rule"] for each in found if each["kind"] == kind)
        if not rule:
            raise Unseeded(f"{patient.name}: nothing holds {kind} up")
        return str(rule)


def declare(day: Day) -> None:
    """The ledger says for itself that it is a play, in whatever whole export it ends up."""
    said = {"simulation": True, "sentence": "SIMULATION: nobody in this ledger is real."}
    with tenancy.scope(CLINIC):
        store.append(
            CLINIC,
            command=str(uuid4()),
            actor="demo",
            drafts=[Draft("simulation.declared", said, day.now)],
            stream="clinic:simulation",
            recorded_at=day.now,
        )


def staff(day: Day) -> None:
    """The clinic and its people; all of them are in the building this morning."""
    clinic = Clinic.objects.create(id=cast.CLINIC, name="Demo Clinic", zone="UTC")
    declare(day)
    for member in cast.STAFF:
        user = User.objects.create_user(
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
        accepted(people.set_pin(user, cast.PASSWORD, member.pin))


def equip(day: Day) -> dict[str, str]:
    """Chairs, monitors, products, and the protocols, fictionally signed; their hashes by id."""
    admin = User.objects.get(username="admin")
    for chair, monitor in zip(cast.CHAIRS, cast.MONITORS, strict=True):
        accepted(setup.add_chair(admin, chair))
        accepted(setup.add_monitor(admin, monitor, f"Monitor of {chair}", chair))
    for product in PRODUCTS:
        accepted(setup.add_product(admin, **product))
    hashes = {name: load(text_of(name))[1] for name in cast.PROTOCOLS}
    signer = User.objects.get(username="prescriber")
    for name, seen in hashes.items():
        code = signing.current_code(signer, day.now)
        factors = ("prescriber", cast.PASSWORD, code)
        accepted(setup.sign_protocol(CLINIC, text_of(name), seen, *factors))
        day.now += CODE
    return hashes


def accepted(answer: Refused | None) -> None:
    if answer is not None:
        raise Unseeded(answer.sentence)
