"""A file is written whole, or not at all: also at kill -9, on a full disk, and in other hands.

What stood there before stays until the new one is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600  # for its owner alone, from the first byte on
OPEN = 0o666  # as the umask leaves it


@contextmanager
def whole(path: Path, mode: int = OPEN, *, lasting: bool = False) -> Iterator[Path]:
    """Where to write what becomes `path` when it is whole.

    Parameters
    ----------
    lasting
        Wait for the disk, so that a power cut leaves no empty file in the old one's place.

    Raises
    ------
    OSError
        Naming `path`, where nothing can be written beside it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    except OSError as why:
        why.filename = str(path)
        raise
    try:
        yield part
        if lasting:
            _flushed(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _flushed(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
