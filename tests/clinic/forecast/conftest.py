"""A room in which the first device has been given, and a helper that computes in this process."""

from __future__ import annotations

import pytest

from esker.clinic import clock
from esker.clinic.forecast import worker
from tests.clinic.sessions.room import Room, install


class Here:
    """Answers as the worker would, with few virtual patients."""

    def __init__(self):
        self.asked = []

    def ask(self, question):
        self.asked.append(question)
        question["particles"] = 150
        return worker.answer(question)


@pytest.fixture
def helper():
    return Here()


@pytest.fixture
def room(clinic, nurse, prescriber):
    room = install(Room(clinic, nurse, prescriber)).open()
    room.send(room.signed("sign_order", drug="esketamine", route="nasal", dose_mg="56"), prescriber)
    room.do("record_vitals", vitals=[{"channel": "sbp", "value": "118", "unit": "mmHg"}])
    room.wait(minutes=2)
    room.do("device_given", device=1, vial="V1", order_version=1)
    yield room
    clock.install(clock.machine)
