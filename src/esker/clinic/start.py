"""Opens a data folder: settings read the environment, so it is set before Django is."""

from __future__ import annotations

import os
from pathlib import Path


class NoClinic(Exception):
    """The folder holds no clinic; the sentence says what to do."""


def django(data: Path, *, demo: bool = False, migrate: bool = False) -> None:
    """Set Django up on `data`; with `migrate`, make its database or bring it to this version.

    Raises NoClinic where there is none to read: a mistyped folder is told, and not made.
    """
    if migrate:
        data.mkdir(parents=True, exist_ok=True)
    elif not (data / "esker.sqlite3").exists() and not os.environ.get("ESKER_DATABASE_URL"):
        raise NoClinic(f"There is no clinic in {data}; name its folder with --data.")
    os.environ["ESKER_DATA"] = str(data.resolve())
    os.environ["ESKER_DEMO"] = "1" if demo or (data / "demo-clock.json").exists() else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esker.clinic.settings")
    import django as framework

    framework.setup()
    if migrate:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
