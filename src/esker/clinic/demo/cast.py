"""Who works in the demo clinic and who comes today: plainly fictional, named after trees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_DNS, UUID, uuid5

from esker.clinic.demo.bodies import Body
from esker.clinic.demo.voices import Monitor
from esker.core.monitoring.channels import Channel

CLINIC = uuid5(NAMESPACE_DNS, "clinic.esker.example")
PASSWORD = "demo"  # noqa: S105  (a demo folder holds no real person, and listens on loopback only)


def fixed(name: str) -> UUID:
    """A stable id, so that a demo started anew has the same addresses."""
    return uuid5(CLINIC, name)


@dataclass(frozen=True, slots=True)
class Member:
    username: str
    name: str
    roles: tuple[str, ...]
    pin: str
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    key: str
    name: str
    born: date
    mrn: str
    sex: str
    allergies: tuple[str, ...]
    weight_kg: str
    protocol: str
    dose: dict[str, str]

    @property
    def session(self) -> str:
        return str(fixed(f"session {self.key}"))

    def person(self) -> dict[str, object]:
        """The identity that a session is opened with."""
        return {
            "id": str(fixed(f"patient {self.key}")),
            "name": self.name,
            "born": self.born.isoformat(),
            "mrn": self.mrn,
            "sex": self.sex,
            "allergies": list(self.allergies),
        }


STAFF = (
    Member("nurse", "Demo Nurse Hazel", ("nurse",), "4821"),
    Member("nurse2", "Demo Nurse Rowan", ("nurse",), "4822"),
    Member("prescriber", "Demo Dr Linden", ("prescriber",), "4823", "DEMO-LICENCE-1"),
    Member("frontdesk", "Demo Desk Willow", ("front_desk",), "4824"),
    Member("custodian", "Demo Custodian Yew", ("custodian",), "4825"),
    Member("admin", "Demo Admin Maple", ("administrator",), "4826"),
)
PINS = {member.username: member.pin for member in STAFF}

NASAL_US = "esketamine-trd-us"
NASAL_EU = "esketamine-trd-eu"
INFUSION = "ketamine-iv"
PROTOCOLS = (NASAL_US, NASAL_EU, INFUSION)
DEVICES_84, DEVICES_56 = {"dose_mg": "84"}, {"dose_mg": "56"}
HALF_MG_PER_KG = {"dose_mg_per_kg": "0.5", "duration_min": "40"}

ALDER = Patient(
    "alder",
    "Demo Alder",
    date(1984, 4, 12),
    "DEMO-1001",
    "female",
    (),
    "71.5",
    NASAL_US,
    DEVICES_56,
)
BIRCH = Patient(
    "birch",
    "Demo Birch",
    date(1976, 9, 3),
    "DEMO-1002",
    "male",
    ("penicillin",),
    "80.0",
    INFUSION,
    HALF_MG_PER_KG,
)
CEDAR = Patient(
    "cedar",
    "Demo Cedar",
    date(1991, 1, 27),
    "DEMO-1003",
    "female",
    (),
    "64.0",
    INFUSION,
    HALF_MG_PER_KG,
)
ELM = Patient(
    "elm",
    "Demo Elm",
    date(1969, 11, 8),
    "DEMO-1004",
    "male",
    ("latex",),
    "92.0",
    NASAL_US,
    DEVICES_84,
)
FIR = Patient(
    "fir", "Demo Fir", date(1958, 6, 19), "DEMO-1005", "female", (), "68.0", NASAL_US, DEVICES_56
)
GINKGO = Patient(
    "ginkgo", "Demo Ginkgo", date(1988, 2, 2), "DEMO-1006", "male", (), "77.0", NASAL_EU, DEVICES_56
)
JUNIPER = Patient(
    "juniper",
    "Demo Juniper",
    date(1979, 12, 30),
    "DEMO-1007",
    "female",
    ("peanut", "latex"),
    "59.5",
    INFUSION,
    HALF_MG_PER_KG,
)
PATIENTS = (ALDER, BIRCH, CEDAR, ELM, FIR, GINKGO, JUNIPER)

# Who they are to the pharmacology: the seed is the person. Cedar's pressure rises far more than the
# model's, so that the day has an infusion to pause; Fir comes with a raised one.
BODIES = {
    str(fixed(f"patient {patient.key}")): body
    for patient, body in (
        (ALDER, Body(3, rise=2)),
        (BIRCH, Body(9, rise=2)),
        (CEDAR, Body(18, {Channel.SBP: 106, Channel.DBP: 66}, rise=8)),
        (ELM, Body(6, {Channel.SBP: 118, Channel.DBP: 74}, rise=2)),
        (FIR, Body(4, {Channel.SBP: 167, Channel.DBP: 98, Channel.HR: 84}, rise=2)),
        (GINKGO, Body(8, rise=1.5)),
        (JUNIPER, Body(10, rise=2)),
    )
}

CHAIRS = tuple(f"Chair {number}" for number in range(1, 7))
MONITORS = tuple(f"DEMO-MON-{number}" for number in range(1, 7))

# Nobody is tied to the second, which speaks all the same and uses a code of its maker's own; the
# fourth has a probe that falls off now and then.
SPEAKING = tuple(
    Monitor(identity, idles=number == 2, private=number == 2, loose=number == 4)
    for number, identity in enumerate(MONITORS, start=1)
)
