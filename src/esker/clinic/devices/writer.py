"""Group commit: one thread writes all messages that wait, and each is answered after the commit.

While one batch is written the next one gathers, so the slower the disk, the larger the batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connections

LARGEST_BATCH = 64  # messages; more would only make the first of them wait
Batch = Sequence[tuple[bytes, datetime]]
KeepAll = Callable[[Batch], Sequence[bytes | Exception]]


class Writer:
    """`receive` of one clinic's listener.

    Each connection waits for its answer before it reads on, so that no more messages can wait than
    there are connections: a flood waits in its own socket.
    """

    def __init__(self, keep_all: KeepAll, now: Callable[[], datetime]) -> None:
        self._keep_all, self._now = keep_all, now
        self._waiting: deque[tuple[bytes, datetime, asyncio.Future[bytes]]] = deque()
        self._thread = ThreadPoolExecutor(1, "intake")
        self._writing: asyncio.Task[None] | None = None

    async def receive(self, raw: bytes) -> bytes:
        """The acknowledgement, once the message is durable. Raises what stood in the way."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((raw, self._now(), answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def close(self) -> None:
        """Finish what waits, and let the thread and its connection go."""
        if self._writing is not None:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    async def _write(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), LARGEST_BATCH)
            batch = [self._waiting.popleft() for _ in range(count)]
            loop = asyncio.get_running_loop()
            kept = await loop.run_in_executor(self._thread, self._try, [b[:2] for b in batch])
            for (_, _, answer), said in zip(batch, kept, strict=True):
                _settle(answer, said)

    def _try(self, batch: Batch) -> Sequence[bytes | Exception]:
        try:
            return self._keep_all(batch)
        except Exception as fault:
            return [fault] * len(batch)


def _settle(answer: asyncio.Future[bytes], said: bytes | Exception) -> None:
    if answer.done():
        return  # the peer has gone; what it said is kept
    if isinstance(said, Exception):
        answer.set_exception(said)
    else:
        answer.set_result(said)
