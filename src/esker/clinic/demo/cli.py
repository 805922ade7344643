"""`esker demo` and `esker monitor`: the simulated clinic on this machine's loopback only."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import re
import shutil
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from esker.clinic.demo import clock as clocks
from esker.clinic.demo.clock import FILE, Clock
from esker.clinic.ports import one_for_both, why_not

LOOPBACK = "127.0.0.1"
QUIET_CHAIR = 6  # where nothing rings by itself
BEGIN = timedelta(hours=10, minutes=30)
UNFINISHED = "demo-unfinished"  # a folder whose morning was cut off while it was made
PORTS = "demo-ports.json"


class Unable(Exception):
    """Something that the person who typed the command can mend; the sentence says how."""


def demo(args: argparse.Namespace) -> int:
    """Open the demo day, or go on where it stopped. Refused on a folder that is not a demo."""
    try:
        _check(args)
        mine = _alone(args.data)  # held until this process ends
        at = _instant(args.at) if args.at else None
        clock = _opened(args.data, args.fresh, at)
    except Unable as why:
        print(why, file=sys.stderr)
        return 2
    clock.resume()
    from esker.clinic import clock as shell
    from esker.clinic.demo import cast
    from esker.clinic.people import signing

    shell.install(clock, clock.arriving, shell.machine)
    signing.forget_future_codes(clock())
    (args.data / PORTS).write_text(json.dumps({"web": args.port, "mllp": args.mllp_port}))
    _in_background(_monitors, args.data, args.mllp_port, clock, not args.no_monitors)
    if not args.no_open:
        threading.Timer(1.5, webbrowser.open, [f"http://{LOOPBACK}:{args.port}/"]).start()
    print(
        f"SIMULATION, no real patient. http://{LOOPBACK}:{args.port}/\n"
        f"Sign in as nurse or prescriber, password {cast.PASSWORD}. "
        f"The clinic's clock shows {clock():%Y-%m-%d %H:%M} UTC. Ctrl-C stops.",
        flush=True,
    )
    from esker.clinic.server import serve

    serve(LOOPBACK, args.port, args.mllp_port, str(cast.CLINIC))
    mine.close()
    return 0


def _check(args: argparse.Namespace) -> None:
    """What can be said before anything is touched. Raises Unable."""
    folder: Path = args.data
    ours = (folder / FILE).exists() or (folder / UNFINISHED).exists()
    if folder.exists() and not folder.is_dir():
        raise Unable(f"{folder} is not a folder; choose another with --data.")
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise Unable(f"{folder} holds something that is not a demo; choose another with --data.")
    if shared := one_for_both(args.port, args.mllp_port):
        raise Unable(shared)
    for option, port in (("--port", args.port), ("--mllp-port", args.mllp_port)):
        if why_not(LOOPBACK, port):
            raise Unable(
                f"Port {port} is taken, perhaps by another demo. Stop that one, or choose another "
                f"port with {option}."
            )


def _alone(folder: Path) -> TextIO:
    """A lock on the folder: two servers would pull one clock in two directions. Raises Unable."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_name(f".{folder.name}.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Unable(f"{folder} is open in another esker demo; stop that one first.") from None
    return file


def _opened(folder: Path, fresh: bool, at: datetime | None) -> Clock:
    """The folder's clock; a new folder gets its database and its morning first. Raises Unable."""
    if fresh or at or (folder / UNFINISHED).exists():
        shutil.rmtree(folder, ignore_errors=True)
    new = not (folder / FILE).exists()
    if new:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / UNFINISHED).touch()
        print("Making the demo's morning; this takes a moment ...", flush=True)
    from esker.clinic.start import django

    try:
        django(folder, demo=True, migrate=True)
        return _new(folder, at) if new else _old(folder)
    except Unable:
        raise
    except Exception as error:
        if new:
            raise
        raise Unable(
            f"{folder} was made by a version of Esker that this one cannot go on from ({error}). "
            "Begin a new day with: esker demo --fresh"
        ) from error


def _new(folder: Path, at: datetime | None) -> Clock:
    from esker.clinic.demo import story

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = at or midnight + BEGIN
    story.morning(begins)
    Clock.create(folder, begins)
    (folder / UNFINISHED).unlink()
    return clocks.of(folder.resolve())


