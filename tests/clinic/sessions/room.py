"""A chair in a test clinic: commands through the service, monitor values through the journal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from esker.clinic import clock, tenancy
from esker.clinic.devices import journal
from esker.clinic.devices.models import Sample
from esker.clinic.ledger import store
from esker.clinic.people import signing
from esker.clinic.sessions import queries, service
from esker.core.ledger import Draft
from esker.core.protocols.load import canonical_text, load
from esker.protocol_files import text_of
from tests.conftest import NOW, PASSWORD

CALM = {"sbp": 122, "dbp": 76, "hr": 70, "spo2": 98, "rr": 14}
PERSON = {"id": "p1", "name": "Demo Alder", "born": "1984-04-12", "mrn": "DEMO-1001"}


class Room:
    """One session; `now` is the clinic's clock while a test runs."""

    def __init__(self, clinic, nurse, prescriber, protocol="esketamine-trd-us"):
        self.clinic, self.nurse, self.prescriber = str(clinic.id), nurse, prescriber
        self.session = str(uuid4())
        self.protocol, self.hash = load(text_of(protocol))
        self.now = NOW
        sign(self.clinic, prescriber.username, protocol)

    def payload(self, kind, **fields):
        return {"id": str(uuid4()), "command": {"kind": kind, **fields}}

    def signed(self, kind, **fields):
        code = signing.current_code(self.prescriber, self.now)
        factors = {"username": self.prescriber.username, "password": PASSWORD, "totp": code}
        return {**self.payload(kind, **fields), "signature": factors}

    def send(self, payload, user=None):
        return service.handle(self.clinic, self.session, payload, user or self.nurse)

    def do(self, kind, user=None, **fields):
        answer = self.send(self.payload(kind, **fields), user)
        assert isinstance(answer, service.Accepted), answer
        return answer

    def state(self):
        return queries.session(self.clinic, self.session, self.now, self.nurse)

    def monitor(self, **vitals):
        with tenancy.scope(self.clinic):
            values = (CALM | vitals).items()
            Sample.objects.create(
                clinic_id=self.clinic,
                monitor="MON-1",
                observed_at=self.now,
                received_at=self.now,
                shown=journal.shown((channel, "", Decimal(value)) for channel, value in values),
            )

    def open(self):
        self.do("open_session", patient=PERSON, protocol_hash=self.hash, planned_at=NOW.isoformat())
        return self

    def arrived(self):
        self.open()
        identifiers = [
            {"what": "name", "value": PERSON["name"]},
            {"what": "born", "value": PERSON["born"]},
        ]
        self.do("arrive", identifiers=identifiers)
        self.do("pair_monitor", chair="Chair 1", monitor="MON-1")
        return self

    def present(self, person):
        with tenancy.scope(self.clinic):
            store.append(
                self.clinic, command=str(uuid4()), actor=person.username, recorded_at=self.now,
                drafts=[Draft("staff.arrived", {}, self.now)], stream=person.stream,
            )  # fmt: skip

    def wait(self, **span):
        self.now += timedelta(**span)


def sign(clinic_id, by, name):
    """The protocol signed, as its entry says; the two factors have tests of their own."""
    text = text_of(name)
    protocol, digest = load(text)
    said = {
        "protocol": protocol.id, "title": protocol.title, "version": str(protocol.version),
        "hash": digest, "text": canonical_text(text), "licence": "DEMO-1", "meaning": "test",
    }  # fmt: skip
    with tenancy.scope(clinic_id):
        store.append(
            clinic_id, command=str(uuid4()), actor=by, recorded_at=NOW, stream="clinic:setup",
            drafts=[Draft("protocol.signed", said, NOW)],
        )  # fmt: skip


def install(room):
    clock.install(lambda: room.now)
    return room
