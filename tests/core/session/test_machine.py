"""Any commands in any order at any time: what must hold, holds."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from esker.core.ledger import Refused, faults
from esker.core.protocols.schema import Phase
from esker.core.session import dosing
from esker.core.session.evolve import fold
from esker.core.session.state import Dosing
from tests.core.session.clinicroom import DOCTOR, NURSE, OTHER, Room

WORSE = [
    {}, {"spo2": 91}, {"spo2": 85}, {"sbp": 150}, {"sbp": 190}, {"hr": 130}, {"sbp": 70}, {"hr": 400}
]  # fmt: skip


class Session(RuleBasedStateMachine):
    """Commands are rules; the invariants are the hazards 3, 4 and 23."""

    @initialize(protocol=st.sampled_from(["esketamine-trd-us", "ketamine-iv"]))
    def opened(self, protocol):
        self.room = Room(protocol).ordered()
        self.starts = 0

    @rule(minutes=st.sampled_from([0.2, 1, 4, 6, 20, 45, 125]))
    def wait(self, minutes):
        self.room.wait(minutes)

    @rule(vitals=st.sampled_from(WORSE))
    def monitor(self, vitals):
        self.room.monitor(**vitals)

    @rule(
        stage=st.sampled_from(["arrive", "ready", "scan", "draw", "well"]),
        vial=st.sampled_from(["V1", "V2", "V3"]),
    )
    def prepare(self, stage, vial):
        ask = self.room.ask
        match stage:
            case "arrive":
                born, mrn = (
                    {"what": "born", "value": "1984-04-12"},
                    {"what": "mrn", "value": "DEMO-1001"},
                )
                ask("arrive", identifiers=[born, mrn])
                ask("weigh", weight="70", unit="kg")
                ask("pair_monitor", chair="Chair 1", monitor="MON-1")
            case "ready":
                wanted = {each.id: each.wanted for each in self.room.protocol.readiness}
                ask("answer_readiness", answers=wanted)
            case "scan":
                self.room.scan(vial)
            case "draw":
                ask("draw_up", order_version=1, vial=vial, drawn_ml="0.7", diluent_ml="49.3",
                    final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
            case "well" if self.room.state.closed_at is None:
                self.room.well()

    @rule(kind=st.sampled_from(["clear", "start", "resume"]), version=st.sampled_from([1, 1, 1, 2]))
    def ask(self, kind, version):
        before = self.room.state
        answer = self.room.ask(kind, order_version=version)
        if kind == "start" and not isinstance(answer, Refused):
            self.starts += 1
            assert before.order
            assert before.cleared_at
            assert before.vials
            assert version == before.order.version

    @rule(device=st.sampled_from([2, 3]))
    def next_device(self, device):
        answer = self.room.ask("next_device", order_version=1, device=device)
        if not isinstance(answer, Refused):
            assert dosing.given_mg(self.room.state, self.room.now) <= Decimal(28)

    @precondition(lambda self: self.room.state.closed_at is None)
    @rule(
        told=st.sampled_from(
            ["vitals", "device", "pause", "stop", "end", "event", "rescue", "call"]
        ),
        vial=st.sampled_from(["V1", "V2", "V9"]),
        device=st.sampled_from([1, 2, 3]),
        ago=st.sampled_from([0, 0, 2, 30]),
    )
    def tell(self, told, vial, device, ago):
        """Tells are always recorded."""
        when = {"occurred_at": (self.room.now - timedelta(minutes=ago)).isoformat()}
        match told:
            case "vitals":
                vitals = [{"channel": "hr", "value": "71", "unit": "/min"}]
                self.room.do("record_vitals", vitals=vitals, **when)
            case "device":
                self.room.do("device_given", device=device, vial=vial, order_version=1, **when)
            case "pause":
                self.room.do("pause", reason="asked", **when)
            case "stop":
                self.room.do("stop", reason="asked", **when)
            case "end":
                self.room.do("end_dose", **when)
            case "event":
                self.room.do("adverse_event", term="nausea", severity="mild", serious=False)
            case "rescue":
                self.room.do("give_rescue", medicine="oxygen", dose="1", unit="mg", route="mask")
            case "call":
                self.room.do("emergency", NURSE)

    @rule(doctor=st.booleans())
    def override(self, doctor):
        refused = self.room.ask("clear", order_version=1)
        if isinstance(refused, Refused) and refused.rule and doctor:
            signed = self.room.ask("sign_override", DOCTOR, rule=refused.rule, reason="judged")
            assert isinstance(signed, Refused) == (refused.strength != "hold")

    @rule()
    def discharge(self):
        before = self.room.state
        if isinstance(self.room.ask("discharge"), Refused) or not before.given:
            return
        last = dosing.anchor(before, self.room.protocol.observation.anchor)
        minimum = timedelta(minutes=float(self.room.protocol.observation.minimum.value))
        assert last is not None
        assert self.room.now - last >= minimum
        assert before.escort
        assert before.emergency_at is None

    @invariant()
    def one_start(self):
        """No double dose: a session is started once."""
        assert self.starts <= 1

    @invariant()
    def within_the_ceiling(self):
        """What an infusion gives never exceeds what was drawn up and the ceiling."""
        room = self.room
        if room.protocol.drug.form == "infusion":
            assert dosing.given_mg(room.state, room.now) <= room.protocol.dose.ceiling.value

    @invariant()
    def the_record_is_whole(self):
        assert [] == list(faults(self.room.entries))
        assert self.room.state == fold(self.room.entries)

    @invariant()
    def there_is_always_an_end(self):
        """Whatever happened, the patient can still leave and the session be closed."""
        state = self.room.state
        if state.closed_at is None:
            kind = "leave_against_advice" if state.phase is not Phase.ARRIVE else "cancel"
            words = {"advice": "stay"} if kind == "leave_against_advice" else {"reason": "no show"}
            trial = Room.__new__(Room)
            trial.__dict__ |= self.room.__dict__
            trial.entries = list(self.room.entries)
            trial.do(kind, OTHER, **words)
            assert Phase.HOME is trial.state.phase
            assert trial.state.dosing in (Dosing.DONE, Dosing.NOT_STARTED)


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
