"""The gateway of one clinic: a thread of its own that hears monitors, writes, and answers.

Its loop is stopped while a batch is written: every monitor waits for its answer anyway, and handing
each message to a second thread and back costs more than the message itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime

from django.db import connections

from esker.clinic.devices import mllp
from esker.clinic.devices.writer import LARGEST_BATCH, KeepAll, ReadAll, Writer

LEAVE_S = 2.0  # for the last answers to reach their monitors
SHOW_S = 3.0  # between the times when it shows that it is there
FULL = "all its connections are taken, and no other monitor gets in"
log = logging.getLogger(__name__)


class Gateway:
    """Listens from its making until `close`. Raises OSError when the port cannot be had.

    `present` is called every SHOW_S, from the thread that writes, while connections are taken, and
    `crowded` while none is for want of a place.
    """

    def __init__(
        self, host: str, port: int, keep_all: KeepAll, now: Callable[[], datetime],
        present: Callable[[], None] = lambda: None, read_all: ReadAll = iter,
        crowded: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._writer = Writer(keep_all, now, read_all)
        self._present, self._crowded = present, crowded
        self._peers: set[mllp.Peer] = set()
        self._ending = self._reached = self._full = False
        # What only its own knock says; in hex, since a byte of framing in it would end the frame.
        self._word = secrets.token_hex(16).encode()
        self._loop = asyncio.new_event_loop()
        serving = mllp.serve(host, port, self._receive, self._peers)
        try:
            self._server = self._loop.run_until_complete(serving)
        except BaseException:
            self._loop.close()
            raise
        self.address = self._server.sockets[0].getsockname()
        self._knocking = self._loop.create_task(self._knock())
        self._thread = threading.Thread(target=self._run, name="gateway")
        self._thread.start()

    def close(self) -> None:
        """Hear nobody else, write and answer what was heard, and wait until that is done."""
        with suppress(RuntimeError):  # the loop is closed: the thread has died, and that was logged
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def _end(self) -> None:
        self._server.close()
        self._knocking.cancel()
        self._ending = True
        self._loop.stop()

    def _receive(self, raw: bytes, reply: mllp.Reply) -> None:
        if raw == self._word:
            reply(raw)
            self._reached = True
        else:
            self._writer.receive(raw, reply)
        self._loop.stop()

    async def _knock(self) -> None:
        """Connect and speak as a monitor would: a loop that turns may still let nobody in."""
        said = ""
        while True:
            wrong = ""
            try:
                async with asyncio.timeout(SHOW_S):
                    heard, wire = await asyncio.open_connection(*self.address[:2])
                    with closing(wire):
                        wire.write(mllp.START + self._word + mllp.END)
                        await heard.readuntil(mllp.END)
            except (OSError, EOFError) as why:  # and a timeout
                self._full = len(self._peers) >= mllp.MOST
                wrong = FULL if self._full else str(why) or "no answer"
                self._loop.stop()
            if wrong and wrong != said:  # an hour of it is one line, not a thousand
                log.error("The gateway cannot be reached: %s", wrong)
            elif said and not wrong:
                log.warning("The gateway can be reached again.")
            said = wrong
            await asyncio.sleep(SHOW_S)

    def _run(self) -> None:
        try:
            while not self._ending:
                self._loop.run_forever()  # until somebody was heard
                self._gather()
                self._writer.write()
                self._show()
                if self._writer:
                    self._loop.stop()  # more waits than one batch holds: come back at once
            self._leave()
        finally:
            connections.close_all()
            self._loop.close()

    def _gather(self) -> None:
        """Read, and hear who speaks meanwhile, until nobody does: a larger batch costs less."""
        while self._writer.read() and len(self._writer) < LARGEST_BATCH:
            self._loop.stop()
            self._loop.run_forever()

    def _show(self) -> None:
        if not (self._reached or self._full):
            return
        note = self._present if self._reached else self._crowded
        self._reached = self._full = False
        try:
            note()
        except Exception:
            log.exception("The gateway listens, and cannot say so.")

    def _leave(self) -> None:
        for _ in range(0, len(self._writer), LARGEST_BATCH):
            self._writer.write()
        for peer in [*self._peers]:
            peer.transport.close()
        until = self._loop.time() + LEAVE_S
        leaving = True
        while leaving:
            self._loop.call_later(0.01, self._loop.stop)
            self._loop.run_forever()
            leaving = bool(self._peers) and self._loop.time() < until
