"""The MLLP listener: one asyncio server; a bad peer harms nobody else.

A frame is VT, the message, FS CR. Each connection has one message under way at a time, a size limit
and a time limit, so a flood waits in its own socket and a half-open peer is let go.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

START, END = b"\x0b", b"\x1c\r"
LARGEST = 1 << 20  # bytes in one frame
IDLE_S = 300.0  # a peer that says nothing for so long is gone
FRAME_S = 30.0  # a frame that takes so long is no monitor's
MOST = 512  # connections at once: what each may hold in memory is bounded, so all of them are
PATIENCE_S = 2.0  # for a peer that is refused to hear why

Receive = Callable[[bytes], Awaitable[bytes]]


async def serve(host: str, port: int, receive: Receive) -> asyncio.Server:
    """Listen; `receive` takes a message without its frame and returns the acknowledgement.

    An empty acknowledgement is not sent: the sender asked for none. What is too large is handed
    over cut just above LARGEST, so that its refusal is made and kept where all others are.
    """
    open_now: set[asyncio.StreamWriter] = set()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(open_now) < MOST:
                open_now.add(writer)
                await _talk(reader, writer, receive)
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            pass  # gone, half open, or no MLLP: what was acknowledged is kept
        finally:
            open_now.discard(writer)
            writer.close()

    return await asyncio.start_server(peer, host, port, limit=LARGEST)


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receive: Receive
) -> None:
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                before = await reader.readuntil(START)
            if before.strip(b"\r\n\x0b"):
                return None  # bytes outside a frame: whatever speaks here, it is not MLLP
            async with asyncio.timeout(FRAME_S):
                frame = await reader.readuntil(END)
        except asyncio.LimitOverrunError:
            await _send(writer, await receive(await reader.read(LARGEST + 1)))
            return await _drop(reader)
        await _send(writer, await receive(frame[: -len(END)]))


async def _send(writer: asyncio.StreamWriter, answer: bytes) -> None:
    if answer:
        writer.write(START + answer + END)
        async with asyncio.timeout(IDLE_S):
            await writer.drain()


async def _drop(reader: asyncio.StreamReader) -> None:
    """Read on for a moment: closing on unread bytes would also take the answer back."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        async with asyncio.timeout(PATIENCE_S):
            if not await reader.read(LARGEST):
                return
