"""No further drug without what the first drug needed, and none into an emergency."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from esker.core.session import dosing
from esker.core.session.commands import Tri
from esker.core.session.state import Actor, Dosing, Role
from tests.core.session.clinicroom import DOCTOR, NURSE, OTHER, Room

NASAL, EU, INFUSION = "esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv"


def one_device_in(room):
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    room.monitor()
    return room


def second(room):
    return room.refused("next_device", order_version=1, device=2)


def paused():
    room = Room(INFUSION).dosing()
    room.wait(5)
    room.do("pause", reason="dizzy")
    room.monitor()
    return room


@pytest.mark.hazard(16)
@pytest.mark.parametrize("stage", ["ready", "cleared"])
def test_a_device_given_without_a_start_is_followed_by_none(stage):
    """Hazard 16, a way around the gates: a told device stands, and opens nothing."""
    room = getattr(Room(NASAL), stage)()
    room.scan("V1")
    room.scan("V2")

    assert ("clearance", "never") == _why(second(one_device_in(room)))


@pytest.mark.hazard(16)
def test_a_pump_that_ran_without_a_start_is_not_resumed():
    """Hazard 16: found running, paused; whoever wants it to go on has no gate to ask at."""
    room = Room(INFUSION).ready()
    room.scan("V1")
    room.do("draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="49.3",
            final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
    room.do("change_rate", pump_rate_ml_per_h="75", reason="it was already running")
    room.do("pause", reason="nobody had cleared it")

    assert "clearance" == room.refused("resume", order_version=1).code


@pytest.mark.hazard(29)
def test_consent_withdrawn_between_two_devices_stops_the_second():
    """Hazard 29, treatment without valid consent: each device is a dose."""
    room = one_device_in(Room(NASAL).dosing())
    room.window = replace(room.window, consent=Tri.NO)

    assert ("consent", "never") == _why(second(room))


@pytest.mark.hazard(29)
def test_consent_withdrawn_in_a_pause_stops_the_rest():
    room = paused()
    room.window = replace(room.window, consent=Tri.NO)

    assert ("consent", "never") == _why(room.refused("resume", order_version=1))


@pytest.mark.hazard(26)
@pytest.mark.parametrize(
    ("room", "kind"),
    [
        (lambda: Room(NASAL).ready(), "clear"),
        (lambda: Room(NASAL).cleared(), "start"),
        (paused, "resume"),
    ],
)
def test_no_drug_goes_into_an_open_emergency(room, kind):
    """Hazard 26, in the way of a rescue: nothing offers more drug while one is under way."""
    room = room()
    room.do("emergency")

    assert ("emergency", "never") == _why(room.refused(kind, order_version=1))
    room.do("end_emergency", outcome="well again")
    room.monitor()
    assert "emergency" != getattr(room.ask(kind, order_version=1), "code", None)


@pytest.mark.hazard(16)
def test_slow_breathing_stops_the_next_device_though_no_gate_requires_it():
    """Hazard 16, a value that no rule covers: a respiratory rate of 5 was in no gate's list."""
    room = one_device_in(Room(NASAL).dosing())
    room.monitor(rr=5)

    assert "vitals_within:rr:2-10" == second(room).rule


@pytest.mark.hazard(23)
def test_slow_breathing_stops_the_door():
    """Hazard 23, discharge too early."""
    room = Room(NASAL).recovering()
    room.wait(121)
    room.well()
    room.monitor(rr=5)

    assert "discharge_criteria:vitals:rr:2-10" == room.refused("discharge").rule


@pytest.mark.hazard(6)
@pytest.mark.parametrize(("minutes", "code"), [("4", "duration"), ("39", "duration"), ("60", None)])
def test_an_infusion_is_never_ordered_faster_than_the_protocol(minutes, code):
    """Hazard 6, wrong rate: 4 typed for 40 minutes is a bolus."""
    answer = Room(INFUSION).opened().ask(
        "sign_order", DOCTOR, drug="ketamine", route="iv", dose_mg_per_kg="0.5",
        duration_min=minutes, weight_kg="70",
    )  # fmt: skip

    assert code == getattr(answer, "code", None)


