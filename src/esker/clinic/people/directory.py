"""Who works here. In a demo, also their current codes, since nobody holds a fictional phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from esker.clinic import tenancy
from esker.clinic.people.models import User
from esker.clinic.people.presence import on_site
from esker.clinic.people.signing import current_code


def colleagues(clinic_id: str) -> list[dict[str, Any]]:
    """Everyone who works here, for choosing by name: username, name, roles, presence."""
    with tenancy.scope(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id, is_active=True).order_by("name")
        return [
            {"username": user.username, "name": user.name, "roles": list(user.roles),
             "on_site": user.username in here}
            for user in people
        ]  # fmt: skip


def with_codes(clinic_id: str, at: datetime) -> list[dict[str, Any]]:
    """Everyone with the code that signs now. For demo folders only; the caller sees to it."""
    with tenancy.scope(clinic_id):
        here = on_site(clinic_id)
        people = User.objects.filter(clinic_id=clinic_id, is_active=True).order_by("username")
        return [
            {
                "username": user.username,
                "name": user.name,
                "roles": [role.replace("_", " ") for role in user.roles],
                "licence": user.licence,
                "on_site": user.username in here,
                "code": current_code(user, at),
            }
            for user in people
        ]
