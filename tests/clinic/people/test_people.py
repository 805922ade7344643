"""People come, change and go, each time as an entry that says who did it."""

from __future__ import annotations

import pytest

from esker.clinic import clock, tenancy
from esker.clinic.ledger import store
from esker.clinic.people import commands, presence, signing
from esker.clinic.people.models import User
from tests.conftest import NOW, PASSWORD, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_nine():
    clock.install(lambda: NOW)
    yield
    clock.install(clock.machine)


@pytest.fixture
def admin(clinic):
    return person(clinic, "admin", "administrator")


def said(user):
    with tenancy.scope(user.clinic_id):
        return [(e.kind, e.actor, e.data()) for e in store.read(str(user.clinic_id), user.stream)]


def test_a_change_of_roles_says_who_what_and_when(admin):
    made = commands.add_person(admin, "linden", "Demo Linden", ["nurse"])
    refused = commands.change_person(
        admin, "linden", "Demo Linden", ["prescriber"], "DEMO-1", active=True
    )
    assert refused is None
    assert ["staff.added", "staff.changed"] == [kind for kind, _, _ in said(made)]
    _, actor, body = said(made)[1]
    assert "admin" == actor
    assert (["nurse"], ["prescriber"]) == (body["before"]["roles"], body["after"]["roles"])


def test_one_who_left_signs_nothing_and_comes_in_no_more(admin, prescriber, client):
    commands.change_person(
        admin, "prescriber", "Demo Prescriber", ["prescriber"], "DEMO-1", active=False
    )
    code = signing.current_code(prescriber, NOW)
    clinic = str(prescriber.clinic_id)
    assert not signing.verify_signature(clinic, "prescriber", PASSWORD, code, "order", NOW)
    answer = client.post("/sign-in/", {"username": "prescriber", "password": PASSWORD})
    assert 200 == answer.status_code  # the form again


def test_the_last_administrator_stays(admin):
    for roles, active in ((["nurse"], True), (["administrator"], False)):
        refused = commands.change_person(admin, "admin", "Demo Admin", roles, "", active)
        assert "last" == refused.code
    assert User.objects.get(username="admin").is_active


def test_only_an_administrator_changes_people_and_only_here(nurse, admin, charlie):
    assert "role" == commands.add_person(nurse, "other", "Other", ["nurse"]).code
    refused = commands.change_person(admin, "charlie", "Charlie", ["nurse"], "", active=False)
    assert "nobody" == refused.code
    assert User.objects.get(username="charlie").is_active


@pytest.mark.parametrize(
    ("username", "name", "roles", "code"),
    [
        ("UPPER", "Name", ["nurse"], "username"), ("a:b", "Name", ["nurse"], "username"),
        ("admin", "Name", ["nurse"], "taken"), ("other", " ", ["nurse"], "name"),
        ("other", "Name", [], "roles"), ("other", "Name", ["wizard"], "roles"),
    ],
)  # fmt: skip
def test_what_no_person_can_be_is_refused(admin, username, name, roles, code):
    assert code == commands.add_person(admin, username, name, roles).code


def test_a_link_works_once(admin, client):
    """Password and phone are set by the person alone; nobody else ever knew them."""
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    page = client.post(
        "/administration/people/", {"username": "rowan", "name": "Demo Rowan", "roles": ["nurse"]}
    )
    link = page.context["address"]
    client.logout()
    client.get(link)
    sealed = client.session["candidate"]
    form = {"password": PASSWORD, "again": PASSWORD, "code": "000000"}
    assert 409 == client.post(link, form).status_code
    form["code"] = signing._code(sealed, signing._step(NOW))
    assert 409 == client.post(link, form | {"again": "something else"}).status_code
    assert 302 == client.post(link, form).status_code
    assert 404 == client.post(link, form).status_code
    assert ["staff.added", "staff.enrolled"] == [
        kind for kind, _, _ in said(User.objects.get(username="rowan"))
    ]


def test_ones_own_password_needs_the_old_one(nurse):
    assert "password" == commands.change_password(nurse, "wrong", "another long password").code
    assert "password" == commands.change_password(nurse, PASSWORD, "short").code
    assert commands.change_password(nurse, PASSWORD, "another long password") is None
    assert User.objects.get(username="nurse").check_password("another long password")


def test_a_new_phone_replaces_the_old_one(prescriber):
    old, new = prescriber.totp_secret, signing.new_secret()
    code = signing._code(new, signing._step(NOW))
    assert "code" == commands.change_second_factor(prescriber, PASSWORD, new, "000000").code
    assert commands.change_second_factor(prescriber, PASSWORD, new, code) is None
    assert signing.fits(new, code, NOW)
    assert not signing.fits(old, code, NOW)
    assert [("staff.second_factor_changed", "prescriber", {})] == said(prescriber)


@pytest.mark.parametrize("pin", ["123", "123456789", "1111", "12a4", "١٢٣٤"])
def test_a_pin_that_is_none_is_refused(nurse, pin):
    assert "pin" == commands.set_pin(nurse, PASSWORD, pin).code


@pytest.mark.hazard(25)
def test_presence_is_what_the_person_said_last(prescriber):
    """Hazard 25, nobody watching: the gate reads who is in the building."""
    clinic = str(prescriber.clinic_id)
    for act, here in ((commands.arrive, True), (commands.arrive, True), (commands.leave, False)):
        act(prescriber)
        with tenancy.scope(clinic):
            assert here is ("prescriber" in presence.on_site(clinic))
    assert ["staff.arrived", "staff.left"] == [kind for kind, _, _ in said(prescriber)]
