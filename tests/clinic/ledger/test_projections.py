"""Every table beside the ledger is the same whether entries came one by one or all at once."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from esker.clinic import clock, tenancy
from esker.clinic.devices import sealing
from esker.clinic.ledger import audit, projections
from esker.clinic.sessions import service
from esker.clinic.setup import commands as setup
from tests.clinic.sessions.room import Room, install
from tests.conftest import person

EXPIRES = "2027-12-31"


def step(room, chance, way):
    """One thing that may happen; refusals are a part of life."""
    room.wait(seconds=chance.randint(1, 200))
    n = chance.randint(1, 3)
    match way:
        case 0:
            ask(room, "pair_monitor", chair=f"Chair {n}", monitor=f"MON-{n}")
        case 1:
            ask(room, "unpair_monitor", reason="moved")
        case 2:
            ask(room, "weigh", weight=str(chance.randint(50, 120)), unit="kg")
        case 3:
            ask(room, "adverse_event", term="nausea", severity="mild", serious=False)
        case 4:
            ask(room, "scan_vial", code="1", vial=f"V{n}", lot="L", expires=EXPIRES,
                drug="esketamine", form="device", content_mg="28", read_by="rowan")  # fmt: skip
        case 5:
            room.monitor()
        case 6:
            sealing.seal(room.clinic, room.now)
        case 7:
            ask(room, "hand_over", to="rowan")


def ask(room, kind, **fields):
    try:
        return room.send(room.payload(kind, **fields))
    except service.Malformed:
        return None


def equip(clinic, chance):
    """An administrator who changes his mind."""
    admin = person(clinic, "admin", "administrator")
    for n in (1, 2, 3):
        setup.add_chair(admin, f"Chair {n}")
    setup.add_monitor(admin, identity="MON-1", name="One", chair="Chair 1")
    setup.remove_chair(admin, f"Chair {chance.randint(1, 3)}")


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_a_rebuild_leaves_every_table_as_the_entries_left_it(clinic, nurse, prescriber, seed):
    """Sessions, vials, pairings, blocks, chairs, monitors and protocols, over random days."""
    chance = random.Random(seed)
    equip(clinic, chance)
    try:
        for place in range(3):
            room = install(Room(clinic, nurse, prescriber))
            room.now += timedelta(hours=3 * place)
            room.open() if place else room.arrived()
            for way in (5, 6, *range(8), *(chance.randrange(8) for _ in range(12))):
                step(room, chance, way)
            ask(room, chance.choice(["withhold", "weigh"]), reason="unwell")
    finally:
        clock.install(clock.machine)
    with tenancy.scope(clinic.id):
        before = projections.dump(str(clinic.id))
        assert audit.rebuild(str(clinic.id)).differences == []
        assert projections.dump(str(clinic.id)) == before
    assert [] == [table for table in FILLED if not before[table]]


FILLED = (
    "esker_sessions_sessionrow", "esker_sessions_vialuse", "devices_pairing", "devices_block",
    "setup_chair", "setup_monitor", "setup_protocoltext",
)  # fmt: skip
