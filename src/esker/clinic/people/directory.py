"""Who works here. In a demo, also their current codes, since nobody holds a fictional phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import default_token_generator

from esker.clinic import tenancy
from esker.clinic.people.models import Clinic, User
from esker.clinic.people.presence import on_site
from esker.clinic.people.signing import current_code, has_pin
from esker.core.session.state import Role


def zone(clinic_id: str) -> str:
    """The clinic's time zone."""
    return Clinic.objects.get(pk=clinic_id).zone


def switchers(clinic_id: str, at: datetime) -> list[dict[str, str]]:
    """Who set a PIN for this shift and may take a screen over, those on site first."""
    with tenancy.reading(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id, is_active=True).exclude(pin="")
        able = [user for user in people if has_pin(user, at)]
        able.sort(key=lambda user: (user.username not in here, user.name))
        return [{"username": user.username, "name": user.name} for user in able]


def everyone(clinic_id: str) -> list[dict[str, Any]]:
    """All people, also those who left, for the administrator."""
    with tenancy.reading(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id).order_by("-is_active", "name")
        return [
            {
                "username": user.username,
                "name": user.name,
                "roles": list(user.roles),
                "licence": user.licence,
                "unlicensed": user.has_role(Role.PRESCRIBER) and not user.licence,
                "active": user.is_active,
                "on_site": user.username in here,
                "ready": user.has_usable_password() and bool(user.totp_secret),
            }
            for user in people
        ]


def colleagues(clinic_id: str) -> list[dict[str, Any]]:
    """Everyone who works here, for choosing by name: username, name, roles, licence, presence."""
    with tenancy.reading(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id, is_active=True).order_by("name")
        return [
            {"username": user.username, "name": user.name, "roles": list(user.roles),
             "licensed": bool(user.licence), "on_site": user.username in here}
            for user in people
        ]  # fmt: skip


def invitation(clinic_id: str, username: str) -> str:
    """The token of a one-time link; worth nothing once a password is set."""
    return default_token_generator.make_token(
        User.objects.get(clinic_id=clinic_id, username=username)
    )


def invited(username: str, token: str) -> User | None:
    """Whom a one-time link was made for, while it holds."""
    user = User.objects.filter(username=username, is_active=True).first()
    return user if user and default_token_generator.check_token(user, token) else None


def with_codes(clinic_id: str, at: datetime) -> list[dict[str, Any]]:
    """Everyone with the code that signs now. For demo folders only; the caller sees to it."""
    with tenancy.reading(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id, is_active=True).order_by("username")
        return [
            {
                "username": user.username,
                "name": user.name,
                "roles": list(user.roles),
                "licence": user.licence,
                "on_site": user.username in here,
                "code": current_code(user, at) if user.totp_secret else None,
            }
            for user in people
        ]
