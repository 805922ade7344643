"""Changes to people: each is an entry in `staff:<user name>`, with who made it and when.

Passwords, PINs and second factors stand in no entry; that they were set does.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from esker.clinic import clock, tenancy
from esker.clinic.ledger import store
from esker.clinic.people import signing
from esker.clinic.people.models import Clinic, User
from esker.clinic.people.presence import on_site
from esker.core.ledger import Draft, Refused
from esker.core.session.state import Role

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,38}")
PIN = re.compile(r"[0-9]{4,8}")
WRONG = Refused("password", "The password does not fit.")
NO_CODE = Refused("code", "The code does not fit this secret; scan it again and take a new code.")
TAKEN = Refused("taken", "This user name is taken; choose another.")
LAST = Refused("last", "The clinic needs an administrator; name another one first.")


def found(
    clinic: dict[str, str], username: str, name: str, password: str, sealed: str, code: str
) -> User | Refused:
    """Make the clinic and its first administrator, both or neither; refused when one is there."""
    wrong = _identity(username, name) or password_faults(password)
    if wrong:
        return wrong
    if not signing.fits(sealed, code, clock.now()):
        return NO_CODE
    with transaction.atomic():
        if Clinic.objects.exists():
            return Refused("set_up", "This clinic is set up already.")
        made = Clinic.objects.create(**clinic)
        user = User.objects.create_user(
            username, password, clinic=made, name=name.strip(), totp_secret=sealed,
            roles=[Role.ADMINISTRATOR.value],
        )  # fmt: skip
        with tenancy.scope(made.id):
            _append(user, user, "staff.added", _about(user))
    return user


def add_person(
    by: User, username: str, name: str, roles: list[str], licence: str = ""
) -> User | Refused:
    """A person who cannot sign in until a one-time link was used."""
    wrong = _administrator(by) or _identity(username, name) or _roles(roles, licence)
    if wrong:
        return wrong
    with tenancy.scope(by.clinic_id):
        store.lock(str(by.clinic_id), [f"staff:{username}"])
        if User.objects.filter(username=username).exists():
            return TAKEN
        user = User.objects.create_user(
            username, None, clinic_id=by.clinic_id, name=name.strip(), roles=roles,
            licence=licence.strip(),
        )  # fmt: skip
        _append(by, user, "staff.added", _about(user))
    return user


def change_person(
    by: User, username: str, name: str, roles: list[str], licence: str, active: bool
) -> Refused | None:
    """Name, roles, licence, and whether the person may sign in."""
    wrong = _administrator(by) or _identity(username, name) or _roles(roles, licence)
    if wrong:
        return wrong
    with tenancy.scope(by.clinic_id):
        store.lock(str(by.clinic_id), [f"staff:{username}"])
        user = User.objects.filter(clinic_id=by.clinic_id, username=username).first()
        if user is None:
            return Refused("nobody", "There is no such person here.")
        if not (active and Role.ADMINISTRATOR in roles) and _last_administrator(user):
            return LAST
        before = _about(user)
        user.name, user.roles, user.licence = name.strip(), roles, licence.strip()
        user.is_active = active
        if before != _about(user):
            user.save(update_fields=["name", "roles", "licence", "is_active"])
            _append(by, user, "staff.changed", {"before": before, "after": _about(user)})
    return None


def invite(by: User, username: str) -> Refused | None:
    """Note that a one-time link was made for this person; the link itself is in no entry."""
    wrong = _administrator(by)
    if wrong:
        return wrong
    with tenancy.scope(by.clinic_id):
        store.lock(str(by.clinic_id), [f"staff:{username}"])
        user = User.objects.filter(clinic_id=by.clinic_id, username=username).first()
        if user is None or not user.is_active:
            return Refused("nobody", "There is no such person here, or not active.")
        _append(by, user, "staff.invited", {})
    return None


def enrol(user: User, password: str, sealed: str, code: str) -> Refused | None:
    """Password and second factor at once, by a one-time link."""
    wrong = password_faults(password, user)
    if wrong:
        return wrong
    if not signing.fits(sealed, code, clock.now()):
        return NO_CODE
    user.set_password(password)
    user.totp_secret, user.totp_step, user.failures, user.pin = sealed, 0, 0, ""
    return _own(user, "staff.enrolled", ["password", "totp_secret", "totp_step", "failures", "pin"])


def change_password(user: User, old: str, new: str) -> Refused | None:
    """By the person, who knows the old one."""
    wrong = _knows(user, old) or password_faults(new, user)
    if wrong:
        return wrong
    user.set_password(new)
    return _own(user, "staff.password_changed", ["password"])


def change_second_factor(user: User, password: str, sealed: str, code: str) -> Refused | None:
    """A new phone: by the person, with the password and a code of the new secret."""
    wrong = _knows(user, password)
    if wrong:
        return wrong
    if not signing.fits(sealed, code, clock.now()):
        return NO_CODE
    user.totp_secret, user.totp_step = sealed, 0
    return _own(user, "staff.second_factor_changed", ["totp_secret", "totp_step"])


def set_pin(user: User, password: str, pin: str) -> Refused | None:
    """A PIN for this shift. It takes a tablet over and signs nothing."""
    wrong = _knows(user, password)
    if wrong:
        return wrong
    if not PIN.fullmatch(pin) or len(set(pin)) == 1:
        return Refused("pin", "A PIN is four to eight digits, not all the same.")
    user.pin, user.pin_at = make_password(pin), clock.now()
    return _own(user, "staff.pin_set", ["pin", "pin_at"])


def arrive(user: User) -> Refused | None:
    """In the building from now on."""
    return _presence(user, "staff.arrived", here=True)


def leave(user: User) -> Refused | None:
    """Out of the building from now on."""
    return _presence(user, "staff.left", here=False)


def password_faults(password: str, user: User | None = None) -> Refused | None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return Refused("password", " ".join(error.messages))
    return None


def _presence(user: User, kind: str, here: bool) -> Refused | None:
    clinic = str(user.clinic_id)
    with tenancy.scope(clinic):
        store.lock(clinic, [user.stream])
        if (user.username in on_site(clinic)) is not here:
            _append(user, user, kind, {})
    return None


def _knows(user: User, password: str) -> Refused | None:
    """Guesses count as those of a signature do."""
    return None if signing.knows_password(user, password, clock.now()) else WRONG


def _own(user: User, kind: str, fields: list[str]) -> None:
    with tenancy.scope(user.clinic_id):
        store.lock(str(user.clinic_id), [user.stream])
        user.save(update_fields=fields)
        _append(user, user, kind, {})


def _append(by: User, about: User, kind: str, body: dict[str, Any]) -> None:
    at = clock.now()
    store.append(
        str(about.clinic_id), command=store.new_id(at), actor=by.username,
        drafts=[Draft(kind, body, at)], stream=about.stream, recorded_at=at,
    )  # fmt: skip


def _about(user: User) -> dict[str, Any]:
    return {
        "name": user.name, "roles": sorted(user.roles), "licence": user.licence,
        "active": user.is_active,
    }  # fmt: skip


def _administrator(by: User) -> Refused | None:
    if by.has_role(Role.ADMINISTRATOR):
        return None
    return Refused("role", "This is for an administrator.")


def _identity(username: str, name: str) -> Refused | None:
    if not USERNAME.fullmatch(username):
        said = "A user name has 2 to 39 small letters, digits, dots or dashes."
        return Refused("username", said)
    if not name.strip() or len(name) > 200 or not name.isprintable():
        return Refused("name", "Write the person's name.")
    return None


def _roles(roles: list[str], licence: str) -> Refused | None:
    if not roles or not set(roles) <= {role.value for role in Role}:
        return Refused("roles", "Choose at least one role.")
    if len(licence) > 64:
        return Refused("licence", "A licence number has at most 64 characters.")
    return None


def _last_administrator(user: User) -> bool:
    here = User.objects.filter(clinic_id=user.clinic_id, is_active=True)
    return {user.pk} == {each.pk for each in here if each.has_role(Role.ADMINISTRATOR)}
