"""What a newer version finds in a folder of an older one is made level with its ledger."""

from __future__ import annotations

from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps

from esker.clinic import tenancy
from esker.clinic.ledger import projections
from esker.clinic.sessions.models import SessionRow
from esker.core.ledger import Refused
from tests.clinic.sessions.room import PERSON

numbers = import_module("esker.clinic.sessions.migrations.0006_numbers_of_earlier_sessions")


@pytest.mark.django_db
@pytest.mark.hazard(11)
def test_a_session_of_before_has_its_patients_number(room):
    """The wrong patient (hazard 11): the number of an earlier session is one person's, too."""
    room.open()
    with tenancy.scope(room.clinic):
        level = projections.dump(room.clinic)
        SessionRow.objects.update(number="")

    numbers.fill(apps, None)

    with tenancy.scope(room.clinic):
        assert level == projections.dump(room.clinic)
    other = PERSON | {"id": "p2", "name": "Demo Birch"}
    room.session = str(uuid4())
    opening = room.payload(
        "open_session", patient=other, protocol_hash=room.hash, planned_at=room.now.isoformat()
    )
    refused = room.send(opening)
    assert isinstance(refused, Refused)
    assert "identity" == refused.code
