"""How old the patient is, and what the label says of it: a hold that a prescriber may sign."""

from dataclasses import replace
from datetime import timedelta

import pytest

from esker.core.session.commands import Person
from tests.core.session.clinicroom import DOCTOR, PERSON, START, Room

EU, US = "esketamine-trd-eu", "esketamine-trd-us"
DAY = START.date()


def aged(protocol, born, mg="56"):
    """A room in which a patient born on this day is ready to be cleared."""
    room = Room(protocol)
    room.person["born"] = str(born)
    room.ready()
    if protocol != "ketamine-iv":
        room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg=mg)
    for vial in ("V1", "V2", "V3"):
        room.scan(vial)
    return room


def years_ago(years, days=0):
    return DAY.replace(year=DAY.year - years) + timedelta(days=days)


@pytest.mark.parametrize(("born", "on", "years"), [
    ("2008-11-23", "2026-11-22", 17), ("2008-11-23", "2026-11-23", 18),
    ("2008-02-29", "2026-02-28", 17), ("2008-02-29", "2026-03-01", 18),
])  # fmt: skip
def test_a_year_is_over_on_the_birthday(born, on, years):
    assert years == Person(**PERSON | {"born": born}).age(DAY.fromisoformat(on))


@pytest.mark.hazard(8)
@pytest.mark.parametrize("protocol", [EU, US, "ketamine-iv"])
def test_who_is_under_the_least_age_is_not_cleared(protocol):
    """Hazard 8, a contraindication is missed: seventeen until tomorrow."""
    refused = aged(protocol, years_ago(18, days=1)).refused("clear", order_version=2)

    assert ("age", "hold") == (refused.rule, refused.strength)
    assert "17 years old" in refused.sentence
    of_age = aged(protocol, years_ago(18))
    assert "age" != getattr(of_age.ask("clear", order_version=2), "rule", None)


@pytest.mark.hazard(8)
def test_a_prescriber_may_sign_for_who_is_younger():
    room = aged(US, years_ago(17))
    room.do("sign_override", DOCTOR, rule="age", reason="second opinion on file")
    room.do("clear", order_version=2)


@pytest.mark.hazard(4)
@pytest.mark.parametrize(("protocol", "years", "mg", "holds"), [
    (EU, 65, "56", True), (EU, 65, "28", False), (EU, 64, "56", False), (EU, 90, "84", True),
    (US, 65, "56", False),
])  # fmt: skip
def test_the_first_dose_of_an_older_patient_is_one_device(protocol, years, mg, holds):
    """Hazard 4, too much in all: 28 mg on day 1 from 65 years on, where the label says so."""
    answer = aged(protocol, years_ago(years), mg).ask("clear", order_version=2)

    assert (f"first_dose:{mg}" if holds else None) == getattr(answer, "rule", None)


@pytest.mark.hazard(4)
def test_who_had_a_dose_before_may_have_two_devices():
    room = aged(EU, years_ago(70))
    room.window = replace(room.window, last_dose_at=START - timedelta(days=3))
    room.do("clear", order_version=2)


def given(room, version):
    """The first device is in, and the rest after it is over."""
    room.do("device_given", device=1, vial="V1", order_version=version)
    room.wait(6)
    room.monitor()


@pytest.mark.hazard(4)
def test_what_was_signed_for_two_devices_covers_both():
    room = aged(EU, years_ago(70))
    room.do("sign_override", DOCTOR, rule="first_dose:56", reason="treated elsewhere for a year")
    room.do("clear", order_version=2)
    room.do("start", order_version=2)
    given(room, 2)
    room.do("next_device", order_version=2, device=2)


@pytest.mark.hazard(4)
def test_an_order_that_was_raised_after_the_start_is_a_first_dose_as_well():
    """Hazard 4: cleared for one device, and two were ordered before it was used."""
    room = aged(EU, years_ago(70), "28")
    room.do("clear", order_version=2)
    room.do("start", order_version=2)
    room.do("sign_order", DOCTOR, drug="esketamine", route="nasal", dose_mg="56")
    given(room, 3)

    assert "first_dose:56" == room.refused("next_device", order_version=3, device=2).rule
