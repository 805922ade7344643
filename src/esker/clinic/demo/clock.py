"""The simulated clock of a demo folder: one file, read by server and monitors alike.

The file holds the simulated instant, the wall instant at which it was set, and the rate. While the
server runs, the two advance together; when it starts again, the simulated day resumes where it
stopped, however long the machine was off.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

RATES = (1, 10, 60)
FILE = "demo-clock.json"


class NotADemo(Exception):
    """The folder holds a real clinic: a simulated clock there would falsify its record."""


@dataclass(frozen=True, slots=True)
class Face:
    """What the clock showed at one wall instant, and how fast it runs."""

    simulated: datetime
    wall: datetime
    rate: int

    def at(self, wall: datetime) -> datetime:
        """The simulated instant at `wall`; a wall clock that steps back does not turn it back."""
        return self.simulated + max(wall - self.wall, timedelta()) * self.rate


def wall_now() -> datetime:
    return datetime.now(UTC)  # the one place where a demo reads the machine's clock


class Clock:
    """The simulated clock that lives in `folder`. Call it for the simulated now, in UTC."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        if not self.path.exists():
            raise NotADemo(f"{folder} is not a demo folder; a simulated clock is refused there.")
        self._mtime = 0
        self._face = self._read()

    @classmethod
    def create(cls, folder: Path, simulated: datetime) -> Clock:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / FILE, Face(simulated, wall_now(), 1))
        return cls(folder)

    def __call__(self) -> datetime:
        return self.face.at(wall_now())

    @property
    def face(self) -> Face:
        """The newest face; another process may have set it, and its file says so."""
        if self.path.stat().st_mtime_ns != self._mtime:
            self._face = self._read()
        return self._face

    def set_rate(self, rate: int) -> None:
        if rate not in RATES:
            raise ValueError(f"the clock runs at {', '.join(map(str, RATES))} times, not at {rate}")
        self._set(replace(self._stopped(), rate=rate))

    def jump(self, to: datetime) -> None:
        """Move forward to `to`. Back is refused: what was recorded would lie in the future."""
        if to < self():
            raise ValueError("the simulated clock never goes back")
        self._set(replace(self._stopped(), simulated=to))

    def keep(self) -> None:
        """Write down what it shows, so that a stop loses no more than the last few seconds."""
        self._set(self._stopped())

    def resume(self) -> None:
        """Run on from where it was last kept."""
        self._set(replace(self.face, wall=wall_now()))

    def _stopped(self) -> Face:
        wall = wall_now()
        return replace(self.face, simulated=self.face.at(wall), wall=wall)

    def _set(self, face: Face) -> None:
        _write(self.path, face)
        self._face = self._read()

    def _read(self) -> Face:
        self._mtime = self.path.stat().st_mtime_ns
        data = json.loads(self.path.read_text())
        return Face(
            datetime.fromisoformat(data["simulated"]),
            datetime.fromisoformat(data["wall"]),
            int(data["rate"]),
        )


def _write(path: Path, face: Face) -> None:
    data = asdict(face) | {"simulated": face.simulated.isoformat(), "wall": face.wall.isoformat()}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(data))
    new.replace(path)  # never half a file, even at kill -9
