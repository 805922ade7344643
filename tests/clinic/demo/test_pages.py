"""The demo's own pages exist in a demo only, and its clock has the three paces and the jump."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from esker.clinic import clock as shell
from esker.clinic.demo import cast, seed, story, views
from esker.clinic.demo import clock as clocks
from esker.clinic.demo.pharmacy import PACKS, PRODUCTS
from esker.clinic.people import signing
from esker.clinic.people.models import User
from esker.clinic.sessions import catalogue, dosed, folding
from esker.clinic.setup.catalogue import is_gtin, product_body
from tests.conftest import person

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GETS = ("/demo/", "/demo/packs/", "/demo/bar/")


@pytest.fixture
def demo(settings, tmp_path):
    """A demo folder whose clock is the shell's; nothing lets its time pass."""
    settings.DEMO, settings.DATA = True, tmp_path
    clocks.Clock.create(tmp_path, NOW)
    running = clocks.of(tmp_path)
    shell.install(running, running.arriving)
    yield running
    shell.install(shell.machine)


def signed_in(username):
    browser = Client()
    user = User.objects.get(username=username)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def client(nurse):
    return signed_in(nurse.username)


@pytest.mark.django_db
def test_outside_a_demo_there_are_no_such_pages(client):
    for address in GETS:
        assert client.get(address).status_code == 404
    assert client.post("/demo/clock/", {"rate": "60"}).status_code == 404


@pytest.mark.django_db
def test_every_page_shows_the_clock(demo, client):
    for address in ("/", *GETS):
        page = client.get(address).content.decode()
        assert "SIMULATION: no real patient" in page
        assert 'data-simulated="2026-11-23T09:00' in page


@pytest.mark.django_db
def test_the_bar_looks_once_at_each_session(demo, monkeypatch):
    """It stands on every page and is asked for every few seconds."""
    story.morning(NOW)
    browser = signed_in("nurse")
    dosing = next(each["session"] for each in dosed.sessions(seed.CLINIC, NOW) if each["doses"])
    looked = []
    fold_all = folding.fold_all

    def counted(clinic_id, sessions):
        found = fold_all(clinic_id, sessions)
        looked.extend(found)
        return found

    monkeypatch.setattr(folding, "fold_all", counted)
    page = browser.get("/demo/bar/", {"page": f"/chair/{dosing}/"}).content.decode()

    assert "Jump to" in page
    assert "The simulated patient: CADSS" in page
    assert dosing in looked
    assert len(looked) == len(set(looked))


@pytest.mark.django_db
def test_who_is_not_signed_in_sees_that_it_is_a_demo_and_moves_nothing(demo):
    assert "SIMULATION" in Client().get("/sign-in/").content.decode()
    assert Client().post("/demo/clock/", {"rate": "60"}).status_code == 302
    assert demo.face.rate == 1


@pytest.mark.django_db
def test_the_clock_has_three_paces(demo, client):
    """And comes back to the page that asked; another pace is refused, and changes nothing."""
    answer = client.post("/demo/clock/", {"rate": "60", "next": "/demo/packs/"})
    assert (answer.status_code, answer["Location"], demo.face.rate) == (302, "/demo/packs/", 60)
    assert client.post("/demo/clock/", {"rate": "7"}).status_code == 422
    assert client.post("/demo/clock/", {"rate": "fast"}).status_code == 422
    assert demo.face.rate == 60


@pytest.mark.django_db
def test_a_jump_begins_a_step_and_never_goes_back(demo, client, monkeypatch):
    monkeypatch.setattr(views, "PATIENCE_S", 0)
    client.post("/demo/clock/", {"jump": "40"})
    assert demo.arriving() >= NOW + timedelta(minutes=40)
    client.post("/demo/clock/", {"jump": "-600"})
    assert demo() >= NOW


@pytest.mark.django_db
def test_the_clock_sends_nobody_elsewhere(demo, client):
    away = client.post("/demo/clock/", {"rate": "1", "next": "https://elsewhere.example/"})
    assert away["Location"] == "/"


@pytest.mark.django_db
def test_each_pack_has_its_code_and_the_expired_one_says_so(demo, client):
    page = client.get("/demo/packs/").content.decode()
    assert all(pack.code in page for pack in PACKS)
    assert page.count("▲ Expired 2024-06-30") == 2


def test_the_codes_say_what_the_packs_are():
    """GTIN with a right check digit, its own serial, lot and expiry; read as a real code is."""
    assert len({pack.code for pack in PACKS}) == len(PACKS)
    for pack in PACKS:
        assert is_gtin(pack.gtin)
        assert catalogue.parse(pack.code) == {
            "gtin": pack.gtin, "expires": pack.expires.isoformat(), "lot": pack.lot,
            "serial": pack.serial,
        }  # fmt: skip


def test_the_cupboard_has_what_a_tenfold_slip_needs():
    """Ketamine of 10, 50 and 100 mg/mL, and nasal devices of 28 mg."""
    bodies = [product_body(product) for product in PRODUCTS]
    strengths = {float(b["strength_mg_per_ml"]) for b in bodies if b["form"] == "vial"}
    assert strengths == {10, 50, 100}
    assert [float(b["content_mg"]) for b in bodies if b["form"] == "device"] == [28]


@pytest.mark.django_db
def test_a_colleague_takes_over_by_the_pin_that_the_people_page_shows(demo):
    seed.staff(seed.Day(NOW))
    browser = signed_in("nurse")
    page = browser.get("/people/").content.decode()
    assert all(f"PIN <strong>{pin}</strong>" in page for pin in cast.PINS.values())
    rowan = signing.switch(seed.CLINIC, "nurse2", cast.PINS["nurse2"], NOW)
    assert rowan is not None
    assert rowan.username == "nurse2"


@pytest.mark.django_db
def test_the_people_page_lists_one_who_has_not_joined_yet(demo, client, clinic):
    """Somebody was added under Administration: the page of codes failed until the link was used."""
    person(clinic, "rowan", "nurse", totp_secret="")
    page = client.get("/people/").content.decode()
    assert "Demo Rowan" in page
    assert "No phone yet" in page
