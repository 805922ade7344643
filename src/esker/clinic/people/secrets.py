"""Second factors are kept sealed with the folder's key: a stolen database alone signs nothing."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings


def seal(secret: str) -> str:
    """The secret as the table keeps it."""
    return _fernet().encrypt(secret.encode()).decode()


def reveal(sealed: str) -> str:
    """The inverse of `seal`. Raises InvalidToken when the folder's key is another."""
    return _fernet().decrypt(sealed.encode()).decode()


def _fernet() -> Fernet:
    key = hashlib.sha256(b"esker second factor " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
