"""A clinic in a folder of its own, served by a real process: for tests that kill it, and benches.

    python -m tests.clinic.serving prepare FOLDER CHAIRS [quick]   make it; prints what it made
    python -m tests.clinic.serving serve FOLDER PORT MLLP CLINIC
    python -m tests.clinic.serving stand FOLDER CLINIC             forks a server for each line in

The last one sets Django up once, since a start costs a second and a fork does not.

`quick` signs a protocol whose limits ring without delay, so that what is measured is ours.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

PASSWORD = "a long fictional password"
CODES = {
    "spo2": ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC"),
    "hr": ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "sbp": ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "dbp": ("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC"),
}
QUICK = ('id = "limit"\npriority = "medium"\ndelay = { value = 5', "5", "0")


def prepare(folder, chairs, quick=False):
    """Make the clinic in a process of its own: clinic, cookie, csrf token, and the sessions."""
    words = ["prepare", str(folder), str(chairs), *(["quick"] if quick else [])]
    made = subprocess.run(command(*words), env=environment(), check=True, stdout=subprocess.PIPE)
    return json.loads(made.stdout)


def serve(folder, clinic, port=None, mllp=None):
    """The process, its web port and its MLLP port, once it answers; and how long that took."""
    port, mllp, begun = port or free_port(), mllp or free_port(), time.monotonic()
    words = ["serve", str(folder), str(port), str(mllp), clinic]
    process = subprocess.Popen(command(*words), env=environment())
    while process.poll() is None:
        try:
            for each in (port, mllp):
                socket.create_connection(("127.0.0.1", each), 1).close()
            return process, port, mllp, time.monotonic() - begun
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server ended with {process.returncode} before it answered")


def command(*words):
    return [sys.executable, "-m", "tests.clinic.serving", *words]


def environment():
    kept = ("ESKER_DATABASE_URL",)
    return {k: v for k, v in os.environ.items() if not k.startswith("ESKER_") or k in kept}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def monitor_of(place):
    return f"02005EFFFE{place:06X}"


def message(control, at, place, values):
    """An ORU^R01 of the monitor at this place: values by channel, all observed at `at`."""
    now = f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03}+0000"
    rows = [
        f"MSH|^~\\&|DEMO^{monitor_of(place)}^EUI-64||||{now}||ORU^R01|{control}|P|2.6",
        f"OBR|1|||1^demo^L|||{now}",
        *(f"OBX|{n}|NM|{CODES[name][0]}|1|{value}|{CODES[name][1]}|||||R|||{now}"
          for n, (name, value) in enumerate(values.items(), start=1)),
    ]  # fmt: skip
    return ("\r".join(rows) + "\r").encode()


# -- inside the made clinic's own process ---------------------------------------------------------


def _make(folder, chairs, quick):
    from esker.clinic import start

    start.django(Path(folder), migrate=True)
    from django.test import Client

    from esker.clinic.people.models import Clinic, User

    clinic = Clinic.objects.create(name="Demo Clinic")
    people = {"clinic": clinic, "name": "Demo Hazel"}
    nurse = User.objects.create_user("nurse", PASSWORD, roles=["nurse"], **people)
    digest = _signed(clinic, people, quick)
    sessions = [_seated(clinic, nurse, digest, place) for place in range(1, chairs + 1)]
    client = Client()
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies["sessionid"].value
    return {"clinic": str(clinic.id), "cookie": cookie, "sessions": sessions, "protocol": digest}


def _signed(clinic, people, quick):
    from esker.clinic import clock
    from esker.clinic.people import signing
    from esker.clinic.people.models import User
    from esker.clinic.setup.commands import sign_protocol
    from esker.core.protocols.load import load
    from esker.protocol_files import text_of

    signer = User.objects.create_user(
        "prescriber", PASSWORD, roles=["prescriber"], licence="DEMO-1",
        totp_secret=signing.new_secret(), **people,
    )  # fmt: skip
    text = text_of("esketamine-trd-us")
    if quick:
        found, old, new = QUICK
        assert found in text
        text = text.replace(found, found.removesuffix(old) + new)
    digest = load(text)[1]
    code = signing.current_code(signer, clock.now())
    refused = sign_protocol(str(clinic.id), text, digest, "prescriber", PASSWORD, code)
    assert not refused, refused
    return digest


def _seated(clinic, nurse, digest, place):
    from esker.clinic import clock
    from esker.clinic.sessions import service

    session = str(uuid4())
    person = {"id": f"p{place}", "name": f"Demo {place}", "born": "1984-04-12", "mrn": f"D-{place}"}
    who = [{"what": name, "value": person[name]} for name in ("name", "born")]
    for said in (
        {"kind": "open_session", "patient": person, "protocol_hash": digest,
         "planned_at": clock.now().isoformat()},
        {"kind": "arrive", "identifiers": who},
        {"kind": "pair_monitor", "chair": f"Chair {place}", "monitor": monitor_of(place)},
    ):  # fmt: skip
        request = {"id": str(uuid4()), "command": said}
        answer = service.handle(str(clinic.id), session, request, nurse)
        assert isinstance(answer, service.Accepted), answer
    return session


def _serve(folder, port, mllp, clinic):
    from esker.clinic import start

    start.django(Path(folder))
    from esker.clinic.server import serve

    serve("127.0.0.1", int(port), int(mllp), clinic)


def _stand(folder, clinic):
    """`serve PORT MLLP` forks a server and says when it ended; `report`: what a reader finds."""
    from esker.clinic import start

    start.django(Path(folder))
    from django.db import connections

    from esker.clinic import server  # noqa: F401: imported before the forks
    from esker.clinic.alarms import checkpoints
    from esker.clinic.devices import sealing

    _ask_once()
    sealing.EVERY_S, checkpoints.EVERY_S = 0.3, 1.0  # so that a kill meets them, too
    _say("ready")
    for line in sys.stdin:
        connections.close_all()  # a connection must not cross a fork
        act, *ports = line.split()
        if act == "report":
            _say(json.dumps(_report(clinic)))
        elif (pid := os.fork()) == 0:
            server.serve("127.0.0.1", *map(int, ports), clinic)
            os._exit(0)
        else:
            _say(f"pid {pid}")
            os.waitpid(pid, 0)
            _say("ended")


def _ask_once():
    """One request, so that what loads at the first one is loaded before the forks."""
    from django.test import Client

    Client().get("/api/v1/floor")


def _report(clinic):
    """Faults of the chains, drift of the projections, and [command, n] of every entry."""
    from esker.clinic.ledger import audit, models
    from esker.clinic.tenancy import scope

    with scope(clinic):
        rows = models.Entry.objects.filter(clinic_id=clinic)
        return {
            "faults": list(audit.verify(clinic)),
            "entries": list(rows.values_list("command", "n")),
            "blocks": rows.filter(stream__startswith="trend:").count(),
            "checkpoints": models.Checkpoint.objects.filter(clinic_id=clinic).count(),
            "drift": audit.rebuild(clinic).differences,
        }


def _say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    act, *words = sys.argv[1:]
    if act == "stand":
        _stand(*words)
    elif act == "prepare":
        sys.stdout.write(json.dumps(_make(words[0], int(words[1]), "quick" in words)))
    else:
        _serve(*words)
