"""The floor page, as the server answers it: what waits for a person is on it, with its number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from esker.clinic import clock, tenancy
from esker.clinic.devices import journal
from esker.clinic.devices.models import Sample
from tests.clinic.sessions.room import Room, install

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def room(clinic, nurse, prescriber):
    yield install(Room(clinic, nurse, prescriber)).arrived()
    clock.install(clock.machine)


def seen(room, path):
    client = Client()
    client.force_login(room.nurse, BACKEND)
    return client.get(path).content.decode()


def nobodys(room, count):
    with tenancy.scope(room.clinic):
        for value in range(count):
            Sample.objects.create(
                clinic_id=room.clinic, monitor="MON-9", observed_at=room.now,
                received_at=room.now, uid=f"loose{value}",
                shown=journal.shown([("hr", "", Decimal(70 + value))]),
            )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.hazard(13)
@pytest.mark.parametrize(("count", "words"), [(1, "1 reading belongs"), (3, "3 readings belong")])
def test_readings_that_belong_to_nobody_are_said_on_the_floor(room, count, words):
    """Hazard 13, values on another patient: what is tied to no chair waits in plain sight."""
    room.monitor()
    assert "to nobody yet" not in seen(room, "/floor/fragment/")

    nobodys(room, count)
    page = seen(room, "/floor/fragment/")
    assert f"{words} to nobody yet" in page
    assert 'href="/readings/"' in page


@pytest.mark.django_db
@pytest.mark.hazard(14, 22)
def test_every_page_counts_from_the_clinics_clock(room):
    """Hazards 14 and 22: else ages count from the tablet's own clock until the first beat."""
    for path in ("/", "/account/", f"/chair/{room.session}/"):
        assert f'data-now="{room.now.isoformat()}"' in seen(room, path), path


@pytest.mark.django_db
@pytest.mark.hazard(26)
def test_the_paper_of_a_session_is_one_touch_from_its_chair(room):
    """Hazard 26: when the screens may fail, its pack on paper is printed from where one stands."""
    assert f'href="/record/{room.session}/pack/"' in seen(room, f"/chair/{room.session}/")
