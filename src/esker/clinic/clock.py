"""The shell's one clock. Everything in clinic/ asks it; a demo installs a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def machine() -> datetime:
    """The machine's own clock, in UTC."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = machine


def now() -> datetime:
    """The instant as the clinic knows it, aware and in UTC."""
    return _source().astimezone(UTC)


def install(source: Callable[[], datetime]) -> None:
    """Let `source` say the time from here on, in this process."""
    global _source
    _source = source
