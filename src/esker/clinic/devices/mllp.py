"""MLLP on asyncio: frames in, answers out; a bad peer harms nobody else.

A frame is VT, the message, FS CR. Each connection has one message under way at a time, a size limit
and a time limit, so a flood waits in its own socket and a half-open peer is let go.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache
from math import inf

START, END = b"\x0b", b"\x1c\r"
LARGEST = 1 << 20  # bytes in one frame
IDLE_S = 300.0  # a peer that says nothing for so long is gone
FRAME_S = 30.0  # a frame that takes so long is no monitor's
MOST = 512  # connections at once: what each may hold in memory is bounded, so all of them are
PATIENCE_S = 2.0  # for a peer that was refused to hear why
SWEEP_S = 1.0  # how often those are let go whose time is over

log = logging.getLogger(__name__)
Reply = Callable[[bytes | None], None]  # empty: no answer was asked for; None: let the peer go
Receive = Callable[[bytes, Reply], None]


async def serve(host: str, port: int, receive: Receive, peers: set[Peer]) -> asyncio.Server:
    """Listen; `receive` takes a message without its frame, and what its answer is given to, once.

    What is too large is handed over cut just above LARGEST, so that its refusal is made and kept
    where all others are. `peers` holds those that are connected.
    """
    loop = asyncio.get_running_loop()
    _sweep(loop, peers)
    return await loop.create_server(lambda: Peer(receive, peers, loop.time), host, port)


def _sweep(loop: asyncio.AbstractEventLoop, peers: set[Peer]) -> None:
    """One timer for all: one for each message would cost as much as hearing it."""
    for peer in [*peers]:
        if peer.until < loop.time():
            peer.transport.abort()
    loop.call_later(SWEEP_S, _sweep, loop, peers)


def displaced(peers: Collection[Peer], newcomer: Peer) -> Peer | None:
    """Who makes room now that every place is taken; None where the newcomer has to go.

    First who never said a message: a monitor speaks as soon as it is connected. Then, of an address
    that holds more places than the newcomer's, who was heard longest ago: one flood harms itself.
    """
    silent = [each for each in peers if not each.spoke]
    if silent:
        return min(silent, key=lambda each: each.heard_at)
    held = Counter(each.address for each in peers)
    crowd, places = held.most_common(1)[0]
    if places <= held[newcomer.address] + 1:
        return None
    return min((p for p in peers if p.address == crowd), key=lambda each: each.heard_at)


@lru_cache(maxsize=MOST)  # what was said of an address is not said again at each new connection
def _tell(address: str) -> None:
    log.warning(
        "What %s sends is not MLLP, whose frames begin with the byte 0B: it is not heard.", address
    )


class Peer(asyncio.Protocol):
    """One connection. Not a stream with a task of its own: that would halve what a core takes."""

    def __init__(self, receive: Receive, peers: set[Peer], now: Callable[[], float]) -> None:
        self.receive, self.peers, self.now = receive, peers, now
        self.heard = bytearray()
        self.looked = 0  # so far no end of the frame was found
        self.busy = self.deaf = self.over = self.ended = self.spoke = False
        self.address, self.heard_at = "", now()
        self.limit, self.until = 0.0, inf  # by when something must be complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        if len(self.peers) >= MOST:
            leaves = displaced(self.peers, self) or self
            leaves.transport.abort()
            self.peers.discard(leaves)
            if leaves is self:
                return
        self.peers.add(self)
        self._within(IDLE_S)

    def connection_lost(self, _: Exception | None) -> None:
        self.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        if self.over:
            return  # refused: read to the end, so that the refusal is not taken back
        self.heard += data
        if not self.busy:
            self._next()
        elif len(self.heard) > LARGEST:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """It has said everything; what it said whole is still answered."""
        self.ended = True
        if not self.busy:
            self._next()
        return True

    def pause_writing(self) -> None:
        self.deaf = True  # it does not read its answers: it gets no more of them

    def resume_writing(self) -> None:
        self.deaf = False
        if not self.busy:
            self._next()

    def _next(self) -> None:
        """Hand on the next whole frame, if there is one."""
        if self.over or self.transport.is_closing() or not self._at_start():
            return
        if self.deaf:
            self._within(IDLE_S)
            return
        end = self.heard.find(END, self.looked)
        if 0 <= end <= LARGEST:
            again = self.heard.rfind(START, 1, end)
            if again > 0:
                self._give_up(again)
            else:
                self._hand_on(bytes(self.heard[1:end]), end + len(END), self._answer)
        elif len(self.heard) > LARGEST + 1:
            self._refuse()
        elif self.ended:
            self.transport.close()
        else:
            self.looked = max(len(self.heard) - 1, 0)
            self._within(FRAME_S if self.heard else IDLE_S)

    def _at_start(self) -> bool:
        """Drop what may stand before a frame; False where something else does."""
        if not self.heard.startswith(START):
            self.heard = self.heard.lstrip(b"\r\n")
        while self.heard[:2] == START * 2:
            del self.heard[0]
        if self.heard and not self.heard.startswith(START):
            _tell(self.address)
            self.transport.close()  # whatever speaks here, it is not MLLP
            return False
        return True

    def _give_up(self, again: int) -> None:
        """A frame began inside this one, whose sender gave it up: kept with that VT, unanswered.

        An answer would be taken for the answer to the frame that follows.
        """
        begun = bytes(self.heard[1 : again + 1])
        self._hand_on(begun, again, lambda answer: self._answer(answer and b""))

    def _hand_on(self, message: bytes, length: int, reply: Reply) -> None:
        del self.heard[:length]
        self.looked, self.busy, self.spoke = 0, True, True
        self.heard_at = self.now()
        self.limit, self.until = 0.0, inf
        self.receive(message, reply)

    def _refuse(self) -> None:
        self.over = True
        self._hand_on(bytes(self.heard[1 : LARGEST + 2]), len(self.heard), self._answer)

    def _answer(self, answer: bytes | None) -> None:
        self.busy = False
        if answer is None or self.transport.is_closing():
            self.transport.close()
            return
        if answer:
            self.transport.write(START + answer + END)
        if self.over and self.ended:
            self.transport.close()
        elif self.over:
            self._within(PATIENCE_S)
        else:
            self.transport.resume_reading()
            self._next()

    def _within(self, seconds: float) -> None:
        """Let go unless something is complete by then. A frame that drips does not get longer."""
        if seconds != self.limit:
            self.limit, self.until = seconds, self.now() + seconds
