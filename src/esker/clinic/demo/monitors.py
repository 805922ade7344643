"""Simulated bedside monitors on a real MLLP socket, and the pace at which a demo's time passes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from esker.clinic.demo.clock import Clock
from esker.clinic.demo.voices import Voice

START, END = b"\x0b", b"\x1c\x0d"
ANSWER_S = 10.0
KEPT = 500  # messages that a monitor keeps while nobody answers, as a real one would
STEP_S = 1.0  # of the wall, for each step of a fast clock
PERIOD_S = 2.0  # between messages at 1x
LOOK_S = 0.1  # how soon a jump is noticed
PATIENCE_S = 20.0  # time does not wait longer than this for a monitor
STRANGERS_S = 0.25  # what it waits for monitors of other processes


class Line:
    """One monitor's connection. What was not accepted goes again, first, on a new one.

    `tell` hears a sentence when the other side is lost and when it is back.
    """

    def __init__(
        self, host: str, port: int, tell: Callable[[str], None] = lambda said: None
    ) -> None:
        self.host, self.port = host, port
        self._tell, self._lost = tell, False
        self.unsent: deque[bytes] = deque(maxlen=KEPT)
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def say(self, messages: Iterable[bytes]) -> bool:
        """Send all; False when something is still to be accepted."""
        self.unsent.extend(messages)
        try:
            while self.unsent:
                self._open = self._open or await asyncio.open_connection(self.host, self.port)
                await send(*self._open, self.unsent[0])
                self.unsent.popleft()
                self._note(None)
        except (OSError, EOFError, TimeoutError, ValueError) as why:
            self.close()
            self._note(getattr(why, "strerror", None) or str(why) or "no answer")
        return not self.unsent

    def _note(self, why: str | None) -> None:
        if self._lost == bool(why):
            return
        self._lost = bool(why)
        where = f"{self.host}:{self.port}"
        self._tell(
            f"Nothing reaches {where}: {why}. Trying again." if why else f"{where} takes it again."
        )

    def close(self) -> None:
        if self._open:
            self._open[1].close()
        self._open = None


async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> None:
    """Send one message and wait for its AA. Raises ValueError on any other answer."""
    writer.write(START + raw + END)
    await writer.drain()
    # Not wait_for(): in Python 3.11 it swallows a cancellation that meets the answer.
    async with asyncio.timeout(ANSWER_S):
        answer = await reader.readuntil(END)
    if b"\rMSA|AA|" not in answer and b"\rMSA|CA|" not in answer:
        raise ValueError("the gateway did not accept the message")


class Speaker:
    """A voice on its line; silent while `muted` says that another process speaks for it."""

    def __init__(self, voice: Voice, line: Line, muted: Callable[[], bool] = lambda: False) -> None:
        self.voice, self.line, self.muted = voice, line, muted

    async def speak(self, to: datetime) -> None:
        said = self.voice.until(to)
        await self.line.say([] if self.muted() else said)


async def _all(speakers: Sequence[Speaker], to: datetime) -> None:
    tasks = [asyncio.create_task(each.speak(to)) for each in speakers]
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE_S)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task  # a mistake of ours is not hidden


async def pace(
    clock: Clock, speakers: Sequence[Speaker], refresh: Callable[[datetime], None]
) -> None:
    """Let the demo's time pass: at each step all monitors speak, then the clock moves on."""
    while True:
        begun, face = time.monotonic(), clock.face
        if face.rate > 1 and face.ahead is None:
            clock.jump(clock() + timedelta(seconds=STEP_S * face.rate))
        stepping, to = clock.face.ahead is not None, clock.arriving()
        await asyncio.to_thread(refresh, clock())
        await _all(speakers, to)
        if stepping:
            await asyncio.sleep(STRANGERS_S)
            clock.settle(to)
        clock.keep()  # the next start goes on from here, also after kill -9
        rest = STEP_S if face.rate > 1 else PERIOD_S
        await _rest(clock, begun + rest)


async def _rest(clock: Clock, until: float) -> None:
    """Wait for the next step, but not when somebody jumps or makes the clock fast."""
    rate = clock.face.rate
    while time.monotonic() < until and clock.face.ahead is None and clock.face.rate == rate:
        await asyncio.sleep(LOOK_S)


async def follow(
    arriving: Callable[[], datetime],
    speaker: Speaker,
    refresh: Callable[[datetime], None],
    period_s: float = 1.0,
) -> None:
    """Speak in a process of its own, as the clock of another moves on."""
    spoken, looked = None, 0.0
    while True:
        to = arriving()
        if spoken is None or to - spoken >= timedelta(seconds=period_s):
            if time.monotonic() - looked > PERIOD_S:
                looked = time.monotonic()
                await asyncio.to_thread(refresh, to)
            await speaker.speak(to)
            spoken = to
        await asyncio.sleep(min(LOOK_S, period_s))