@pytest.mark.hazard(6)
@pytest.mark.parametrize(("final", "code"), [("0.7", None), ("0.74", "volume"), ("1.2", "volume")])
def test_a_small_syringe_adds_up_as_well_as_a_large_one(final, code):
    """Hazard 6: half a millilitre too much said of 0.7 mL is a pump that runs twice too fast."""
    room = Room(INFUSION).ready()
    room.scan("V1")
    rate = str(dosing.rate_for(Decimal(final), Decimal(40)))
    answer = room.ask(
        "draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="0", final_ml=final,
        pump_rate_ml_per_h=rate,
    )  # fmt: skip

    assert code == getattr(answer, "code", None)


@pytest.mark.hazard(1)
@pytest.mark.parametrize("reader", ["nurse", " Demo Nurse HAZEL ", " "])
def test_an_unknown_code_is_read_by_a_second_person(reader):
    """Hazard 1, ten times the dose: one's own name, or none, reads no label a second time."""
    room = Room(INFUSION).ready()

    assert "unknown_code" == room.scan("V9", known=False, read_by=reader).code
    assert not hasattr(room.scan("V9", known=False, read_by=OTHER.id), "code")


@pytest.mark.hazard(1)
@pytest.mark.parametrize("content", ["280", "32.3"])
def test_a_device_of_another_content_is_put_back(content):
    """Hazard 1: a catalogue that is ten times off, or that counts the salt and not the base."""
    refused = Room(NASAL).ready().scan("V1", content_mg=content)

    assert "strength" == refused.code


@pytest.mark.hazard(14)
def test_a_typed_value_of_the_next_minute_hides_no_monitor():
    """Hazard 14, an old reading shown as now: 98 typed ahead of its time, and 84 measured since."""
    room = Room(NASAL).cleared()
    ahead = (room.now + timedelta(seconds=59)).isoformat()
    vital = {"channel": "spo2", "value": "98", "unit": "%"}
    room.do("record_vitals", vitals=[vital], observed_at=ahead)
    room.wait(0.5)
    room.monitor(spo2=84)

    assert "vitals_within" == room.refused("start", order_version=1).code


@pytest.mark.hazard(40)
def test_what_was_wasted_goes_into_nobody():
    """Hazard 40, diversion: destroyed in front of a witness, and yet it is to be given."""
    room = Room(INFUSION).cleared()
    room.do("waste", vial="V1", of="syringe", amount_ml="50", witness=OTHER.id)

    assert ("vial", "never") == _why(room.refused("start", order_version=1))
    again = {"drawn_ml": "0.7", "diluent_ml": "49.3", "final_ml": "50", "pump_rate_ml_per_h": "75"}
    room.do("draw_up", order_version=1, vial="V1", **again)
    room.do("waste", vial="V1", of="vial", amount_ml="8.6", witness=OTHER.id)
    room.do("start", order_version=1)


@pytest.mark.hazard(40)
def test_nothing_is_drawn_from_a_vial_that_was_wasted():
    """Hazard 40, diversion."""
    room = Room(INFUSION).cleared()
    for of, ml in (("syringe", "50"), ("vial", "9.3")):
        room.do("waste", vial="V1", of=of, amount_ml=ml, witness=OTHER.id)
    again = {"drawn_ml": "0.7", "diluent_ml": "49.3", "final_ml": "50", "pump_rate_ml_per_h": "75"}

    assert "wasted" == room.refused("draw_up", order_version=1, vial="V1", **again).code


