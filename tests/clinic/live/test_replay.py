"""A page that comes back with its cursor, again and again, while several sessions go on."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from esker.clinic import clock
from esker.clinic.live import feed, views
from esker.clinic.sessions import service
from tests.clinic.sessions.room import PERSON, Room, install

STREAMS, EACH = 3, 12
EVENT = {"term": "nausea", "severity": "mild", "serious": False}


@pytest.fixture
def rooms(clinic, nurse, prescriber):
    first = install(Room(clinic, nurse, prescriber)).open()
    yield [first, *(another(first, n) for n in range(1, STREAMS))]
    clock.install(clock.machine)


def another(room, n):
    """Another patient's session of the same clinic."""
    session = str(uuid4())
    patient = PERSON | {"id": f"q{n}", "mrn": f"DEMO-200{n}"}
    opened = {"patient": patient, "protocol_hash": room.hash, "planned_at": room.now.isoformat()}
    payload = room.payload("open_session", **opened)
    answer = service.handle(room.clinic, session, payload, room.nurse)
    assert isinstance(answer, service.Accepted), answer
    return session


def append(room, sessions):
    """EACH events to each session, shuffled among them."""
    try:
        order = sessions * EACH
        random.Random(1).shuffle(order)
        for session in order:
            payload = room.payload("adverse_event", **EVENT)
            service.handle(room.clinic, session, payload, room.nurse)
    finally:
        connection.close()


async def listen(clinic, cursor, some):
    """Up to `some` entries after a cursor as the browser kept it, and the last id heard."""
    page, heard = views.Page(clinic, "nurse", ("nurse",)), []
    stream = page.stream(views.parse_cursor(cursor))
    try:
        async for said in stream:
            head = dict(line.split(": ", 1) for line in said.decode().strip().split("\n"))
            cursor = head.get("id", cursor)
            if head["event"] == "entry":
                entry = json.loads(head["data"])
                heard.append((entry["stream"], entry["seq"]))
            if len(heard) >= some or head["event"] == "beat":
                return heard, cursor
    finally:
        await stream.aclose()


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard(30)
def test_every_entry_arrives_once_and_in_order_whenever_a_page_reconnects(rooms, monkeypatch):
    """An entry that a page misses (hazard 30): a cursor leaves no gap and repeats nothing."""
    monkeypatch.setattr(feed, "PAUSE_S", 0.01)
    room, sessions = rooms[0], [rooms[0].session, *rooms[1:]]
    chance, heard = random.Random(7), []
    cursor = views.write_cursor({f"session:{each}": 0 for each in sessions})
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(append, room, sessions)
        connections = 0
        while (left := STREAMS * (EACH + 1) - len(heard)) > 0:
            some = min(left, chance.randint(1, 5))
            more, cursor = async_to_sync(listen)(room.clinic, cursor, some)
            heard += more
            connections += 1
        writing.result()

    room.do("adverse_event", **EVENT)
    more, _ = async_to_sync(listen)(room.clinic, cursor, 1)
    assert [(f"session:{room.session}", EACH + 2)] == more
    assert connections > STREAMS
    for session in sessions:
        stream = f"session:{session}"
        assert list(range(1, EACH + 2)) == [seq for name, seq in heard if name == stream]
