"""Opens a data folder: settings read the environment, so it is set before Django is."""

from __future__ import annotations

import os
from pathlib import Path


def django(data: Path, *, demo: bool = False, migrate: bool = False) -> None:
    """Set Django up on `data`; with `migrate`, bring its database to this version's shape."""
    data.mkdir(parents=True, exist_ok=True)
    os.environ["ESKER_DATA"] = str(data.resolve())
    os.environ["ESKER_DEMO"] = "1" if demo or (data / "demo-clock.json").exists() else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esker.clinic.settings")
    import django as framework

    framework.setup()
    if migrate:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
