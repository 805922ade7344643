"""`esker demo` and `esker monitor`: the simulated clinic on this machine's loopback only."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import threading
import time
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path

from esker.clinic.demo.clock import FILE, Clock

KEEP_S = 5.0
BEGIN = timedelta(hours=8, minutes=30)


def demo(args: argparse.Namespace) -> int:
    """Open the demo day, or go on where it stopped. Refused on a folder that is not a demo."""
    folder: Path = args.data
    if folder.exists() and any(folder.iterdir()) and not (folder / FILE).exists():
        print(f"{folder} holds something that is not a demo; choose another.", file=sys.stderr)
        return 2
    if args.fresh and (folder / FILE).exists():
        shutil.rmtree(folder)
    clock = _opened(folder)
    clock.resume()
    from esker.clinic import clock as shell
    from esker.clinic.demo import cast

    shell.install(clock)
    _in_background(_keeping, clock)
    if not args.no_monitors:
        _in_background(_monitors, args.mllp_port, clock)
    if not args.no_open:
        threading.Timer(1.5, webbrowser.open, [f"http://127.0.0.1:{args.port}/"]).start()
    print(f"SIMULATION. http://127.0.0.1:{args.port}/ Sign in as nurse, password {cast.PASSWORD}.")
    from esker.clinic.server import serve

    serve("127.0.0.1", args.port, args.mllp_port, str(cast.CLINIC))
    clock.keep()
    return 0


def _opened(folder: Path) -> Clock:
    """The folder's clock; a new folder gets its database and its morning first."""
    from esker.clinic.start import django

    new = not (folder / FILE).exists()
    django(folder, demo=True, migrate=True)
    if not new:
        return Clock(folder)
    from esker.clinic.demo import seed

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    now = seed.day(midnight + BEGIN)
    return Clock.create(folder, now)


def _in_background(work: object, *args: object) -> None:
    threading.Thread(target=work, args=args, daemon=True).start()  # type: ignore[arg-type]


def _keeping(clock: Clock) -> None:
    while True:
        time.sleep(KEEP_S)
        clock.keep()


def _monitors(port: int, clock: Clock) -> None:
    """One calm monitor at each chair; chair 5's patient has a raised pressure."""
    from esker.clinic.demo import cast
    from esker.clinic.demo.monitors import Monitor, run

    scenarios = {4: "hypertensive", 5: "hypertensive"}
    monitors = [
        Monitor(identity, seed, "pcd", scenarios.get(seed))
        for seed, identity in enumerate(cast.MONITORS, start=1)
    ]
    asyncio.run(run("127.0.0.1", port, monitors, "calm", clock, 2.0))


def monitor(args: argparse.Namespace) -> int:
    """One simulated monitor that speaks until interrupted."""
    from esker.clinic.demo.monitors import Monitor, run

    clock = Clock(args.data) if args.data else lambda: datetime.now(UTC)
    try:
        one = Monitor(args.monitor, 1, "pcd", None)
        asyncio.run(run(args.host, args.port, [one], args.scenario, clock))
    except KeyboardInterrupt:
        pass
    return 0
