"""A room without a server: commands in, entries and state out, on a clock that a test sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from esker.core.ledger import GENESIS, Draft, Entry, Refused, canonical, seal
from esker.core.monitoring.channels import UNIT, Channel, Reading, Source
from esker.core.protocols.load import load
from esker.core.session.commands import COMMANDS, Tri
from esker.core.session.decide import decide
from esker.core.session.evolve import evolve
from esker.core.session.state import Actor, Role, Session, Signature, Window
from esker.protocol_files import text_of

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NURSE = Actor("nurse", "Demo Nurse Hazel", frozenset({Role.NURSE}))
OTHER = Actor("nurse2", "Demo Nurse Rowan", frozenset({Role.NURSE}))
DOCTOR = Actor("doctor", "Demo Dr Linden", frozenset({Role.PRESCRIBER}), "DEMO-1", True)
NOBODY = Actor("screen", None, frozenset())
CALM = {"sbp": 122, "dbp": 76, "hr": 70, "spo2": 98, "rr": 14}
PERSON = {"id": "p1", "name": "Demo Alder", "born": "1984-04-12", "mrn": "DEMO-1001"}


class Room:
    """One session of one protocol; `do` acts, `refused` expects a refusal and returns it."""

    def __init__(self, protocol: str) -> None:
        self.protocol, self.hash = load(text_of(protocol))
        self.now = START
        self.state = Session()
        self.person = dict(PERSON)
        self.entries: list[Entry] = []
        self.window = Window(
            consent=Tri.YES, prescribers_on_site=frozenset({"doctor"}), screens_watching=1
        )

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def ask(self, kind: str, by: Actor = NURSE, **fields: object) -> list[Draft] | Refused:
        if kind in ("sign_order", "sign_override"):
            by = replace(by, signature=Signature(by.id, kind, self.now))
        command = COMMANDS.validate_python({"kind": kind, **fields})
        answer = decide(self.state, self.window, command, self.protocol, self.now, by)
        if not isinstance(answer, Refused):
            for n, draft in enumerate(answer):
                self._append(draft, by.id, n)
        return answer

    def do(self, kind: str, by: Actor = NURSE, **fields: object) -> list[Draft]:
        answer = self.ask(kind, by, **fields)
        assert not isinstance(answer, Refused), answer
        return answer

    def refused(self, kind: str, by: Actor = NURSE, **fields: object) -> Refused:
        answer = self.ask(kind, by, **fields)
        assert isinstance(answer, Refused), answer
        return answer

    def _append(self, draft: Draft, actor: str, n: int) -> None:
        seq = self.state.seq + 1
        prev = self.entries[-1].digest if self.entries else GENESIS
        entry = seal(
            Entry(
                "clinic", f"e{seq}", f"c{seq}", n, "session:s1", seq, draft.kind,
                draft.occurred_at, self.now, actor, None, self.hash, canonical(draft.body), prev, "",
            )
        )  # fmt: skip
        self.entries.append(entry)
        self.state = evolve(self.state, entry)

    def last(self, kind: str) -> int:
        """The place of the newest entry of this kind."""
        return max(n for n, entry in enumerate(self.entries) if entry.kind == kind)

    def newest(self, kind: str) -> dict[str, object]:
        """The body of the newest entry of this kind."""
        return self.entries[self.last(kind)].data()

    def monitor(self, **vitals: int) -> None:
        """The paired monitor's newest values, as the window hands them in."""
        self.window = replace(
            self.window,
            readings=tuple(
                Reading(
                    f"{name}@{self.now}", Channel(name), Decimal(value), UNIT[Channel(name)],
                    self.now, self.now, Source.MONITOR, "MON-1",
                )
                for name, value in (CALM | vitals).items()
            ),
        )  # fmt: skip

    # -- stretches of a session that many tests begin with ----------------------------------------

    def opened(self) -> Room:
        self.do(
            "open_session",
            patient=self.person,
            protocol_hash=self.hash,
            planned_at=START.isoformat(),
        )
        return self

    def ordered(self) -> Room:
        self.opened()
        drug = self.protocol.drug
        dose: dict[str, object] = {"dose_mg": "56"}
        if drug.form == "infusion":
            dose = {"dose_mg_per_kg": "0.5", "duration_min": "40", "weight_kg": "70"}
        self.do("sign_order", DOCTOR, drug=drug.name, route=drug.route, **dose)
        return self

    def arrived(self) -> Room:
        self.ordered()
        identifiers = [
            {"what": "name", "value": "Demo Alder"},
            {"what": "born", "value": self.person["born"]},
        ]
        self.do("arrive", identifiers=identifiers)
        self.do("weigh", weight="70", unit="kg")
        self.do("pair_monitor", chair="Chair 1", monitor="MON-1")
        return self

    def ready(self) -> Room:
        self.arrived()
        answers = {question.id: question.wanted for question in self.protocol.readiness}
        self.do("answer_readiness", answers=answers)
        self.do("record_scale", scale="moaa_s", value="5")
        self.do("record_scale", scale="cadss", value="0")
        self.monitor()
        return self

    def scan(self, vial: str, **change: object) -> list[Draft] | Refused:
        form: dict[str, object] = {"form": "device", "content_mg": "28"}
        if self.protocol.drug.form == "infusion":
            form = {"form": "vial", "strength_mg_per_ml": "50", "volume_ml": "10"}
        return self.ask(
            "scan_vial",
            **{
                "code": vial, "vial": vial, "lot": "L1", "expires": "2027-12-31",
                "drug": self.protocol.drug.name, **form, **change,
            },
        )  # fmt: skip

    def cleared(self) -> Room:
        self.ready()
        self.scan("V1")
        if self.protocol.drug.form == "infusion":
            self.do("draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="49.3",
                    final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
        else:
            self.scan("V2")
        self.do("clear", order_version=1)
        return self

    def dosing(self) -> Room:
        self.cleared()
        self.do("start", order_version=1)
        return self

    def recovering(self) -> Room:
        """Dosed as ordered, with the dose ended."""
        self.dosing()
        if self.protocol.drug.form == "infusion":
            self.wait(40)
        else:
            self.do("device_given", device=1, vial="V1", order_version=1)
            self.wait(5)
            self.monitor()
            self.do("next_device", order_version=1, device=2)
            self.do("device_given", device=2, vial="V2", order_version=1)
        self.do("end_dose")
        return self

    def well(self) -> Room:
        """Everything that the door asks for, as of now, except the time."""
        self.monitor()
        self.do("record_scale", scale="moaa_s", value="5")
        self.do("record_scale", scale="cadss", value="1")
        answers = {each.id: "yes" for each in self.protocol.discharge if each.kind == "answer"}
        self.do("assess_discharge", answers=answers)
        self.do("escort_seen", name="Demo Friend", relation="friend", drives="yes")
        return self
