"""One process for one clinic: pages, the MLLP gateway, alarms and forecasts, stopped together."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType

import uvicorn
from django.db import DatabaseError, connection

from esker.clinic import clock
from esker.clinic.alarms import loop
from esker.clinic.devices import intake, presence
from esker.clinic.devices.gateway import Gateway
from esker.clinic.forecast import service as forecasts
from esker.clinic.live import hub, listener
from esker.clinic.setup import first, tls

GRACE_S = 5
LOOK_S = 1.0  # how often an empty folder is looked at, until it is a clinic
RENEW_S = 24 * 3600.0
AGAIN_S = 3.0  # until a port that somebody else has is asked for again
log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Uvicorn that ends the live streams first; else it would wait for pages that never leave."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        hub.close()
        super().handle_exit(sig, frame)


@dataclass(frozen=True, slots=True)
class Secure:
    """A certificate on disk, and what makes it anew before it ends."""

    files: tls.Files
    renew: Callable[[], object]


def serve(
    host: str, port: int, mllp_port: int, clinic: str | None, *, mllp_host: str | None = None,
    secure: Secure | None = None, proxy: str | None = None,
) -> None:  # fmt: skip
    """Serve until a signal says stop. Django is set up and the database migrated already.

    Without a clinic only the pages run, until set-up has made one. `proxy` is the address of what
    speaks TLS in front: only from there is it believed who asks, and that it was by https.
    """
    config = _config(host, port, secure, proxy)
    asyncio.run(_serve(config, mllp_host or host, mllp_port, clinic, secure))


async def _serve(
    config: uvicorn.Config, mllp_host: str, mllp_port: int, clinic: str | None,
    secure: Secure | None,
) -> None:  # fmt: skip
    bedside = asyncio.create_task(_bedside(mllp_host, mllp_port, clinic))
    renewing = asyncio.create_task(_renewing(config.ssl, secure))
    try:
        await Server(config).serve()
    finally:
        hub.close()
        renewing.cancel()
        bedside.cancel()
        await asyncio.gather(bedside, renewing, return_exceptions=True)


def _config(host: str, port: int, secure: Secure | None, proxy: str | None) -> uvicorn.Config:
    config = uvicorn.Config(
        "esker.clinic.asgi:application",
        host=host,
        port=port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy or "",
        ssl_certfile=secure and str(secure.files.server),
        ssl_keyfile=secure and str(secure.files.server_key),
    )
    config.load()
    return config


async def _bedside(host: str, port: int, clinic: str | None) -> None:
    """The gateway and the alarm loop, from when there is a clinic until this is cancelled."""
    while clinic is None:
        await asyncio.sleep(LOOK_S)
        clinic = await asyncio.to_thread(_look)
    stop = threading.Event()
    loops = [
        threading.Thread(target=loop.run, args=(clinic, stop), name="alarm-loop"),
        threading.Thread(target=forecasts.run, args=(clinic, stop), name="forecast-loop"),
        threading.Thread(target=listener.run, args=(stop,), name="notices"),
    ]
    await asyncio.to_thread(_expected, clinic)
    for each in loops:
        each.start()
    receiver = None
    try:
        receiver = await _listening(host, port, clinic)
        await asyncio.Event().wait()
    finally:
        if receiver is not None:
            await asyncio.to_thread(receiver.close)
        stop.set()
        for each in loops:
            await asyncio.to_thread(each.join)


def _expected(clinic: str) -> None:
    """From now on a gateway that is not there is an alarm; one that was served before is anyway."""
    try:
        presence.note(clinic)
    except DatabaseError:
        log.exception(
            "The database takes nothing; the gateway and the alarm loop begin all the same."
        )
    finally:
        connection.close()


async def _listening(host: str, port: int, clinic: str) -> Gateway:
    """The gateway, as soon as its port can be had; until then the alarm loop says that it lacks."""
    said = None
    while True:
        try:
            found = await asyncio.to_thread(_gateway, host, port, clinic)
        except OSError as why:
            if why.strerror != said:  # a night of it is one line, not ten thousand
                log.error("No monitor can reach Esker: %s. Trying again.", why.strerror)
            said = why.strerror
            await asyncio.sleep(AGAIN_S)
        else:
            if said:
                log.warning("Monitors can reach Esker again.")
            return found


def _look() -> str | None:
    try:
        return first.clinic_id()
    finally:
        connection.close()


async def _renewing(context: ssl.SSLContext | None, secure: Secure | None) -> None:
    """A server that runs for a year goes on with a certificate that tablets accept."""
    while context is not None and secure is not None:
        await asyncio.sleep(RENEW_S)
        await asyncio.to_thread(secure.renew)
        context.load_cert_chain(secure.files.server, secure.files.server_key)


def _gateway(host: str, port: int, clinic: str) -> Gateway:
    return Gateway(
        host, port, partial(_keep_all, clinic), clock.arrival, partial(presence.note, clinic),
        partial(intake.read_all, clinic), partial(presence.note_full, clinic),
    )  # fmt: skip


def _keep_all(clinic: str, batch: Sequence[intake.Arrived]) -> Sequence[bytes]:
    """Keep, then wake those who look at readings; its commit woke other processes."""
    answers = intake.keep_all(clinic, batch)
    hub.wake(clinic)
    return answers
