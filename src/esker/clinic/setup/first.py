"""The one-time address by which an empty folder becomes a clinic."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from esker.clinic.people.models import Clinic

FILE = "set-up-token"  # holds the digest only; gone once the clinic stands


def open_door() -> str:
    """A fresh token for this folder; one that was printed before no longer works."""
    token = secrets.token_urlsafe(24)
    path = settings.DATA / FILE
    path.write_text(_digest(token))
    path.chmod(0o600)
    return token


def fits(token: str) -> bool:
    """Whether this token opens set-up: it is the folder's, and there is no clinic yet."""
    path = settings.DATA / FILE
    if not path.exists() or Clinic.objects.exists():
        return False
    return secrets.compare_digest(path.read_text(), _digest(token))


def close_door() -> None:
    (settings.DATA / FILE).unlink(missing_ok=True)


def clinic_id() -> str | None:
    """The clinic of this folder, or None while it is empty."""
    only = Clinic.objects.order_by("name", "id").first()
    return str(only.id) if only else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
