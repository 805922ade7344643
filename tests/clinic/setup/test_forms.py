"""What was typed into a form of the administration stays there when it is refused."""

import pytest

from esker.clinic.setup import commands
from tests.conftest import person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.django_db
def test_a_monitor_that_is_refused_is_not_typed_again(clinic, client):
    admin = person(clinic, "admin", "administrator")
    commands.add_chair(admin, "Chair 1")
    commands.add_monitor(admin, "MON-1", "Window", "Chair 1")
    client.force_login(admin, BACKEND)
    said = {"do": "add", "identity": "MON-2", "name": "Door monitor", "chair": "Chair 1"}
    answer = client.post("/administration/monitors/", said)

    assert 409 == answer.status_code
    page = answer.content.decode()
    assert "Chair 1 has the monitor Window; move that first." in page
    assert 'value="MON-2"' in page
    assert 'value="Door monitor"' in page
