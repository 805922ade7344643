"""One process for one clinic: pages, the MLLP gateway, alarms and forecasts, stopped together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from types import FrameType

import uvicorn

from esker.clinic import clock
from esker.clinic.alarms import loop
from esker.clinic.devices import gateway, intake
from esker.clinic.devices.writer import Batch, Writer
from esker.clinic.forecast import service as forecasts
from esker.clinic.live import hub, listener

GRACE_S = 5


class Server(uvicorn.Server):
    """Uvicorn that ends the live streams first; else it would wait for pages that never leave."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        hub.close()
        super().handle_exit(sig, frame)


def serve(host: str, port: int, mllp_port: int, clinic: str) -> None:
    """Serve until a signal says stop. Django is set up and the database migrated already."""
    asyncio.run(_serve(host, port, mllp_port, clinic))


async def _serve(host: str, port: int, mllp_port: int, clinic: str) -> None:
    config = uvicorn.Config(
        "esker.clinic.asgi:application",
        host=host,
        port=port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    stop = threading.Event()
    loops = [
        threading.Thread(target=loop.run, args=(clinic, stop), name="alarm-loop"),
        threading.Thread(target=forecasts.run, args=(clinic, stop), name="forecast-loop"),
        threading.Thread(target=listener.run, args=(stop,), name="notices"),
    ]
    receiver = await gateway.serve(host, mllp_port, _receive(clinic))
    for each in loops:
        each.start()
    try:
        await Server(config).serve()
    finally:
        hub.close()
        receiver.close()
        stop.set()
        for each in loops:
            await asyncio.to_thread(each.join)


def _receive(clinic: str) -> gateway.Receive:
    return Writer(partial(_keep_all, clinic), clock.arrival).receive


def _keep_all(clinic: str, batch: Batch) -> Sequence[bytes | Exception]:
    """Keep, then wake those who look at readings."""
    answers = intake.receive_all(clinic, batch)
    hub.tell(clinic)
    return answers
