"""The shell's one clock. Everything in clinic/ asks it; a demo installs a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def machine() -> datetime:
    """The machine's own clock, in UTC."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = machine
_arrivals: Callable[[], datetime] | None = None
_phones: Callable[[], datetime] | None = None


def now() -> datetime:
    """The instant as the clinic knows it, aware and in UTC."""
    return _source().astimezone(UTC)


def arrival() -> datetime:
    """The instant to stamp on what a device sends.

    `now`, except in a demo that runs fast: its clock moves on only when the monitors have spoken.
    """
    return (_arrivals or _source)().astimezone(UTC)


def wall(moment: datetime) -> datetime:
    """A moment of the clinic's clock as the machine's clock had it; in a fast demo only about."""
    return machine() - (now() - moment)


def on_phones(at: datetime) -> datetime:
    """What an authenticator's clock shows when the clinic's shows `at`.

    The same, except in a demo: its phones are real, and at 60x a code would live for a second.
    """
    return (_phones() if _phones else at).astimezone(UTC)


def install(
    source: Callable[[], datetime],
    arrivals: Callable[[], datetime] | None = None,
    phones: Callable[[], datetime] | None = None,
) -> None:
    """Let `source` say the time from here on, in this process.

    `arrivals` says that of messages, and `phones` that of authenticators.
    """
    global _source, _arrivals, _phones
    _source, _arrivals, _phones = source, arrivals, phones
