"""Group commit: all messages that wait are written together, and each is answered after the commit.

While one batch is written the next one gathers, so the slower the disk, the larger the batch.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from esker.clinic.devices.mllp import Reply

LARGEST_BATCH = 64  # messages; more would only make the first of them wait
Batch = Sequence[tuple[bytes, datetime]]
KeepAll = Callable[[Batch], Sequence[bytes]]
log = logging.getLogger(__name__)


class Writer:
    """What one clinic's listener heard and has not written.

    Each connection waits for its answer before it reads on, so that no more messages can wait than
    there are connections: a flood waits in its own socket.
    """

    def __init__(self, keep_all: KeepAll, now: Callable[[], datetime]) -> None:
        self._keep_all, self._now = keep_all, now
        self._waiting: deque[tuple[bytes, datetime, Reply]] = deque()

    def receive(self, raw: bytes, reply: Reply) -> None:
        self._waiting.append((raw, self._now(), reply))

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def write(self) -> None:
        """Write what has waited longest, and answer each of it."""
        count = min(len(self._waiting), LARGEST_BATCH)
        if not count:
            return
        batch = [self._waiting.popleft() for _ in range(count)]
        answers = self._kept([(raw, at) for raw, at, _ in batch])
        for (_, _, reply), answer in zip(batch, answers, strict=True):
            reply(answer)

    def _kept(self, batch: Batch) -> Sequence[bytes | None]:
        try:
            return self._keep_all(batch)
        except Exception:
            log.exception("Messages could not be kept, and are not acknowledged.")
            return [None] * len(batch)
