"""Group commit: all messages that wait are written together, and each is answered after the commit.

While one batch is written the next one gathers, so the slower the disk, the larger the batch.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from esker.clinic.devices.mllp import Reply

LARGEST_BATCH = 64  # messages; more would only make the first of them wait
Batch = Sequence[tuple[bytes, datetime]]
ReadAll = Callable[[Batch], Iterable[Any]]  # what each message says, for the next
KeepAll = Callable[[Sequence[Any]], Sequence[bytes]]
log = logging.getLogger(__name__)


class Writer:
    """What one clinic's listener heard and has not written.

    Each connection waits for its answer before it reads on, so that no more messages can wait than
    there are connections: a flood waits in its own socket.
    """

    def __init__(
        self, keep_all: KeepAll, now: Callable[[], datetime], read_all: ReadAll = iter
    ) -> None:
        self._keep_all, self._now, self._read_all = keep_all, now, read_all
        self._heard: list[tuple[bytes, datetime]] = []
        self._read: deque[Any] = deque()
        self._replies: deque[Reply] = deque()  # of those that were read, then of those heard

    def receive(self, raw: bytes, reply: Reply) -> None:
        self._heard.append((raw, self._now()))
        self._replies.append(reply)

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._replies)

    def read(self) -> bool:
        """Read what was heard since; whether there was any."""
        heard, self._heard = self._heard, []
        self._read.extend(self._read_all(heard))
        return bool(heard)

    def write(self) -> None:
        """Write what has waited longest, and answer each of it."""
        self.read()
        count = min(len(self._read), LARGEST_BATCH)
        if not count:
            return
        batch = [self._read.popleft() for _ in range(count)]
        replies = [self._replies.popleft() for _ in batch]
        for reply, answer in zip(replies, self._kept(batch), strict=True):
            reply(answer)

    def _kept(self, batch: Sequence[Any]) -> Sequence[bytes | None]:
        try:
            return self._keep_all(batch)
        except Exception:
            log.exception("Messages could not be kept, and are not acknowledged.")
            return [None] * len(batch)
