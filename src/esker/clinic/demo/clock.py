"""The simulated clock of a demo folder: one file, read by server and monitors alike.

At 1x it runs with the machine's clock. Faster, it moves in steps: first the monitors are let speak
up to the next instant, then the clock shows it. So time waits for the monitors, and no reading is
old only because a minute passes in a second. A jump is one long step. When the server starts again
the simulated day resumes where it stopped, however long the machine was off.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import RLock

from esker.whole import whole

RATES = (1, 10, 60)
FILE = "demo-clock.json"


class NotADemo(Exception):
    """The folder holds a real clinic: a simulated clock there would falsify its record."""


@dataclass(frozen=True, slots=True)
class Face:
    """What the clock showed at one wall instant, how fast it runs, and the step under way."""

    simulated: datetime
    wall: datetime
    rate: int
    ahead: datetime | None = None  # monitors may speak up to here before the clock shows it

    def at(self, wall: datetime) -> datetime:
        """The simulated instant at `wall`; a wall clock that steps back does not turn it back."""
        if self.rate > 1:
            return self.simulated
        return self.simulated + max(wall - self.wall, timedelta())


def wall_now() -> datetime:
    return datetime.now(UTC)  # the one place where a demo reads the machine's clock


class Clock:
    """The simulated clock that lives in `folder`. Call it for the simulated now, in UTC."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        if not self.path.exists():
            raise NotADemo(f"{folder} is not a demo folder; a simulated clock is refused there.")
        self._lock = RLock()  # pages and the pacing of the monitors set it from their own threads
        self._mtime = 0
        self._face = self._read()

    @classmethod
    def create(cls, folder: Path, simulated: datetime) -> Clock:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / FILE, Face(simulated, wall_now(), 1))
        return cls(folder)

    def __call__(self) -> datetime:
        return self.face.at(wall_now())

    def arriving(self) -> datetime:
        """How far the monitors may speak: the end of the step under way, else now."""
        face = self.face
        now = face.at(wall_now())
        return max(face.ahead, now) if face.ahead else now

    @property
    def face(self) -> Face:
        """The newest face; another process may have set it, and its file says so."""
        with self._lock:
            if self.path.stat().st_mtime_ns != self._mtime:
                self._face = self._read()
            return self._face

    def set_rate(self, rate: int) -> None:
        if rate not in RATES:
            raise ValueError(f"the clock runs at {', '.join(map(str, RATES))} times, not at {rate}")
        self._set(lambda face: replace(face, rate=rate))

    def jump(self, to: datetime) -> None:
        """Begin a step to `to`. Back is refused: what was recorded would lie in the future."""
        if to < self():
            raise ValueError("the simulated clock never goes back")
        self._set(lambda face: replace(face, ahead=max(to, face.ahead or to)))

    def settle(self, to: datetime) -> None:
        """The monitors have spoken up to `to`: show it. A jump made meanwhile stays under way."""

        def settled(face: Face) -> Face:
            further = face.ahead if face.ahead and face.ahead > to else None
            return replace(face, simulated=max(to, face.simulated), ahead=further)

        self._set(settled)

    def keep(self) -> None:
        """Write down what it shows, so that a stop loses no more than the last few seconds."""
        self._set(lambda face: face)

    def resume(self) -> None:
        """Run on from where it was last kept; a step that was cut off is forgotten."""
        with self._lock:
            self._put(replace(self.face, wall=wall_now(), ahead=None))

    def _set(self, change: Callable[[Face], Face]) -> None:
        with self._lock:
            wall = wall_now()
            self._put(change(replace(self.face, simulated=self.face.at(wall), wall=wall)))

    def _put(self, face: Face) -> None:
        _write(self.path, face)
        self._face = self._read()

    def _read(self) -> Face:
        self._mtime = self.path.stat().st_mtime_ns
        data = json.loads(self.path.read_text())
        ahead = data.get("ahead")
        return Face(
            datetime.fromisoformat(data["simulated"]),
            datetime.fromisoformat(data["wall"]),
            int(data["rate"]),
            datetime.fromisoformat(ahead) if ahead else None,
        )


@cache
def of(folder: Path) -> Clock:
    """The one clock of a folder in this process: pages and the pacing share its lock."""
    return Clock(folder)


def _write(path: Path, face: Face) -> None:
    data = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(face).items()
    }
    with whole(path) as part:
        part.write_text(json.dumps(data))