@pytest.mark.hazard(3, 40)
def test_a_second_syringe_waits_until_the_first_is_wasted():
    """Hazards 3 and 40: two nurses draw up at once, and one dose would lie there unrecorded."""
    room = Room(INFUSION).cleared()
    again = {"drawn_ml": "0.7", "diluent_ml": "49.3", "final_ml": "50", "pump_rate_ml_per_h": "75"}
    refused = room.refused("draw_up", order_version=1, vial="V1", **again)

    assert "drawn" == refused.code
    assert "35 mg of V1 are drawn up already." in refused.sentence
    room.do("waste", vial="V1", of="syringe", amount_ml="50", witness=OTHER.id)
    room.do("draw_up", order_version=1, vial="V1", **again)


@pytest.mark.hazard(40)
def test_a_wasted_device_that_was_given_is_a_deviation():
    room = Room(NASAL).dosing()
    room.do("waste", vial="V1", witness=OTHER.id)
    _, *beside = room.do("device_given", device=1, vial="V1", order_version=1)

    assert "This device had been wasted." in [draft.body["what"] for draft in beside]


@pytest.mark.parametrize("protocol", [NASAL, INFUSION])
def test_a_pack_that_expired_since_it_was_scanned_is_not_used(protocol):
    """Scanned before midnight on its last day, and asked for after it."""
    room = Room(protocol).ready()
    room.scan("V1", expires=room.now.date().isoformat())
    if protocol == INFUSION:
        room.do("draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="49.3",
                final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
    room.wait(15 * 60)
    room.monitor()
    room.do("clear", order_version=1)

    assert ("vial", "never") == _why(room.refused("start", order_version=1))


@pytest.mark.hazard(14)
@pytest.mark.parametrize(("seconds", "code"), [(15, None), (16, "vitals_fresh")])
def test_a_probe_that_fell_silent_opens_no_gate(seconds, code):
    """Hazard 14, an old reading shown as now: its lost signal rings, and the gate knows it too."""
    room = Room(NASAL).cleared()
    room.wait(seconds / 60)

    assert code == getattr(room.ask("start", order_version=1), "code", None)


@pytest.mark.hazard(14)
def test_what_a_person_measures_when_the_probe_is_silent_counts():
    room = Room(NASAL).cleared()
    room.wait(2)
    said = {"hr": ("71", "/min"), "spo2": ("98", "%")}
    room.do("record_vitals", vitals=[
        {"channel": name, "value": value, "unit": unit} for name, (value, unit) in said.items()
    ])  # fmt: skip
    room.wait(2)
    room.do("start", order_version=1)  # the cuff measured four minutes ago, as cuffs do


@pytest.mark.hazard(4)
def test_a_pump_that_was_started_again_after_the_end_runs_and_counts():
    """Hazard 4, too much in all: stopped, and told to run again; the door waits for its end."""
    room = Room(INFUSION).dosing()
    room.wait(10)
    room.do("stop", reason="enough")
    room.wait(1)
    room.do("change_rate", pump_rate_ml_per_h="75", reason="started again")
    room.wait(20)

    assert Dosing.RUNNING is room.state.dosing
    assert Decimal("26.25") == dosing.given_mg(room.state, room.now)
    assert "phase" == room.refused("discharge").code


@pytest.mark.hazard(7)
def test_a_pump_that_was_reprogrammed_is_asked_about_and_never_corrected():
    """Hazard 7, the pump runs another rate than ordered: what was read off it stands as it was."""
    room = Room(INFUSION).dosing()
    room.wait(5)
    drafts = room.do("change_rate", pump_rate_ml_per_h="150", reason="found so")

    assert "The pump was set to 150 mL/h; the order means 75.0." in [
        draft.body.get("what") for draft in drafts
    ]
    assert Decimal(150) == room.state.rate_ml_per_h
    room.wait(5)
    room.do("pause", reason="too fast")
    room.monitor()
    assert "rate_matches" == room.refused("resume", order_version=1).code


@pytest.mark.hazard(47)
def test_what_a_tablet_says_of_an_old_order_is_refused_or_noted_and_never_lost():
    """Hazard 47, an offline tablet overwrites: an ask is refused, and a dose given is recorded."""
    room = Room(NASAL).ready()
    room.scan("V1")
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="84")

    assert "order_version" == room.refused("clear", order_version=1).code
    drafts = room.do("device_given", device=1, vial="V1", order_version=1)
    assert "The order that was followed is not the current one." in [
        draft.body.get("what") for draft in drafts
    ]