def _old(folder: Path) -> Clock:
    """Go on, once it is clear that every open session can still be read."""
    from esker.clinic.demo import cast
    from esker.clinic.sessions import queries

    clock = clocks.of(folder.resolve())
    queries.floor(str(cast.CLINIC), clock())
    return clock


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Unable(f"{text} is not an instant with a zone, such as 2026-11-23T08:30Z.")
    return found.astimezone(UTC)


def _in_background(work: Callable[..., None], *args: object) -> None:
    threading.Thread(target=work, args=args, daemon=True).start()


def _monitors(folder: Path, port: int, clock: Clock, speaking: bool) -> None:
    """The chairs' monitors, and the time that waits for them."""
    from esker.clinic.demo import cast, takeover
    from esker.clinic.demo.bedside import Bedside
    from esker.clinic.demo.monitors import Line, Speaker, pace
    from esker.clinic.demo.voices import Monitor, Voice

    bedside = Bedside(str(cast.CLINIC))

    def speaker(monitor: Monitor) -> Speaker:
        voice = Voice(monitor, bedside.look)
        return Speaker(
            voice, Line(LOOPBACK, port), lambda: takeover.is_over(folder, monitor.identity)
        )

    speakers = [speaker(each) for each in cast.SPEAKING] if speaking else []
    asyncio.run(pace(clock, speakers, bedside.try_refresh))


def monitor(args: argparse.Namespace) -> int:
    """One simulated monitor that speaks until interrupted."""
    try:
        _speak(args)
    except Unable as why:
        print(why, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _speak(args: argparse.Namespace) -> None:
    from esker.clinic.demo import takeover
    from esker.clinic.demo.monitors import Line, Speaker, follow
    from esker.clinic.demo.voices import NOBODY, Monitor, Voice

    if args.monitor is None:
        chair = QUIET_CHAIR if args.chair is None else args.chair
        identity, arriving, look, refresh = _at_chair(args.data, chair)
        port = args.port or _port(args.data)
        hold = takeover.over(args.data, identity)
    else:
        if not re.fullmatch(r"[^\s|^~\\&\x00-\x1f]{1,64}", args.monitor):
            raise Unable(
                f"--monitor takes an identity without spaces or |^~\\&; not {args.monitor!r}."
            )
        identity, port, hold = args.monitor, args.port or 2575, nullcontext()
        arriving, look, refresh = _machine, lambda _identity: NOBODY, lambda _now: None
    voice = Voice(Monitor(identity, scenario=args.scenario), look)
    line = Line(args.host, port, tell=lambda said: print(said, file=sys.stderr, flush=True))
    print(f"{identity} speaks to {args.host}:{port}, {args.scenario}. Ctrl-C stops.", flush=True)
    try:
        with hold:
            asyncio.run(follow(arriving, Speaker(voice, line), refresh))
    except takeover.Taken as why:
        raise Unable(str(why)) from None


def _machine() -> datetime:
    return datetime.now(UTC)


def _at_chair(folder: Path, chair: int):  # type: ignore[no-untyped-def]
    """The identity, clock and patient of a chair of the demo in `folder`."""
    if not (folder / FILE).exists():
        raise Unable(
            f"{folder} is not a demo folder: start one with esker demo, or name a --monitor."
        )
    clock = Clock(folder)
    from esker.clinic.start import django

    django(folder, demo=True)
    from esker.clinic.demo import cast
    from esker.clinic.demo.bedside import Bedside
    from esker.clinic.demo.voices import NOBODY

    if not 1 <= chair <= len(cast.MONITORS):
        raise Unable(f"The demo has chairs 1 to {len(cast.MONITORS)}; there is no chair {chair}.")
    bedside = Bedside(str(cast.CLINIC))
    identity = cast.MONITORS[chair - 1]
    return identity, clock.arriving, lambda name: bedside.look(name) or NOBODY, bedside.try_refresh


def _port(folder: Path) -> int:
    """Where the demo in `folder` listens for monitors."""
    with suppress(OSError, ValueError, KeyError):
        return int(json.loads((folder / PORTS).read_text())["mllp"])
    return 2575
