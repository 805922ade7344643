"""The room that these tests share."""

import pytest

from esker.clinic import clock
from tests.clinic.sessions.room import Room, install


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber))
    clock.install(clock.machine)
