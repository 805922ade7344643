"""What the rescue card shows of what was ordered."""

import pytest

from esker.clinic.sessions.drug_shapes import rescue
from tests.core.session.clinicroom import DOCTOR, Room

LABETALOL = {"name": "Labetalol", "dose": "10", "unit": "mg", "route": "iv", "for_what": "pressure"}
MIDAZOLAM = {**LABETALOL, "name": "Midazolam", "dose": "0.03", "unit": "mg/kg"}


def shown(*prns):
    room = Room("esketamine-trd-us").opened()
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="56", prns=list(prns))
    room.do("weigh", weight="70", unit="kg")
    return {
        card["id"]: [(m["name"], m["dose"], m["unit"]) for m in card["medicines"]]
        for card in rescue(room.state, room.protocol)
    }


@pytest.mark.hazard(26)
def test_a_medicine_that_no_card_names_stands_on_all_of_them():
    """Hazard 26, in the way of a rescue: it was ordered, and the card said that nothing was."""
    found = shown(LABETALOL)

    assert {"hypertension", "sedation"} <= set(found)
    assert all([("Labetalol", "10", "mg")] == medicines for medicines in found.values())


def test_a_medicine_that_a_card_names_stands_there_in_any_spelling():
    found = shown(MIDAZOLAM)

    assert [("Midazolam", "2.1", "mg")] == found["agitation"]
    assert [] == found["hypertension"]
