"""Simulated monitors: real messages on a socket that waits for its answer, at the clock's pace."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from esker.clinic.demo.clock import Clock
from esker.clinic.demo.messages import message
from esker.clinic.demo.monitors import END, Line, Speaker, pace
from esker.clinic.demo.voices import NOBODY, Monitor, Voice
from esker.core.monitoring.channels import Channel
from tests.clinic.serving import free_port

AT = datetime(2026, 11, 23, 15, 15, 40, tzinfo=UTC)


@pytest.mark.parametrize(("flavour", "code"), [("pcd", b"|150456^"), ("loinc", b"|59408-5^")])
def test_a_message_has_the_codes_of_its_flavour(flavour, code):
    """Both senders write observation, unit, status and their own time with a zone."""
    raw = message("SIM-1", "C1", AT, {Channel.SPO2: 97}, flavour)
    row = raw.split(b"\r")[4]
    assert code in row
    assert b"|F|||20261123151540.000+0000" in row


def test_a_probe_that_fell_off_sends_no_number():
    """The row stays, its value is empty, and its status says that it could not be obtained."""
    row = message("SIM-1", "C1", AT, {Channel.SPO2: None}).split(b"\r")[4]
    assert b"||262688^MDC_DIM_PERCENT^MDC|||||X|" in row


def test_a_monitor_repeats_what_was_not_accepted():
    """After an AE the same message comes again, on a new connection, until AA."""
    heard = asyncio.run(_said(_twice, refuse_first=True))
    assert heard[0] == heard[1]
    assert heard[2] != heard[1]


def test_the_clock_moves_on_only_after_the_monitors_have_spoken(tmp_path):
    """At 60x, whatever the machine's load: every step's last reading is of that step's instant."""
    clock = Clock.create(tmp_path, AT)
    clock.set_rate(60)
    seen: list[datetime] = []

    async def paced(port):
        speaker = Speaker(Voice(Monitor("SIM-1"), lambda _: NOBODY), Line("127.0.0.1", port))
        with suppress(TimeoutError):
            await asyncio.wait_for(pace(clock, [speaker], lambda _now: None), 2.5)

    heard = asyncio.run(_said(paced, note=lambda: seen.append(clock())))
    times = [_observed(raw) for raw in heard]

    assert len(times) >= 4
    assert all(shown < observed for shown, observed in zip(seen, times, strict=True))
    behind = round((max(times) - clock()) / timedelta(minutes=1), 3)
    assert behind in (0, 1)  # a step may be under way


def test_a_jump_is_filled_and_settled(tmp_path):
    """Forty minutes in one jump leave no hole in the chart."""
    clock = Clock.create(tmp_path, AT)
    end = AT + timedelta(minutes=40)

    async def paced(port):
        speaker = Speaker(Voice(Monitor("SIM-1"), lambda _: NOBODY), Line("127.0.0.1", port))
        task = asyncio.create_task(pace(clock, [speaker], lambda _now: None))
        await asyncio.sleep(0.3)
        clock.jump(end)
        while clock() < end:
            await asyncio.sleep(0.05)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    times = [_observed(raw) for raw in asyncio.run(_said(paced))]
    gaps = [after - before for before, after in pairwise(times)]

    assert times[-1] >= end
    assert max(gaps) <= timedelta(minutes=2)


def _observed(raw: bytes) -> datetime:
    return datetime.strptime(raw.split(b"|")[6].decode(), "%Y%m%d%H%M%S.%f%z")


def test_a_monitor_says_once_that_nobody_listens_and_once_that_somebody_does():
    """Whoever starts one by hand sees why the chair stays empty."""
    said: list[str] = []

    async def spoken(port):
        line = Line("127.0.0.1", free_port(), tell=said.append)
        for _ in range(3):
            assert not await line.say([message("SIM-1", "C1", AT, {Channel.HR: 70})])
        assert len(said) == 1
        line.port = port
        assert await line.say([])
        line.close()

    assert len(asyncio.run(_said(spoken))) == 3
    assert "Nothing reaches 127.0.0.1:" in said[0]
    assert said[1:] == [f"127.0.0.1:{said[1].split()[0].split(':')[1]} takes it again."]


async def _twice(port):
    line = Line("127.0.0.1", port)
    messages = [message("SIM-1", name, AT, {Channel.HR: 70}) for name in ("C1", "C2")]
    assert not await line.say(messages)
    assert await line.say([])
    line.close()


async def _said(speak, refuse_first=False, note=lambda: None):
    """Everything that `speak(port)` says to a listener that answers AA."""
    heard: list[bytes] = []

    async def serve(reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                heard.append(await reader.readuntil(END))
                note()
                code = b"AE" if refuse_first and len(heard) == 1 else b"AA"
                writer.write(b"\x0bMSH|^~\\&\rMSA|" + code + b"|C\r" + END)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    await speak(server.sockets[0].getsockname()[1])
    server.close()
    return heard
