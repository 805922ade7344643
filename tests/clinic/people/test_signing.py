"""A signature needs password and a fresh code; a PIN never signs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password

from esker.clinic.people import signing

PASSWORD = "a long fictional password"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def sign(user, password=PASSWORD, code=None, at=NOW, clinic_id=None):
    code = code or signing.current_code(user, at)
    where = str(clinic_id or user.clinic_id)
    return signing.verify_signature(where, user.username, password, code, "order", at)


@pytest.mark.hazard(39)
def test_both_factors_sign_once(prescriber):
    """A code seen over the shoulder signs nothing more."""
    assert sign(prescriber).signer == "prescriber"
    assert sign(prescriber) is None
    assert sign(prescriber, at=NOW + timedelta(seconds=60)) is not None


@pytest.mark.hazard(39)
def test_one_factor_does_not_sign(prescriber):
    wrong = "000000" if signing.current_code(prescriber, NOW) != "000000" else "111111"

    assert sign(prescriber, password="wrong") is None
    assert sign(prescriber, code=wrong) is None


@pytest.mark.hazard(39)
def test_a_pin_switches_and_does_not_sign(prescriber):
    prescriber.pin = make_password("4821")
    prescriber.save()

    assert prescriber == signing.switch(str(prescriber.clinic_id), "prescriber", "4821", NOW)
    assert sign(prescriber, password="4821") is None


def test_guessing_is_stopped_for_a_while(prescriber):
    for _ in range(signing.TRIES):
        sign(prescriber, password="wrong")

    assert sign(prescriber) is None
    assert sign(prescriber, at=NOW + signing.REST) is not None


@pytest.mark.hazard(37)
def test_nobody_signs_in_another_clinic(prescriber, charlie):
    assert sign(charlie, clinic_id=prescriber.clinic_id) is None
