"""How long a demo takes until its sign-in page is served: made anew, and started again.

python -m bench.demo_start [TIMES]    in a folder of its own; the bar is the second start, under 5 s

The floor in the same run is an interpreter that imports Django and the web server, and nothing of
ours: what no second start can be faster than.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BAR_S = 5.0
FLOOR = "import django.core.handlers.asgi, uvicorn, pydantic, numpy"


def main() -> int:
    times = int(sys.argv[1]) if sys.argv[1:] else 3
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "demo"
        fresh = _started(folder)
        again = statistics.median(_started(folder) for _ in range(times))
    floor = statistics.median(_floor() for _ in range(times))
    print(f"made anew      {fresh:6.2f} s until the sign-in page is served")
    print(f"started again  {again:6.2f} s, median of {times}; the bar is {BAR_S} s")
    print(f"floor          {floor:6.2f} s to import what it stands on; ratio {again / floor:.1f}")
    return int(again > BAR_S)


def _started(folder: Path) -> float:
    """Seconds from the command to the first page; the demo is stopped again."""
    web, mllp = _free_port(), _free_port()
    words = ["demo", "--data", folder, "--port", web, "--mllp-port", mllp, "--no-open"]
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "esker.cli", *map(str, words)], stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{web}/sign-in/", timeout=2)
                return time.perf_counter() - begun
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("the demo stopped before it answered") from None
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait(30)


def _floor() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", FLOOR], check=True)
    return time.perf_counter() - begun


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
