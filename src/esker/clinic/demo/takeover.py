"""One monitor, one voice: `esker monitor` takes a chair's monitor over from the running demo.

A lock on a file of the demo folder says who speaks; the system lets go of it with its process.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another `esker monitor` plays this monitor already."""


def _file(folder: Path, identity: str) -> Path:
    place = folder / "monitors"
    place.mkdir(exist_ok=True)
    return place / identity


@contextmanager
def over(folder: Path, identity: str) -> Iterator[None]:
    """Speak for this monitor until the end of the block. Raises Taken."""
    with _file(folder, identity).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Taken(f"Another esker monitor speaks for {identity} already.") from None
        yield


def is_over(folder: Path, identity: str) -> bool:
    """Whether somebody else speaks for this monitor now."""
    with _file(folder, identity).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
