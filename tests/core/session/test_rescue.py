"""A rescue medicine is recorded as it was given, and compared with what was ordered for it."""

import pytest

from tests.core.session.clinicroom import DOCTOR, Room

PRNS = [
    {"name": "midazolam", "dose": "0.03", "unit": "mg/kg", "route": "iv", "for_what": "agitation"},
    {"name": "clonidine", "dose": "100", "unit": "microgram", "route": "oral",
     "for_what": "pressure"},
]  # fmt: skip


def dosing():
    room = Room("esketamine-trd-us").opened()
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="56", prns=PRNS)
    room.do("weigh", weight="70", unit="kg")
    return room


def noted(room, **said):
    given = {"medicine": "midazolam", "prn": "midazolam", "unit": "mg", "route": "iv"} | said
    told, *beside = room.do("give_rescue", **given)
    assert "rescue.given" == told.kind
    return [draft.body["what"] for draft in beside]


@pytest.mark.hazard(1)
@pytest.mark.parametrize(
    ("said", "noted_"),
    [
        ({"dose": "2.1"}, []),
        ({"dose": "21"}, ["21 mg of midazolam was given; the order means 2.1 mg."]),
        ({"dose": "4.6"}, ["4.6 mg of midazolam was given; the order means 2.1 mg."]),
        ({"dose": "2.1", "route": "im"}, ["midazolam was given im; the order says iv."]),
        ({"dose": "2", "medicine": "lorazepam"}, ["lorazepam was given on the order for midazolam."]),
        ({"dose": "0.1", "medicine": "clonidine", "prn": "clonidine", "route": "oral"}, []),
        (
            {"dose": "100", "medicine": "clonidine", "prn": "clonidine", "route": "oral"},
            ["100 mg of clonidine was given; the order means 100 microgram."],
        ),
    ],
)  # fmt: skip
def test_a_rescue_dose_is_compared_with_its_order(said, noted_):
    """Hazard 1, ten times the dose: of a rescue medicine, too; told, it is recorded and noted."""
    assert noted_ == noted(dosing(), **said)


@pytest.mark.hazard(2)
def test_a_dose_by_weight_without_any_weight_is_noted():
    room = Room("esketamine-trd-us").opened()
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="56", prns=PRNS)

    assert ["2 mg of midazolam was given by weight, and no weight is known."] == noted(
        room, dose="2"
    )
