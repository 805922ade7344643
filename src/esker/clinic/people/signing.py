"""Signing: password and a one-time code (RFC 6238), asked for afresh at each signature."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.contrib.auth.hashers import check_password
from django.db import transaction

from esker.clinic.people.models import User
from esker.core.session.state import Actor, Role, Signature

STEP_S = 30
DRIFT = 1  # steps that a phone's clock may be off, either way
TRIES = 5
REST = timedelta(minutes=15)
NOT_RIGHT = "The password or the code is not right; wait for a new code."


def new_secret() -> str:
    """A fresh base32 secret of 160 bits, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def actor_for(user: User, signature: Signature | None = None) -> Actor:
    """The core's view of this person; inside the clinic's scope, which presence is read from."""
    return Actor(
        id=user.username,
        name=user.name,
        roles=frozenset(Role(role) for role in user.roles),
        licence=user.licence or None,
        on_site=user.on_site,
        signature=signature,
    )


def current_code(user: User, at: datetime) -> str:
    """The six digits that this person's authenticator shows at `at`."""
    return _code(user.totp_secret, _step(at))


def verify_signature(
    clinic_id: str, username: str, password: str, totp: str, meaning: str, at: datetime
) -> Signature | None:
    """The signature, or None when either factor is wrong, used before, or tried too often."""
    with transaction.atomic():
        people = User.objects.select_for_update().filter(clinic_id=clinic_id, is_active=True)
        user = people.filter(username=username).first()
        if user is None or _resting(user, at):
            return None
        step = _matching_step(user, totp, at)
        if not user.check_password(password) or step is None:
            return _failed(user, at)
        user.totp_step, user.failures = step, 0
        user.save(update_fields=["totp_step", "failures"])
        return Signature(username, meaning, at)


def switch(clinic_id: str, username: str, pin: str, at: datetime) -> User | None:
    """The colleague who takes the tablet by shift PIN. A PIN never makes a signature."""
    with transaction.atomic():
        people = User.objects.select_for_update().filter(clinic_id=clinic_id, is_active=True)
        user = people.filter(username=username).first()
        if user is None or not user.pin or _resting(user, at):
            return None
        if not check_password(pin, user.pin):
            return _failed(user, at)
        user.failures = 0
        user.save(update_fields=["failures"])
        return user


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


def _matching_step(user: User, totp: str, at: datetime) -> int | None:
    """The time step whose code was given, later than any that this person has used."""
    if not user.totp_secret or not (totp.isascii() and totp.isdigit() and len(totp) == 6):
        return None
    now = _step(at)
    for step in range(max(now - DRIFT, user.totp_step + 1), now + DRIFT + 1):
        if secrets.compare_digest(_code(user.totp_secret, step), totp):
            return step
    return None


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def _code(secret: str, step: int) -> str:
    return HOTP(base64.b32decode(secret), 6, SHA1()).generate(step).decode()  # noqa: S303
