"""Every milligram is somewhere: in the patient, in the sharps bin, or in a deviation."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.core.session import custody, dosing
from esker.core.session.sentences import sentence
from tests.core.session.clinicroom import DOCTOR, OTHER, Room

NASAL, INFUSION = "esketamine-trd-us", "ketamine-iv"
READY = {name: Room(name).cleared() for name in (NASAL, INFUSION)}


def again(protocol):
    """The cleared room once more, without walking there."""
    room = Room.__new__(Room)
    room.__dict__ |= READY[protocol].__dict__
    room.entries = list(room.entries)
    return room


def infusing(minutes):
    room = again(INFUSION)
    room.do("start", order_version=1)
    room.wait(minutes)
    return room


def left(room, vial="V1"):
    pack = next(each for each in room.state.vials if each.vial == vial)
    return custody.left_mg(room.state, room.protocol, pack, room.now)


def waste(room, **said):
    """Waste of V1; the sentences of its deviations."""
    drafts = room.do("waste", vial="V1", witness=OTHER.id, **said)
    return [draft.body["what"] for draft in drafts[1:]]


def loose(room):
    return [v.vial for v in room.state.vials
            if not custody.accounted(room.state, room.protocol, v, room.now)]  # fmt: skip


@pytest.mark.hazard(40)
@pytest.mark.parametrize("name", ["nurse", " NURSE ", "Demo Nurse Hazel", "demo nurse hazel"])
def test_the_witness_of_waste_is_another_person(name):
    """Hazard 40, diversion: one's own name in any spelling is no witness."""
    room = Room(INFUSION).recovering()

    assert "witness" == room.refused("waste", vial="V1", amount_ml="9.3", witness=name).code


@pytest.mark.hazard(40)
def test_a_sum_that_fits_accounts_for_the_vial():
    """Hazard 40: 500 mg are 35 given and 465 wasted."""
    room = Room(INFUSION).recovering()

    assert ["V1"] == loose(room)
    assert [] == waste(room, amount_ml="9.3")
    assert [] == loose(room)


@pytest.mark.hazard(40)
def test_a_mismatch_is_a_deviation_that_names_the_difference():
    """Hazard 40: 50 mg that nobody saw destroyed are on record."""
    room = Room(INFUSION).recovering()
    said = "415 mg of V1 were wasted and 465 mg should be left: 50 mg less."

    assert [said] == waste(room, amount_mg="415")
    assert Decimal(50) == left(room)


@pytest.mark.hazard(40)
@pytest.mark.parametrize(("mg", "fits"), [("464.9", True), ("464.8", False), ("465.2", False)])
def test_a_tenth_of_a_milligram_is_the_limit(mg, fits):
    """Hazard 40: chain of custody to 0.1 mg."""
    assert fits == (not waste(Room(INFUSION).recovering(), amount_mg=mg))


@pytest.mark.hazard(40)
def test_the_rest_of_the_vial_and_of_the_syringe_are_two_rests():
    """Hazard 40: stopped half way, 465 mg are in the vial and 17.5 in the syringe."""
    room = infusing(20)
    room.do("stop", reason="enough", given_ml="25")

    assert [] == waste(room, of="vial", amount_ml="9.3")
    assert ["V1"] == loose(room)
    assert [] == waste(room, of="syringe", amount_ml="25")
    assert Decimal(0) == left(room)


@pytest.mark.hazard(40)
def test_waste_without_an_amount_is_no_proof():
    room = Room(INFUSION).recovering()

    assert ["No amount was told for the waste of V1: 465 mg were left."] == waste(room)


@pytest.mark.hazard(1)
def test_millilitres_that_are_not_those_milligrams_are_typed_again():
    """Hazard 1: 9.3 mL of 50 mg/mL is not 46.5 mg."""
    room = Room(INFUSION).recovering()
    refused = room.refused(
        "waste", vial="V1", amount_ml="9.3", amount_mg="46.5", witness=OTHER.id
    )  # fmt: skip

    assert "amount" == refused.code


@pytest.mark.hazard(1, 40)
@pytest.mark.parametrize(
    ("of", "ml", "told"),
    [
        ("vial", "460", "23000 mg, and this held 500 mg"),
        ("syringe", "500", "350 mg, and this held 35 mg"),
        (None, "93", "4650 mg, and this held 500 mg"),
    ],
)
def test_waste_of_what_no_pack_can_have_held_is_typed_again(of, ml, told):
    """Hazards 1 and 40: milligrams told as millilitres, or the point one place off."""
    room = Room(INFUSION).recovering()
    refused = room.refused("waste", vial="V1", of=of, amount_ml=ml, witness=OTHER.id)

    assert "amount" == refused.code
    assert told in refused.sentence


@pytest.mark.hazard(40)
def test_a_vial_that_was_filled_generously_is_wasted_and_told():
    """Hazard 40: a tell is recorded; what is more than the label says is a deviation."""
    said = waste(Room(INFUSION).recovering(), amount_ml="10.2")

    assert ["510 mg of V1 were wasted and 465 mg should be left: 45 mg more."] == said


@pytest.mark.hazard(4)
@pytest.mark.parametrize(("pump", "counts"), [("40", "28.00"), ("10", "17.50")])
def test_of_rate_and_pump_the_larger_counts(pump, counts):
    """Hazard 4: after 20 min at 75 mL/h the rate means 25 mL; neither figure hides the other."""
    room = infusing(20)
    drafts = room.do("stop", reason="enough", given_ml=pump)

    assert Decimal(counts) == dosing.given_mg(room.state, room.now)
    assert f"The pump says {pump} mL were given, and its rate means 25 mL." in [
        draft.body.get("what") for draft in drafts
    ]


