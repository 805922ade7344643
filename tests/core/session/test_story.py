"""One session from the door to the door, and every wrong turn that a busy day offers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from esker.core.protocols.schema import Phase
from esker.core.session import dosing
from esker.core.session.commands import Tri
from esker.core.session.evolve import fold
from esker.core.session.state import Dosing
from tests.core.session.clinicroom import DOCTOR, NOBODY, NURSE, OTHER, PERSON, START, Room

NASAL, EU, INFUSION = "esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv"
EVERY = (NASAL, EU, INFUSION)


@pytest.mark.parametrize("protocol", EVERY)
def test_from_arrival_to_the_door(protocol):
    """A calm session runs through without a single deviation."""
    room = Room(protocol).recovering()
    room.wait(121)
    room.well()
    if protocol == INFUSION:
        room.do("waste", vial="V1", amount_ml="9.3", witness=OTHER.id)
    room.do("discharge")

    assert ("discharged", Phase.HOME, ()) == (
        room.state.outcome, room.state.phase, room.state.deviations
    )  # fmt: skip
    assert room.state == fold(room.entries)


@pytest.mark.hazard(1)
def test_a_tenfold_vial_is_named():
    """Hazard 1, ten times the dose: 0.7 mL of a 500 mg/mL vial would be 350 mg, and says so."""
    room = Room(INFUSION).ready()
    room.scan("V9", strength_mg_per_ml="500")
    refused = room.refused(
        "draw_up", order_version=1, vial="V9", drawn_ml="0.7", diluent_ml="49.3", final_ml="50",
        pump_rate_ml_per_h="75",
    )  # fmt: skip

    assert "drawn_matches" == refused.code
    assert "ten times the order" in refused.sentence


@pytest.mark.hazard(1)
@pytest.mark.parametrize(("strength", "need"), [("10", "3.50"), ("50", "0.70"), ("100", "0.35")])
def test_millilitres_come_from_the_scanned_vial(strength, need):
    """Hazard 1: the same 35 mg is another volume of each vial."""
    room = Room(INFUSION).ready()
    room.scan("V1", strength_mg_per_ml=strength)
    draw = dosing.draw_for(room.state.order, room.state.vials[-1])

    assert Decimal(need) == draw.need_ml
    assert Decimal("75.0") == draw.rate_ml_per_h


@pytest.mark.hazard(2)
def test_pounds_typed_as_kilograms_ask_for_the_scales_again():
    """Hazard 2: 154 typed as kg instead of lb is far from last time, and holds the dose."""
    room = Room(INFUSION).ready()
    room.do("weigh", weight="154", unit="kg")

    assert "weight" == room.refused("clear", order_version=1).code


@pytest.mark.hazard(1, 2)
@pytest.mark.parametrize(
    ("weight", "unit"),
    [("7.15", "kg"), ("715", "kg"), ("29.9", "kg"), ("250.1", "kg"), ("66", "lb"), ("552", "lb")],
)
def test_a_weight_that_no_patient_has_is_sent_back(weight, unit):
    """Hazards 1 and 2, a dose tenfold or 2.2-fold: it would be worked out from this weight."""
    room = Room(INFUSION).arrived()

    refused = room.refused("weigh", weight=weight, unit=unit)
    assert ("weight", True) == (refused.code, "30 to 250 kg" in refused.sentence)
    assert 1 == len(room.state.weights)  # the right one, of before


@pytest.mark.hazard(1, 2)
def test_no_order_is_signed_for_a_weight_that_no_patient_has():
    """Hazards 1 and 2: the ceilings let ten times 3.5 mg through."""
    room = Room(INFUSION).arrived()
    refused = room.refused(
        "sign_order", DOCTOR, drug="ketamine", route="iv", dose_mg_per_kg="0.05",
        duration_min="40", weight_kg="700",
    )  # fmt: skip

    assert "weight" == refused.code


@pytest.mark.hazard(2)
def test_pounds_said_as_pounds_are_kilograms():
    room = Room(INFUSION).arrived()
    room.do("weigh", weight="154.3", unit="lb")

    assert Decimal("70.0") == room.state.weights[-1][0]
    assert not room.state.weight_doubt


@pytest.mark.hazard(2)
def test_a_drawn_dose_of_two_point_two_names_the_slip():
    """Hazard 2: 1.54 mL where 0.7 mL was meant looks like pounds for kilograms."""
    room = Room(INFUSION).ready()
    room.scan("V1")
    refused = room.refused(
        "draw_up", order_version=1, vial="V1", drawn_ml="1.54", diluent_ml="48.46", final_ml="50",
        pump_rate_ml_per_h="75",
    )  # fmt: skip

    assert "pounds" in refused.sentence


@pytest.mark.hazard(3)
def test_the_same_device_number_is_not_allowed_twice():
    """Hazard 3, the same dose twice: the second start is refused."""
    room = Room(NASAL).dosing()

    assert "phase" == room.refused("start", order_version=1).code
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    room.monitor()
    assert "device" == room.refused("next_device", order_version=1, device=3).code


@pytest.mark.hazard(3)
def test_two_nurses_are_not_both_allowed_the_same_device():
    """Hazard 3: pressed at once on two tablets, only one may hand the second device over."""
    room = Room(NASAL).dosing()
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(6)
    room.monitor()
    room.do("next_device", order_version=1, device=2)

    assert "allowed" == room.refused("next_device", OTHER, order_version=1, device=2).code


@pytest.mark.hazard(3)
def test_a_device_given_twice_is_recorded_as_a_deviation():
    """Hazard 3: what happened is never hidden, and a prescriber must look at it."""
    room = Room(NASAL).dosing()
    room.do("device_given", device=1, vial="V1", order_version=1)
    drafts = room.do("device_given", device=1, vial="V1", order_version=1)

    assert "device.given" == drafts[0].kind
    assert len(room.state.deviations) >= 2


@pytest.mark.hazard(4)
def test_a_second_session_on_the_same_day_is_too_soon():
    """Hazard 4: the interval counts over all of the patient's sessions."""
    room = Room(NASAL).ready()
    room.window = replace(room.window, last_dose_at=room.now)

    assert ("interval", "never") == _why(room.refused("clear", order_version=1))


