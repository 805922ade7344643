"""Simulated monitors: believable vitals, real messages, and a socket that waits for its answer."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from esker.clinic.demo.monitors import END, Monitor, message, run, vitals
from esker.clinic.demo.scenarios import SCENARIOS
from esker.core.monitoring.channels import Channel

AT = datetime(2026, 11, 23, 15, 15, 40, tzinfo=UTC)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_seed_gives_the_same_vitals(scenario):
    """A demo day can be repeated."""
    assert vitals(scenario, 0.5, 7) == vitals(scenario, 0.5, 7)


def test_desaturation_shows_within_two_minutes():
    """A newcomer sees the saturation fall below 90 within two minutes."""
    assert min(vitals("desaturation", second / 60)[Channel.SPO2] for second in range(120)) < 90


def test_calm_stays_calm():
    """Two calm hours hold no value that would ring."""
    shown = [vitals("calm", second / 6, 3) for second in range(720)]
    assert all(each[Channel.SPO2] >= 94 and each[Channel.SBP] < 160 for each in shown)


def test_silent_falls_silent():
    """The silent monitor speaks for a minute, then not at all."""
    assert (True, {}) == (bool(vitals("silent", 0.5)), vitals("silent", 2))


@pytest.mark.parametrize(("flavour", "code"), [("pcd", b"|150456^"), ("loinc", b"|59408-5^")])
def test_a_message_has_the_codes_of_its_flavour(flavour, code):
    """Both senders write observation, unit, status and their own time with a zone."""
    raw = message("SIM-1", "C1", AT, {Channel.SPO2: 97}, flavour)
    row = raw.split(b"\r")[4]
    assert code in row
    assert b"|F|||20261123151540.000+0000" in row


def test_a_monitor_repeats_what_was_not_accepted():
    """After an AE the same message comes again, on a new connection, until AA."""
    heard = asyncio.run(_refuse_once())
    assert heard[0] == heard[1]
    assert heard[2] != heard[1]


async def _refuse_once():
    heard: list[bytes] = []
    enough = asyncio.Event()

    async def serve(reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                heard.append(await reader.readuntil(END))
                if len(heard) >= 3:
                    enough.set()
                code = b"AE" if len(heard) == 1 else b"AA"
                writer.write(b"\x0bMSH|^~\\&\rMSA|" + code + b"|C\r" + END)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(
        run("127.0.0.1", port, [Monitor("SIM-1")], "calm", lambda: datetime.now(UTC), 0.01)
    )
    await asyncio.wait_for(enough.wait(), 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    server.close()
    return heard