@pytest.mark.hazard(4)
def test_a_device_told_meanwhile_does_not_keep_the_pump_running():
    """Hazard 4: the stop ends the stretch of the infusion, whatever was told after it began."""
    room = infusing(20)
    room.do("device_given", device=1, vial="V1", order_version=1)
    room.do("stop", reason="enough")
    given = dosing.given_mg(room.state, room.now)
    room.wait(30)

    assert given == dosing.given_mg(room.state, room.now)


@pytest.mark.hazard(4)
def test_more_than_was_made_up_is_counted_and_asked_about():
    room = infusing(40)
    drafts = room.do("end_dose", given_ml="60")

    assert Decimal(42) == dosing.given_mg(room.state, room.now)
    assert "The pump says 60 mL, and only 50 mL were made up." == drafts[1].body["what"]


def test_an_end_as_planned_empties_the_syringe():
    """Pressed ten seconds early it is still the whole dose; half way it is not."""
    room = infusing(40 - 1 / 6)
    assert 1 == len(room.do("end_dose"))
    assert Decimal(465) == left(room)

    half = infusing(20)
    drafts = half.do("end_dose")
    assert "Ended as planned, and its rate means 25 of 50 mL." == drafts[1].body["what"]
    assert Decimal("482.5") == left(half)


def test_the_pump_may_be_read_after_the_stop():
    """An urgent stop comes first and the volume later, without a deviation."""
    room = infusing(20)
    room.do("stop", reason="asked")
    room.wait(2)

    assert 1 == len(room.do("stop", reason="read from the pump", given_ml="25.2"))
    assert Decimal("17.64") == dosing.reported_mg(room.state)


@pytest.mark.hazard(40)
def test_half_a_device_leaves_half_to_waste():
    """Hazard 40: one spray of two; the other 14 mg are accounted for."""
    room = again(NASAL)
    room.do("start", order_version=1)
    drafts = room.do("device_given", device=1, vial="V1", order_version=1, amount_mg="14")

    assert "Only 14 of 28 mg of the device went in." == drafts[1].body["what"]
    assert ["V1", "V2"] == loose(room)
    assert [] == waste(room, amount_mg="14")
    assert ["V2"] == loose(room)


@pytest.mark.hazard(40)
def test_an_unused_device_is_wasted_whole():
    room = again(NASAL)

    assert [] == waste(room)
    assert Decimal(28) == custody.wasted_mg(room.state, "V1")


def test_one_device_holds_no_more_than_it_holds():
    room = again(NASAL)
    said = {"device": 1, "vial": "V1", "order_version": 1, "amount_mg": "280"}

    assert "amount" == room.refused("device_given", **said).code


@pytest.mark.hazard(40)
@given(
    st.decimals(0, 40, places=1), st.lists(st.decimals(0, 300, places=1), max_size=4),
    st.none() | st.decimals(0, 50, places=1),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_a_vial_is_accounted_for_only_by_its_sum_or_a_deviation(minutes, wasted, pump):
    """Hazard 40: whatever is wasted, content = given + wasted, or somebody must look."""
    room = infusing(float(minutes))
    room.do("stop", reason="x", **({} if pump is None else {"given_ml": str(pump)}))
    for amount in wasted:
        waste(room, amount_mg=str(amount))
    by_hand = 500 - sum(wasted, Decimal(0)) - (
        dosing.by_rate_mg(room.state, room.now) if pump is None else pump * Decimal("0.7")
    )  # fmt: skip

    assert abs(by_hand - left(room)) <= Decimal("0.01")
    if not loose(room) and abs(by_hand) > Decimal("0.11"):
        said = [e.data()["what"] for e in room.entries if e.kind == "deviation.noted"]
        assert any("should be left" in each for each in said)


def test_a_pump_that_was_paused_is_empty_later_by_the_pause():
    """At the chair one sees when it will be empty, and that it has been."""
    room = infusing(10)
    expected = room.now + timedelta(minutes=30)
    assert expected == dosing.empty_at(room.state)

    room.do("pause", reason="dizzy")
    assert dosing.empty_at(room.state) is None
    room.wait(5)
    room.monitor()
    room.do("resume", order_version=1)
    assert expected + timedelta(minutes=5) == dosing.empty_at(room.state)

    room.wait(60)
    assert expected + timedelta(minutes=5) == dosing.empty_at(room.state)


@pytest.mark.parametrize(
    ("protocol", "dose", "noted"),
    [
        (NASAL, {"dose_mg": "28"}, "28 mg is no dose step of this protocol: 56, 84 mg."),
        (NASAL, {"dose_mg": "56"}, None),
        (INFUSION, {"dose_mg_per_kg": "0.4"}, "0.4 mg/kg is no dose step of this protocol: "),
        (INFUSION, {"dose_mg_per_kg": "0.5"}, None),
    ],
)
def test_an_order_off_the_steps_is_taken_and_says_so(protocol, dose, noted):
    """It is the prescriber's to order; whoever reads the record sees that no label has this step."""
    room = Room(protocol).opened()
    infusion = {"duration_min": "40", "weight_kg": "70"} if protocol == INFUSION else {}
    drug = room.protocol.drug
    room.do("sign_order", DOCTOR, drug=drug.name, route=drug.route, **dose, **infusion)

    said = room.newest("order.signed").get("notes", [])
    assert [True] * len(said) == [noted is not None and each.startswith(noted) for each in said]
    assert (noted is not None) == bool(said)
    assert all(each in sentence(room.entries[-1]) for each in said)