@pytest.mark.hazard(4)
def test_an_order_above_the_ceiling_cannot_be_signed():
    refused = Room(NASAL).opened().refused(
        "sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="112"
    )  # fmt: skip

    assert "ceiling" == refused.code


@pytest.mark.hazard(5)
def test_a_replaced_order_is_not_given():
    """Hazard 5: the clearance was for version 1, and version 2 stands now."""
    room = Room(NASAL).cleared()
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="28")

    assert "clearance" == room.refused("start", order_version=1).code


@pytest.mark.hazard(6)
def test_a_wrong_route_cannot_be_ordered():
    """Hazard 6: racemic ketamine by nose is not what this protocol is for."""
    refused = Room(INFUSION).opened().refused(
        "sign_order", DOCTOR, drug="ketamine", route="nasal", dose_mg="50"
    )  # fmt: skip

    assert "drug" == refused.code


@pytest.mark.hazard(6)
def test_a_wrongly_programmed_pump_is_caught():
    """Hazard 6: 750 mL/h where the order means 75."""
    room = Room(INFUSION).ready()
    room.scan("V1")
    refused = room.refused(
        "draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="49.3", final_ml="50",
        pump_rate_ml_per_h="750",
    )  # fmt: skip

    assert "rate_matches" == refused.code


@pytest.mark.hazard(6)
@pytest.mark.parametrize(("rate", "code"), [("60", None), ("90", "rate_matches")])
def test_what_was_slowed_down_may_go_on_slowly_and_never_faster(rate, code):
    """Hazard 6: after a pause the infusion goes on at the slower rate, not at a faster one."""
    room = Room(INFUSION).dosing()
    room.do("change_rate", pump_rate_ml_per_h=rate, reason="dizzy")
    room.do("pause", reason="dizzy")

    assert code == getattr(room.ask("resume", order_version=1), "code", None)


@pytest.mark.hazard(8)
def test_a_question_that_nobody_asked_cannot_be_overridden():
    """Hazard 8: unknown is not no; a blank asks."""
    room = Room(NASAL).arrived()
    room.monitor()

    assert ("readiness", "never") == _why(room.refused("clear", order_version=1))


@pytest.mark.hazard(8)
def test_not_known_is_a_hold():
    room = Room(NASAL).ready()
    room.do("answer_readiness", answers={"pregnancy": "unknown"})

    assert ("readiness", "hold") == _why(room.refused("clear", order_version=1))


@pytest.mark.hazard(11)
@pytest.mark.parametrize(
    "said",
    [
        [{"what": "name", "value": "Demo Alder"}, {"what": "name", "value": "Demo Alder"}],
        [{"what": "name", "value": "Demo Alder"}, {"what": "born", "value": "1984-04-21"}],
        [{"what": "name", "value": "Demo Birch"}, {"what": "mrn", "value": "DEMO-1001"}],
    ],
)
def test_two_different_identifiers_must_match(said):
    """Hazard 11, wrong patient."""
    assert "identity" == Room(NASAL).ordered().refused("arrive", identifiers=said).code


