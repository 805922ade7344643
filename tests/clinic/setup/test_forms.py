"""What was typed into a form of the administration stays there when it is refused."""

import pytest

from esker.clinic.setup import commands, first
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


@pytest.mark.django_db
def test_a_change_that_is_refused_is_not_typed_again(clinic, client):
    """A monitor that was to move, a chair that is there, a person without a role."""
    admin = person(clinic, "admin", "administrator")
    for name in ("Chair 1", "Chair 2"):
        commands.add_chair(admin, name)
        commands.add_monitor(admin, f"MON-{name[-1]}", f"Monitor {name[-1]}", name)
    client.force_login(admin, BACKEND)
    moved = {"do": "move", "identity": "MON-2", "name": "By the door", "chair": "Chair 1"}
    page = client.post("/administration/monitors/", moved).content.decode()
    assert "Chair 1 has the monitor Monitor 1; move that first." in page
    assert "<details open><summary>Change By the door" in page

    page = client.post("/administration/chairs/", {"do": "add", "name": "chair 1"}).content.decode()
    assert 'value="chair 1"' in page

    typed = {"name": "Demo Admin Maple-Larch", "licence": "DEMO-7", "active": "yes"}
    page = client.post("/administration/people/admin/", typed).content.decode()
    assert "Choose at least one role." in page
    assert 'value="Demo Admin Maple-Larch"' in page
    assert 'value="DEMO-7"' in page


@pytest.mark.django_db
def test_a_prescriber_without_a_licence_is_told_at_once(clinic, client):
    """With the link, in the list, on the own page; and not once the licence is there."""
    admin = person(clinic, "admin", "administrator")
    client.force_login(admin, BACKEND)
    said = {"username": "larch", "name": "Demo Dr Larch", "roles": ["prescriber"]}
    told = "Demo Dr Larch cannot sign orders, overrides or protocols"
    places = ("/administration/people/", "/administration/people/larch/")

    assert told in client.post("/administration/people/", said).content.decode()
    assert [True, True] == [told in client.get(url).content.decode() for url in places]
    client.post(places[1], said | {"licence": "DEMO-7", "active": "yes"})
    assert [False, False] == [told in client.get(url).content.decode() for url in places]


@pytest.mark.django_db
def test_a_signature_that_does_not_fit_stands_at_the_form_with_the_name(clinic, prescriber, client):
    client.force_login(prescriber, BACKEND)
    said = {"seen": "x", "username": "larch", "password": "wrong", "totp": "000000"}
    page = client.post("/administration/protocols/ketamine-iv/", said).content.decode()

    assert page.index('role="alert" class="said"') > page.index('id="sign"')
    assert 'value="larch"' in page


@pytest.mark.django_db
def test_a_wrong_password_leaves_the_name(clinic, client):
    page = client.post("/sign-in/", {"username": "hazel", "password": "x"}).content.decode()

    assert "Name or password does not fit." in page
    assert 'value="hazel"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["ZZ", "UK", "gb", "", "GBR"])
def test_a_country_that_is_none_makes_no_clinic(tmp_path, settings, client, country):
    """Only those of ISO 3166; what else was typed stays."""
    settings.DATA = tmp_path
    address = f"/set-up/{first.open_door()}/"
    said = {"clinic": "Demo Clinic", "zone": "UTC", "country": country, "name": "Demo Maple"}
    answer = client.post(address, said)

    assert 409 == answer.status_code
    assert "Choose the country." in answer.content.decode()
    assert 'value="Demo Maple"' in answer.content.decode()
    assert (
        "Choose the country." not in client.post(address, said | {"country": "GB"}).content.decode()
    )
