"""Writes commands to a ledger until it is killed, for the test that kills it.

It sets Django up once, then forks a writer for each line "write N" on its input, since a start
costs a second and a fork does not. A writer prints a command only after its commit.
"""

import json
import os
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from esker.clinic import start

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENTRIES = 3  # per command, so that half a command would show


def say(said):
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


def write(clinic_id, first):
    """Send commands as a client does, the first one perhaps for the second time."""
    from esker.clinic.ledger import store
    from esker.clinic.tenancy import scope
    from esker.core.ledger import Draft

    for number in count(first):
        drafts = [Draft("note", {"number": number}, AT)] * ENTRIES
        command = f"c{number}"
        with scope(clinic_id):
            if store.answered(clinic_id, command, "digest") is None:
                store.append(
                    clinic_id, command=command, actor="nurse", drafts=drafts,
                    stream=f"crash:{number % 2}", recorded_at=AT,
                )  # fmt: skip
                store.remember(clinic_id, command, "digest", {"number": number})
        say(number)


def report(clinic_id):
    """What a reader finds: the faults, and [command, n] of every entry."""
    from esker.clinic.ledger import audit, models
    from esker.clinic.tenancy import scope

    with scope(clinic_id):
        entries = list(models.Entry.objects.values_list("command", "n"))
        say(json.dumps({"faults": list(audit.verify(clinic_id)), "entries": entries}))


def main(folder):
    start.django(folder, migrate=True)
    from django.db import connections

    from esker.clinic.people.models import Clinic

    clinic_id = str(Clinic.objects.create(name="Demo Crash").id)
    say("ready")
    for line in sys.stdin:
        connections.close_all()  # a SQLite connection must not cross a fork
        if line == "report\n":
            report(clinic_id)
        elif (pid := os.fork()) == 0:
            say(f"pid {os.getpid()}")
            write(clinic_id, int(line.removeprefix("write ")))
        else:
            _, status = os.waitpid(pid, 0)
            say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