def test_blanks_and_capitals_of_a_name_are_no_difference():
    room = Room(NASAL).ordered()
    said = [("name", " demo  alder "), ("born", "1984-04-12")]
    room.do("arrive", identifiers=[{"what": what, "value": value} for what, value in said])

    assert Phase.CLEAR is room.state.phase


@pytest.mark.hazard(14, 15)
@pytest.mark.parametrize("vitals", [{"spo2": 200}, {"sbp": 0}, {"hr": 999}])
def test_an_implausible_reading_counts_as_missing(vitals):
    """Hazards 14 and 15: an artefact opens no gate, and neither does the calm value before it."""
    room = Room(NASAL).ready()
    room.do("record_vitals", vitals=[{"channel": "spo2", "value": "98", "unit": "%"}])
    room.wait(1)
    room.monitor(**vitals)

    assert "vitals_fresh" == room.refused("clear", order_version=1).code


@pytest.mark.parametrize(
    ("vital", "sentence"),
    [
        ({"channel": "spo2", "value": "970", "unit": "%"},
         "Oxygen saturation 970 % cannot be right; measured is 40 to 100."),
        ({"channel": "sbp", "value": "12.5", "unit": "kPa"},
         "Systolic pressure is charted in mmHg."),
    ],
)  # fmt: skip
def test_a_slip_in_a_vital_is_sent_back_in_the_nurses_words(vital, sentence):
    assert sentence == Room(NASAL).ready().refused("record_vitals", vitals=[vital]).sentence


@pytest.mark.hazard(14)
def test_old_vitals_open_no_gate():
    room = Room(NASAL).ready()
    room.wait(16)

    assert "vitals_fresh" == room.refused("clear", order_version=1).code


@pytest.mark.hazard(22)
def test_a_late_told_dose_time_shortens_no_wait():
    """Hazard 22: told as an hour ago, the dose counts from now until a prescriber accepts."""
    room = Room(NASAL).dosing()
    earlier = room.now
    room.wait(60)
    room.do("device_given", device=1, vial="V1", order_version=1, occurred_at=earlier.isoformat())
    given = room.state.given[-1]

    assert room.now == given.at
    room.do("accept_time", DOCTOR, entry=given.entry)
    assert earlier == room.state.given[-1].at


@pytest.mark.hazard(23)
def test_the_us_minimum_observation_has_no_override():
    """Hazard 23, discharge too early."""
    room = Room(NASAL).recovering()
    room.wait(119)
    room.well()

    assert ("observation", "never") == _why(room.refused("discharge"))
    assert "never" == room.refused(
        "sign_override", DOCTOR, rule="observation", reason="wants to go"
    ).code  # fmt: skip


@pytest.mark.hazard(24)
def test_nobody_leaves_without_an_escort_seen():
    """Hazard 24: the drive home is somebody else's, and that person was here."""
    room = Room(NASAL).recovering()
    room.wait(121)
    room.well()
    room.state = replace(room.state, escort=None)

    assert "escort" == room.refused("discharge").code


@pytest.mark.hazard(25)
@pytest.mark.parametrize("protocol", EVERY)
def test_no_start_without_a_prescriber_on_site(protocol):
    """Hazard 25, nobody watching."""
    room = Room(protocol).cleared()
    room.window = replace(room.window, prescribers_on_site=frozenset())

    assert "prescriber_on_site" == room.refused("start", order_version=1).code


@pytest.mark.hazard(26)
def test_emergency_needs_nobody_to_sign_in():
    """Hazard 26: the button works on a locked screen, before anything else is known."""
    room = Room(NASAL).dosing()
    room.do("emergency", NOBODY)

    assert room.now == room.state.emergency_at


@pytest.mark.hazard(27)
def test_thoughts_of_suicide_hold_the_dose_until_a_prescriber_signs():
    """Hazard 27, an answer that is not read."""
    room = Room(NASAL).ready()
    room.do("answer_readiness", answers={"suicidality": "yes"})

    refused = room.refused("clear", order_version=1)
    assert "readiness:suicidality:yes" == refused.rule
    room.do("sign_override", DOCTOR, rule=refused.rule, reason="seen and assessed")
    room.do("clear", order_version=1)


@pytest.mark.hazard(29)
@pytest.mark.parametrize("consent", [Tri.NO, Tri.UNKNOWN])
def test_consent_is_read_when_dosing_starts(consent):
    """Hazard 29: withdrawn between clearance and start, it stops the start."""
    room = Room(NASAL).cleared()
    room.window = replace(room.window, consent=consent)

    assert ("consent", "never") == _why(room.refused("start", order_version=1))


