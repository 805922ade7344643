"""Any commands in any order at any time, under every protocol: what must hold, holds.

The machine keeps its own plain record of what was told and compares the core with that. Each
invariant and each assertion of a rule names the clause that it stands for.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from esker.core.ledger import Refused, faults
from esker.core.monitoring.alarms import conditions
from esker.core.protocols.schema import Phase, Strength
from esker.core.session.commands import Tri
from esker.core.session.decide import KINDS
from esker.core.session.evolve import fold
from esker.core.session.may import GATES, may
from esker.core.session.state import Dosing
from tests.core.monitoring.oracle import expected
from tests.core.session.clinicroom import DOCTOR, NOBODY, NURSE, OTHER, Room

PROTOCOLS = ["esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv"]
SEEN = [
    {}, {}, {"spo2": 91}, {"spo2": 85}, {"sbp": 150}, {"sbp": 190}, {"hr": 130}, {"sbp": 70},
    {"hr": 400},
]  # fmt: skip
WORSE = {
    "sbp": [150, 170, 190, 270, 85, 45], "dbp": [95, 105, 120, 45], "hr": [115, 130, 240, 45],
    "spo2": [93, 91, 85, 45],
}  # fmt: skip
TELLS = {
    "vitals": ("record_vitals", {"vitals": [{"channel": "hr", "value": "71", "unit": "/min"}]}),
    "scale": ("record_scale", {"scale": "cadss", "value": "30"}),
    "pause": ("pause", {"reason": "asked"}),
    "rate": ("change_rate", {"pump_rate_ml_per_h": "70", "reason": "asked"}),
    "stop": ("stop", {"reason": "asked"}),
    "stopped at": ("stop", {"reason": "asked", "given_ml": "20"}),
    "end": ("end_dose", {}),
    "event": ("adverse_event", {"term": "nausea", "severity": "mild", "serious": False}),
    "rescue": ("give_rescue", {"medicine": "oxygen", "dose": "1", "unit": "mg", "route": "mask"}),
    "waste": ("waste", {"vial": "V1", "amount_mg": "14", "witness": OTHER.id}),
    "call": ("emergency", {}),
    "calm": ("end_emergency", {"outcome": "well again"}),
    "unpair": ("unpair_monitor", {"reason": "needed elsewhere"}),
    "acknowledge": ("acknowledge_alarm", {"alarm": "limit:sbp"}),
    "deviation": ("deviation", {"what": "the lights went out"}),
}
CLOSING = {
    "leave_against_advice": {"advice": "stay"},
    "transfer_out": {"to": "hospital", "reason": "chest pain"},
}


class Session(RuleBasedStateMachine):
    """Commands are rules; the invariants are the hazards 3, 4, 16, 23 and 30."""

    @initialize(
        protocol=st.sampled_from(PROTOCOLS),
        stage=st.sampled_from(["ordered", "cleared", "dosing", "dosing", "recovering"]),
    )
    def opened(self, protocol, stage):
        self.room = getattr(Room(protocol), stage)()
        kinds = [entry.kind for entry in self.room.entries]
        self.starts = kinds.count("dose.started")
        self.allowed = [2] if "device.allowed" in kinds else []  # devices that a gate let through
        # Instants that clocks must count from: devices, and the ends of the infusion.
        self.doses = [each.until or each.at for each in self.room.state.given]
        self.overridden = set()  # rules that a prescriber signed

    def take(self, kind, answer):
        """What every accepted answer must be: the entry asked for, then only deviations."""
        if not isinstance(answer, Refused):
            assert KINDS[kind] == answer[0].kind
            assert {"deviation.noted"} >= {draft.kind for draft in answer[1:]}
        return not isinstance(answer, Refused)

    # -- the world moves --------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([0.2, 1, 4, 6, 20, 45, 125]))
    def wait(self, minutes):
        self.room.wait(minutes)

    @rule(vitals=st.sampled_from(SEEN))
    def monitor(self, vitals):
        self.room.monitor(**vitals)

    @rule(
        consent=st.sampled_from([Tri.YES, Tri.YES, Tri.YES, Tri.NO, Tri.UNKNOWN]),
        on_site=st.sampled_from([{"doctor"}, {"doctor"}, set()]),
        elsewhere=st.sampled_from([set(), set(), {"V2"}]),
    )
    def around(self, consent, on_site, elsewhere):
        self.room.window = replace(
            self.room.window, consent=consent, prescribers_on_site=frozenset(on_site),
            vials_used_elsewhere=frozenset(elsewhere),
        )  # fmt: skip

    # -- making ready -----------------------------------------------------------------------------

    @rule(
        stage=st.sampled_from(["arrive", "ready", "ready", "scan", "draw", "well", "order"]),
        vial=st.sampled_from(["V1", "V2", "V3"]),
        answer=st.sampled_from(["wanted", "wanted", "wanted", "unknown"]),
    )
    def prepare(self, stage, vial, answer):
        ask, room = self.room.ask, self.room
        match stage:
            case "arrive":
                born = {"what": "born", "value": "1984-04-12"}
                ask("arrive", identifiers=[born, {"what": "mrn", "value": "DEMO-1001"}])
                ask("weigh", weight="70", unit="kg")
                ask("pair_monitor", chair="Chair 1", monitor="MON-1")
            case "ready":
                wanted = {each.id: each.wanted for each in room.protocol.readiness}
                if answer == "unknown":
                    wanted["pregnancy"] = "unknown"
                ask("answer_readiness", answers=wanted)
            case "scan":
                room.scan(vial)
            case "draw":
                ask("draw_up", order_version=1, vial=vial, drawn_ml="0.7", diluent_ml="49.3",
                    final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
            case "order" if room.protocol.drug.form == "device":
                ask("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="84")
            case "well":
                room.well()

    @rule()
    def cleared(self):
        """All at once to the clearance, so that the steps behind it are reached often."""
        room = self.room
        self.prepare("arrive", "V1", "wanted")
        self.around(Tri.YES, {"doctor"}, set())
        self.prepare("ready", "V1", "wanted")
        room.scan("V1")
        room.scan("V2")
        self.prepare("draw", "V1", "wanted")
        room.monitor()
        version = room.state.order.version
        room.ask("clear", order_version=version)

    # -- asks -------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["clear", "start", "start", "resume"]), right=st.booleans())
    def ask(self, kind, right):
        before, room = self.room.state, self.room
        version = before.order.version if right else before.order.version + 1
        if not self.take(kind, room.ask(kind, order_version=version)):
            return
        assert right
        if kind == "start":
            self.starts += 1
        if kind in ("start", "resume"):
            self.drug_was_allowed(before)
            self.ceilings_hold(before, 0)

    @rule(device=st.sampled_from([2, 2, 3]))
    def next_device(self, device):
        before, room = self.room.state, self.room
        version = before.order.version
        if self.take("next_device", room.ask("next_device", order_version=version, device=device)):
            assert device not in self.allowed  # no double dose
            self.allowed.append(device)
            self.drug_was_allowed(before)
            self.ceilings_hold(before, 28)
            assert room.now - max(self.doses) >= timedelta(minutes=5)

    def drug_was_allowed(self, before):
        """No dose without order, clearance and vial."""
        assert before.order
        assert before.cleared_at
        assert before.cleared_version == before.order.version
        if self.room.protocol.drug.form == "infusion":
            assert before.drawn.vial in {each.vial for each in before.vials}
        else:
            used = {each.vial for each in before.given} | self.room.window.vials_used_elsewhere
            assert {each.vial for each in before.vials} - used

    def ceilings_hold(self, before, more):
        """What is in, by the machine's own count, and what is now allowed: within the ceiling."""
        dose, order = self.room.protocol.dose, before.order
        if self.room.protocol.drug.form == "device":
            told = sum((each.amount_mg for each in before.given), Decimal(0))
            assert told + more <= dose.ceiling.value
        assert order.dose_mg <= dose.ceiling.value
        if dose.ceiling_per_kg:
            assert order.dose_mg / before.weights[-1][0] <= dose.ceiling_per_kg.value
            assert before.drawn.drawn_mg <= dose.ceiling.value

    @rule(kind=st.sampled_from(["clear", "start", "resume", "discharge"]), doctor=st.booleans())
    def override(self, kind, doctor):
        """A hold can be signed and a never cannot, by a prescriber and by nobody else."""
        order = self.room.state.order
        said = {} if kind == "discharge" else {"order_version": order.version}
        refused = self.room.ask(kind, **said) if kind != "start" else self.blocked("start")
        if kind == "discharge" and not isinstance(refused, Refused):
            self.was_discharged()
        if not isinstance(refused, Refused) or refused.rule is None:
            return
        self.room.ask("request_override", rule=refused.rule, reason="asked")
        by = DOCTOR if doctor else NURSE
        signed = self.room.ask("sign_override", by, rule=refused.rule, reason="judged")
        assert isinstance(signed, Refused) == (not doctor or refused.strength != "hold")
        if not isinstance(signed, Refused):
            self.overridden.add(refused.rule)

    def blocked(self, kind):
        room = self.room
        return may(room.state, room.window, kind, NURSE, room.protocol, room.now)

    # -- tells ------------------------------------------------------------------------------------

    @rule(told=st.sampled_from(sorted(TELLS)), ago=st.sampled_from([0, 0, 0, 2, 30]))
    def tell(self, told, ago):
        """Tells are always recorded, in every phase, also when the session is closed."""
        kind, fields = TELLS[told]
        when = (self.room.now - timedelta(minutes=ago)).isoformat()
        ran = self.room.state.dosing in (Dosing.RUNNING, Dosing.PAUSED, Dosing.READY)
        assert self.take(kind, self.room.ask(kind, occurred_at=when, **fields))
        if kind in ("stop", "end_dose") and ran and self.room.protocol.drug.form == "infusion":
            # An end within the pause is the pause's; the wait may only be longer than this.
            self.doses += [each.until for each in self.room.state.given if each.until]

    @rule(
        device=st.sampled_from([1, 1, 2, 3]), vial=st.sampled_from(["V1", "V2", "V9"]),
        ago=st.sampled_from([0, 0, 2, 30]),
    )  # fmt: skip
    def give(self, device, vial, ago):
        """A dose already given is recorded, whether or not anybody allowed it."""
        room = self.room
        when = room.now - timedelta(minutes=ago)
        said = {"device": device, "vial": vial, "order_version": 1}
        assert self.take(
            "device_given", room.ask("device_given", **said, occurred_at=when.isoformat())
        )
        self.doses.append(when if ago <= 5 else room.now)
        if device in [each.device for each in room.state.given[:-1]]:
            assert "deviation.noted" == room.entries[-1].kind  # no double dose goes unseen

    @rule(who=st.sampled_from([NURSE, OTHER, NOBODY]))
    def emergency(self, who):
        assert self.take("emergency", self.room.ask("emergency", who))

    @rule(which=st.sampled_from(["deviation", "time"]))
    def prescriber_looks(self, which):
        state = self.room.state
        if which == "deviation" and state.deviations:
            said = {"entry": state.deviations[0], "finding": "seen"}
            assert self.take("review_deviation", self.room.ask("review_deviation", DOCTOR, **said))
        if which == "time" and state.given:
            entry = state.given[-1].entry
            assert self.take("accept_time", self.room.ask("accept_time", DOCTOR, entry=entry))
            self.doses = [each.until or each.at for each in self.room.state.given]

    # -- the end ----------------------------------------------------------------------------------

    @rule()
    def discharge(self):
        if not isinstance(self.room.ask("discharge"), Refused):
            self.was_discharged()

    @precondition(lambda self: self.room.state.phase is Phase.RECOVER)
    @rule(minutes=st.sampled_from([30, 61, 100, 121]))
    def try_to_leave(self, minutes):
        """Well again, early or late: so that the door is tried often around its time."""
        self.room.wait(minutes)
        self.room.well()
        self.discharge()

    def was_discharged(self):
        """No discharge before its gate: time, escort, no open emergency; or a signature for it."""
        room = self.room
        used = {each.partition(":")[0] for each in room.newest("session.closed")["overrides"]}
        before = fold(room.entries[: room.last("session.closed")])
        assert before.emergency_at is None or not before.given
        if not before.given:
            return
        wait = timedelta(minutes=float(room.protocol.observation.minimum.value))
        early = room.now - max(self.doses, default=room.now) < wait
        assert not early or "observation" in used
        assert room.protocol.observation.strength is not Strength.NEVER or not early
        assert before.escort or "escort" in used
        assert used <= {each.partition(":")[0] for each in self.overridden}

    @precondition(lambda self: self.room.state.phase not in (Phase.ARRIVE, Phase.HOME))
    @rule(kind=st.sampled_from(sorted(CLOSING)), really=st.integers(0, 9))
    def close(self, kind, really):
        if really == 0:
            assert self.take(kind, self.room.ask(kind, **CLOSING[kind]))
            assert self.room.state.closed_at == self.room.now

    # -- what holds after every step --------------------------------------------------------------

    @invariant()
    def one_start(self):
        """No double dose: a session is started once, and each device allowed once."""
        assert self.starts <= 1
        assert len(self.allowed) == len(set(self.allowed))

    @invariant()
    def the_record_is_whole(self):
        """Nothing that was told is lost: the state is what the chain of entries tells."""
        assert [] == list(faults(self.room.entries))
        assert self.room.state == fold(self.room.entries)

    @invariant()
    def the_end_stays(self):
        """A closed session is never opened again."""
        if any(entry.kind == "session.closed" for entry in self.room.entries):
            assert Phase.HOME is self.room.state.phase
            assert self.room.state.closed_at
            assert self.room.state.dosing in (Dosing.DONE, Dosing.NOT_STARTED)

    @invariant()
    def there_is_always_an_end(self):
        """No path without an end: whatever happened, the session can be closed now."""
        state = self.room.state
        if state.closed_at is None:
            arrived = state.phase is not Phase.ARRIVE
            kind = "leave_against_advice" if arrived else "cancel"
            trial = Room.__new__(Room)
            trial.__dict__ |= self.room.__dict__
            trial.entries = list(self.room.entries)
            trial.do(kind, OTHER, **({"advice": "stay"} if arrived else {"reason": "no show"}))
            assert Phase.HOME is trial.state.phase

    @invariant()
    def what_is_wrong_rings(self):
        """Every alarm condition that holds is raised, as a plain second reading of the rules says."""
        room = self.room
        state, readings = room.state, room.window.readings
        found = {c.id: c for c in conditions(state, room.window, room.protocol, room.now)}
        if state.emergency_at is not None:
            assert "emergency" in found
        if state.closed_at is not None or state.arrived_at is None:
            return
        wanted = expected(state, readings, room.protocol, room.now)
        assert set(wanted) <= set(found)
        if state.dosing is Dosing.RUNNING and room.protocol.drug.form == "infusion":
            holds = {f"limit:{c}" for c in ("sbp", "hr", "spo2") if _held(state, room, c)}
            assert not holds or "hold_during_infusion" in found

    @rule(channel=st.sampled_from(sorted(WORSE)), data=st.data())
    def worse_opens_nothing(self, channel, data):
        """Worse vitals never open a gate: what was shut at this value is shut at a worse one."""
        room = self.room
        kept = room.window
        values = WORSE[channel]
        turn = next(
            i for i in range(1, len(values) + 1) if i == len(values) or values[i] < values[0]
        )
        side = data.draw(st.sampled_from([s for s in (values[:turn], values[turn:]) if s]))
        ranks = []
        for value in side:
            room.monitor(**{channel: value})
            refused = {kind: self.blocked(kind) for kind in GATES}
            ranks.append({k: r is not None for k, r in refused.items()})
        room.window = kept
        for near, far in pairwise(ranks):
            assert all(far[kind] for kind, shut in near.items() if shut)


def _held(state, room, channel):
    """Whether the newest reading of this channel stands in a band that holds, read by hand."""
    newest = [r for r in room.window.readings if r.channel == channel]
    if not newest:
        return False
    for table in room.protocol.tables:
        if table.channel == channel and state.phase in table.phase:
            for band in table.bands:
                if band.holds(newest[-1].value):
                    return band.strength.rank >= Strength.HOLD.rank
    return False


pytestmark = [pytest.mark.hazard(3, 4, 16, 23, 30)]
TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
