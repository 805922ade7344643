"""Opens a data folder: settings read the environment, so it is set before Django is."""

from __future__ import annotations

import os
from pathlib import Path

DATABASE = "esker.sqlite3"


class NoClinic(Exception):
    """The folder holds no clinic; the sentence says what to do."""


def django(data: Path, *, demo: bool = False, migrate: bool = False) -> None:
    """Set Django up on `data`; with `migrate`, make its database or bring it to this version.

    Raises NoClinic where there is none to read: a mistyped folder is told, and not made.
    """
    if migrate:
        _make_private(data)
    elif not (data / DATABASE).exists() and not os.environ.get("ESKER_DATABASE_URL"):
        raise NoClinic(f"There is no clinic in {data}; name its folder with --data.")
    os.environ["ESKER_DATA"] = str(data.resolve())
    os.environ["ESKER_DEMO"] = "1" if demo or (data / "demo-clock.json").exists() else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esker.clinic.settings")
    import django as framework

    framework.setup()
    if migrate:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)


def _make_private(data: Path) -> None:
    """Make what is missing for its owner alone: it will hold patients. What is there stays."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.environ.get("ESKER_DATABASE_URL"):
        (data / DATABASE).touch(mode=0o600)  # SQLite gives its -wal and -shm the same mode


def seen_by_others(data: Path) -> str | None:
    """What to do about a folder that other people of this machine can read; None when none can.

    Windows keeps who may read elsewhere, and answers here that all may.
    """
    if os.name != "posix" or not data.stat().st_mode & 0o077:
        return None
    return (
        f"Other users of this machine can read {data}, which holds patients' records or the keys "
        f"to them. Close it to them with: chmod go= {data}"
    )
