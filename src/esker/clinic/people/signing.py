"""Signing: password and a one-time code (RFC 6238), asked for afresh at each signature."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.contrib.auth.hashers import check_password
from django.db import transaction

from esker.clinic import clock
from esker.clinic.people.models import User
from esker.clinic.people.presence import SHIFT, on_site
from esker.clinic.people.secrets import reveal, seal
from esker.core.session.state import Actor, Role, Signature

STEP_S = 30
DRIFT = 1  # steps that a phone's clock may be off, either way
TRIES = 5
REST = timedelta(minutes=15)
PIN_LASTS = SHIFT  # a shift PIN does not outlive the shift
NOT_RIGHT = "The password or the code is not right; wait for a new code."


def new_secret() -> str:
    """A fresh secret of 160 bits, sealed as the table keeps it."""
    return seal(base64.b32encode(secrets.token_bytes(20)).decode())


def fits(sealed: str, totp: str, at: datetime) -> bool:
    """Whether a phone that was just shown this secret answers with its code."""
    return _matching_step(sealed, 0, totp, at) is not None


def address(sealed: str, clinic: str, username: str) -> str:
    """What an authenticator app scans (the otpauth key URI format)."""
    label, issuer = quote(f"Esker {clinic}:{username}"), quote(f"Esker {clinic}")
    return f"otpauth://totp/{label}?secret={reveal(sealed)}&issuer={issuer}&period={STEP_S}"


def actor_for(user: User, signature: Signature | None = None) -> Actor:
    """The core's view of this person; inside the clinic's scope, which presence is read from."""
    return Actor(
        id=user.username,
        name=user.name,
        roles=frozenset(Role(role) for role in user.roles),
        licence=user.licence or None,
        on_site=user.username in on_site(str(user.clinic_id)),
        signature=signature,
    )


def current_code(user: User, at: datetime) -> str:
    """The six digits that this person's authenticator shows at `at`."""
    return _code(user.totp_secret, _step(at))


def forget_future_codes(at: datetime) -> None:
    """Let codes sign that were used ahead of the phones' clock. For demo folders only.

    A demo's morning signs at its simulated hours, which may be days ahead of the phones.
    """
    User.objects.filter(totp_step__gt=_step(at)).update(totp_step=0)


def verify_signature(
    clinic_id: str, username: str, password: str, totp: str, meaning: str, at: datetime
) -> Signature | None:
    """The signature, or None when either factor is wrong, used before, or tried too often."""
    with transaction.atomic():
        people = User.objects.select_for_update().filter(clinic_id=clinic_id, is_active=True)
        user = people.filter(username=username).first()
        if user is None or _resting(user, at):
            return None
        step = _matching_step(user.totp_secret, user.totp_step, totp, at)
        if not user.check_password(password) or step is None:
            return _failed(user, at)
        user.totp_step, user.failures = step, 0
        user.save(update_fields=["totp_step", "failures"])
        return Signature(username, meaning, at)


def knows_password(user: User, password: str, at: datetime) -> bool:
    """Whether this is the person's password; tried too often, no for a while."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if _resting(user, at):
            return False
        if not user.check_password(password):
            _failed(user, at)
            return False
        return True


def switch(clinic_id: str, username: str, pin: str, at: datetime) -> User | None:
    """The colleague who takes the tablet by shift PIN. A PIN never makes a signature."""
    with transaction.atomic():
        people = User.objects.select_for_update().filter(clinic_id=clinic_id, is_active=True)
        user = people.filter(username=username).first()
        if user is None or not has_pin(user, at) or _resting(user, at):
            return None
        if not check_password(pin, user.pin):
            return _failed(user, at)
        user.failures = 0
        user.save(update_fields=["failures"])
        return user


def prescribes(user: User) -> bool:
    """Whether this person may sign at all."""
    return user.is_active and user.has_role(Role.PRESCRIBER) and bool(user.licence)


def has_pin(user: User, at: datetime) -> bool:
    """Whether this person set a shift PIN, and within this shift."""
    return bool(user.pin) and user.pin_at is not None and at - user.pin_at < PIN_LASTS


def _failed(user: User, at: datetime) -> None:
    user.failures, user.failed_at = user.failures + 1, at
    user.save(update_fields=["failures", "failed_at"])


def _resting(user: User, at: datetime) -> bool:
    if user.failures < TRIES or user.failed_at is None:
        return False
    if at - user.failed_at < REST:
        return True
    user.failures = 0  # the rest is over: all tries again
    return False


def _matching_step(sealed: str, used: int, totp: str, at: datetime) -> int | None:
    """The time step whose code was given, later than any that was used."""
    if not sealed or not (totp.isascii() and totp.isdigit() and len(totp) == 6):
        return None
    now = _step(at)
    for step in range(max(now - DRIFT, used + 1), now + DRIFT + 1):
        if secrets.compare_digest(_code(sealed, step), totp):
            return step
    return None


def _step(at: datetime) -> int:
    return int(clock.on_phones(at).timestamp()) // STEP_S


def _code(sealed: str, step: int) -> str:
    return HOTP(base64.b32decode(reveal(sealed)), 6, SHA1()).generate(step).decode()  # noqa: S303