def test_a_rate_that_is_told_of_a_time_before_the_end_starts_nothing():
    room = Room(INFUSION).dosing()
    room.wait(10)
    room.do("stop", reason="enough")
    before = (room.now - timedelta(minutes=2)).isoformat()
    room.do("change_rate", pump_rate_ml_per_h="60", reason="forgot", occurred_at=before)

    assert Dosing.DONE is room.state.dosing


@pytest.mark.hazard(39)
def test_what_was_signed_before_a_device_does_not_cover_after_it():
    """Hazard 39: two minutes of observation were waived, not the two hours of another device."""
    room = one_device_in(Room(EU).dosing())
    room.do("end_dose")
    room.wait(112)
    room.do("sign_override", DOCTOR, rule="observation", reason="two minutes")
    room.do("device_given", device=2, vial="V2", order_version=1)
    room.wait(1)
    room.well()

    assert "observation" == room.refused("discharge").code


@pytest.mark.hazard(39)
def test_only_a_licensed_prescriber_shortens_a_wait():
    room = Room(NASAL).dosing()
    earlier = room.now.isoformat()
    room.wait(60)
    room.do("device_given", device=1, vial="V1", order_version=1, occurred_at=earlier)
    entry = room.state.given[-1].entry
    unlicensed = Actor("locum", "Demo Dr Aspen", frozenset({Role.PRESCRIBER}))

    assert "licence" == room.refused("accept_time", unlicensed, entry=entry).code
    room.do("accept_time", DOCTOR, entry=entry)


@pytest.mark.hazard(9)
@pytest.mark.parametrize(
    ("protocol", "strength"), [(NASAL, "never"), (EU, "never"), (INFUSION, "hold")]
)
@pytest.mark.parametrize("known", ["Ketamine", "rash after esketamine"])
def test_a_known_allergy_to_the_drug_stops_it(known, protocol, strength):
    """Hazard 9, an allergy missed: it is on record, and the gate reads it."""
    room = Room(protocol).ready()
    patient = room.state.patient.model_copy(update={"allergies": ("penicillin", known)})
    room.state = replace(room.state, patient=patient)

    assert ("allergy", strength) == _why(room.refused("clear", order_version=1))


@pytest.mark.hazard(9)
@pytest.mark.parametrize(("answer", "strength"), [("yes", "hold"), ("unknown", "hold")])
def test_a_new_medicine_or_not_knowing_holds_the_dose(answer, strength):
    """Hazard 9, an interaction missed: a prescriber looks first."""
    room = Room(NASAL).ready()
    room.do("answer_readiness", answers={"new_medicines": answer})

    assert ("readiness", strength) == _why(room.refused("clear", order_version=1))


@pytest.mark.hazard(9)
def test_allergies_that_nobody_recorded_are_said_at_the_gate():
    room = Room(NASAL).ready()
    (cleared,) = room.do("clear", NURSE, order_version=1)

    assert "Nobody has recorded whether there are allergies." in cleared.body["notes"]


@pytest.mark.hazard(8)
def test_an_answer_that_is_older_than_the_protocol_allows_is_asked_again():
    """Hazard 8: a number that a clinician signed for is never passed over in silence."""
    room = Room(NASAL).ready()
    lasts = room.protocol.clearance  # 15 min
    asked = tuple(q.model_copy(update={"fresh_for": lasts}) for q in room.protocol.readiness)
    room.protocol = room.protocol.model_copy(update={"readiness": asked})
    room.wait(16)
    room.monitor()
    refused = room.refused("clear", order_version=1)

    assert ("readiness", "never") == _why(refused)
    assert refused.sentence.startswith("Asked too long ago: ")


def _why(refused):
    return refused.code, refused.strength
