"""The newest checkpoint's digest, kept beside the database and not in it.

From inside a database nobody can see that its newest rows were taken away. A file in the data
folder is another place; with PostgreSQL it may be on another machine.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from esker.clinic import tenancy
from esker.clinic.ledger.models import Checkpoint
from esker.whole import whole

log = logging.getLogger(__name__)


def note(clinic_id: str, digest: str) -> None:
    """Keep it, once the checkpoint is committed. A folder that takes nothing is logged.

    One that the ledger no longer holds stays: else the next start would wipe out the only trace.
    """
    file = _file(clinic_id)
    try:
        last = known(clinic_id)
        if last is not None and not _held(clinic_id, last):
            log.error("The ledger lacks checkpoint %s; see `esker ledger verify`.", last)
            return
        with whole(file, lasting=True) as part:
            part.write_text(digest + "\n")
    except OSError as why:
        log.error("The newest checkpoint could not be kept beside the database: %s", why.strerror)


def known(clinic_id: str) -> str | None:
    """The digest that was kept last; None where none was."""
    try:
        return _file(clinic_id).read_text().strip()
    except FileNotFoundError:
        return None


def _held(clinic_id: str, digest: str) -> bool:
    with tenancy.reading(clinic_id):
        return Checkpoint.objects.filter(clinic_id=clinic_id, digest=digest).exists()


def _file(clinic_id: str) -> Path:
    return Path(settings.DATA) / f"newest-checkpoint-{clinic_id}"
