"""Runs one alarm loop until killed: `python -m tests.clinic.alarms.takeover FOLDER CLINIC`."""

import sys
import threading
from pathlib import Path

from esker.clinic import start


def main(folder, clinic_id):
    start.django(Path(folder))
    from esker.clinic.alarms import loop, owner

    beaten = owner.beaten

    def beat(clinic_id):
        beaten(clinic_id)
        say("beat")

    owner.beaten = beat
    say("waits")
    loop.run(clinic_id, threading.Event())


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
