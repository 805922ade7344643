"""A signature needs password and a fresh code; a PIN never signs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password

from esker.clinic import clock
from esker.clinic.people import signing
from esker.clinic.people.secrets import reveal

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
    prescriber.pin, prescriber.pin_at = make_password("4821"), NOW
    prescriber.save()

    assert prescriber == signing.switch(str(prescriber.clinic_id), "prescriber", "4821", NOW)
    assert sign(prescriber, password="4821") is None


@pytest.mark.hazard(39)
def test_a_pin_ends_with_its_shift_and_is_not_guessed(prescriber):
    prescriber.pin, prescriber.pin_at = make_password("4821"), NOW
    prescriber.save()
    clinic = str(prescriber.clinic_id)

    assert signing.switch(clinic, "prescriber", "4821", NOW + signing.PIN_LASTS) is None
    for _ in range(signing.TRIES):
        signing.switch(clinic, "prescriber", "0000", NOW)
    assert signing.switch(clinic, "prescriber", "4821", NOW) is None


def test_a_second_factor_is_not_in_the_table_as_the_phone_holds_it(prescriber):
    """A stolen database alone signs nothing."""
    revealed = reveal(prescriber.totp_secret)
    assert revealed not in prescriber.totp_secret
    assert revealed in signing.address(prescriber.totp_secret, "Demo", "prescriber")


def test_guessing_is_stopped_for_a_while(prescriber):
    for _ in range(signing.TRIES):
        sign(prescriber, password="wrong")

    assert sign(prescriber) is None
    assert sign(prescriber, at=NOW + signing.REST) is not None


def test_a_demos_code_lives_by_the_phones_clock(prescriber):
    """At 60x an hour passes in a minute: the code read before it still signs, and only once."""
    shown = NOW + timedelta(days=2)
    clock.install(lambda: shown, phones=lambda: NOW)
    try:
        signing.forget_future_codes(shown)
        code = signing.current_code(prescriber, shown)
        later = shown + timedelta(hours=1)
        assert later == sign(prescriber, code=code, at=later).at
        assert sign(prescriber, code=code, at=later) is None
    finally:
        clock.install(clock.machine)


def test_a_demos_morning_uses_up_no_code_of_today(prescriber):
    """It signed at simulated hours, perhaps ahead of the phones, which would then wait for days."""
    ahead = NOW + timedelta(days=2)
    assert sign(prescriber, at=ahead)
    assert sign(prescriber) is None
    signing.forget_future_codes(NOW)
    assert sign(prescriber)


@pytest.mark.hazard(37)
def test_nobody_signs_in_another_clinic(prescriber, charlie):
    assert sign(charlie, clinic_id=prescriber.clinic_id) is None