@pytest.mark.hazard(39)
def test_an_override_needs_a_fresh_signature_of_the_one_who_acts():
    """Hazard 39: a nurse cannot sign, and neither can an old code."""
    room = Room(NASAL).ready()
    room.monitor(sbp=150)
    rule = room.refused("clear", order_version=1).rule

    assert "role" == room.refused("sign_override", NURSE, rule=rule, reason="as usual").code
    room.do("request_override", rule=rule, reason="usual pressure at home")
    room.do("sign_override", DOCTOR, rule=rule, reason="usual pressure at home")
    room.do("clear", order_version=1)
    assert {} == room.state.overrides  # one signature opens one gate once


@pytest.mark.hazard(46)
def test_a_handover_is_offered_and_accepted():
    """Hazard 46: the chair belongs to the giver until the receiver has accepted it."""
    room = Room(NASAL).dosing()
    room.do("hand_over", to=OTHER.id, due=["pressure at 40 min"])

    assert NURSE.id == room.state.nurse
    room.do("accept_hand_over", OTHER)
    assert OTHER.id == room.state.nurse


@pytest.mark.parametrize("protocol", [NASAL, INFUSION])
@pytest.mark.parametrize(
    ("stage", "way"),
    [
        ("opened", {"kind": "cancel", "reason": "did not come"}),
        ("arrived", {"kind": "withhold", "reason": "feverish"}),
        ("dosing", {"kind": "leave_against_advice", "advice": "stay and be watched"}),
        ("recovering", {"kind": "transfer_out", "to": "hospital", "reason": "chest pain"}),
    ],
)
def test_every_session_can_be_closed(protocol, stage, way):
    """No path without an end, whatever stands open."""
    room = getattr(Room(protocol), stage)()
    room.do(**way)

    assert room.state.closed_at == room.now


def test_an_infusion_gives_what_the_pump_gave():
    """20 minutes, a pause of 10, then stopped after 10 more: three quarters of 35 mg."""
    room = Room(INFUSION).dosing()
    room.wait(20)
    room.do("pause", reason="dizzy")
    room.wait(10)
    room.monitor()
    room.do("resume", order_version=1)
    room.wait(10)
    room.do("stop", reason="enough")

    assert Decimal("26.25") == dosing.given_mg(room.state, room.now)
    assert Dosing.DONE is room.state.dosing


def test_nobody_is_born_tomorrow():
    """An age below nothing would stand in the band of identity."""
    room = Room("ketamine-iv")
    child = PERSON | {"born": (START + timedelta(days=2)).date().isoformat()}
    said = {"patient": child, "protocol_hash": room.hash, "planned_at": START.isoformat()}

    assert "born" == room.refused("open_session", **said).code


def test_a_time_that_has_not_come_is_refused():
    room = Room(NASAL).dosing()
    later = room.now.replace(hour=23).isoformat()

    assert "future_time" == room.refused("pause", reason="x", occurred_at=later).code


def test_devices_rest_five_minutes():
    room = Room(NASAL).dosing()
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.wait(4)
    room.monitor()

    assert ("rest_time", "never") == _why(room.refused("next_device", order_version=1, device=2))


def test_a_rescue_on_a_verbal_order_is_recorded():
    """A tell is never refused because of a rule."""
    room = Room(NASAL).dosing()
    drafts = room.do("give_rescue", medicine="labetalol", dose="10", unit="mg", route="iv")

    assert ["rescue.given", "deviation.noted"] == [draft.kind for draft in drafts]


def _why(refused):
    return refused.code, refused.strength


@pytest.mark.hazard(39)
def test_a_signature_for_one_pressure_does_not_cover_a_worse_one():
    """Hazard 39: signed at 145, the gate is shut again at 230."""
    room = Room(NASAL).ready()
    room.monitor(sbp=145)
    rule = room.refused("clear", order_version=1).rule
    room.do("sign_override", DOCTOR, rule=rule, reason="usual at home")
    room.wait(1)
    room.monitor(sbp=230)

    assert "vitals_within" == room.refused("clear", order_version=1).code


def test_a_signature_does_not_last_longer_than_a_clearance():
    room = Room(NASAL).ready()
    room.monitor(sbp=145)
    rule = room.refused("clear", order_version=1).rule
    room.do("sign_override", DOCTOR, rule=rule, reason="usual at home")
    room.wait(16)
    room.monitor(sbp=145)

    assert "vitals_within" == room.refused("clear", order_version=1).code
