"""The MLLP listener: one asyncio server; a bad peer harms nobody else.

A frame is VT, the message, FS CR. Each connection has one message under way at a time, a size limit
and a time limit, so a flood waits in its own socket and a half-open peer is let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

START, END = b"\x0b", b"\x1c\r"
LARGEST = 1 << 20  # bytes in one frame
IDLE_S = 300.0  # a peer that says nothing for so long is gone

Receive = Callable[[bytes], Awaitable[bytes]]


async def serve(host: str, port: int, receive: Receive) -> asyncio.Server:
    """Listen; `receive` takes a message without its frame and returns the acknowledgement."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _talk(reader, writer, receive)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # gone, half open, or no MLLP: what was acknowledged is kept
        finally:
            writer.close()

    return await asyncio.start_server(peer, host, port, limit=LARGEST)


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receive: Receive
) -> None:
    while True:
        async with asyncio.timeout(IDLE_S):
            before = await reader.readuntil(START)
            if before.strip(b"\r\n\x0b"):
                return  # bytes outside a frame: whatever speaks here, it is not MLLP
            frame = await reader.readuntil(END)
        answer = await receive(frame[: -len(END)])
        writer.write(START + answer + END)
        async with asyncio.timeout(IDLE_S):
            await writer.drain()
