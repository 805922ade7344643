"""The pages: what a nurse sees, locked and unlocked."""

from argparse import Namespace
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string

from esker.clinic.pages import presenters
from esker.clinic.pages.forms import form
from esker.clinic.record import paper, pdf


def chair(session, locked):
    return render_to_string("_chair.html", {**presenters.chair(session), "locked": locked})


def test_the_worst_alarm_stands_first(session):
    """A low alarm never hides a high one."""
    assert ["high", "low"] == [a["id"] for a in presenters.alarms(session["alarms"])]


def test_the_worse_number_of_a_pressure_rules_its_tile(session):
    """A diastolic that holds is not hidden by a calm systolic."""
    pressure = presenters.tiles(session["vitals"])[0]
    assert ("120/112", "hold") == (pressure["value"], pressure["band"])


def test_a_lock_hides_identity_and_edits_and_nothing_that_protects(session):
    """Vitals, alarms and Emergency stay on a locked screen."""
    page = chair(session, locked=True)
    assert "Demo" not in page.replace("DEMO-MON", "")
    assert "<dialog" not in page
    assert all(words in page for words in ("120/112", "High.", 'id="emergency"'))


def test_a_name_is_text_and_unasked_allergies_say_so(session):
    """Unknown is not no: allergies that nobody asked about are not `none`."""
    page = chair(session, locked=False)
    assert "Demo &lt;Alder&gt;" in page
    assert "not asked" in page


def test_what_is_refused_is_listed_with_its_reason(session):
    """Only accepted commands are buttons; the others say why not."""
    page = chair(session, locked=False)
    assert 'data-send="f-start"' in page
    assert "Already here." in page
    assert 'id="d-arrive"' not in page


def test_a_start_carries_the_order_version_that_was_seen(session):
    """A start for an order that has since changed can be told apart."""
    assert ["3"] == [field.value for field in form("start", session).fields]


def test_the_record_prints_a_name_as_text(session):
    """Markup in a name is printed, never run."""
    record = session
    record["patient"]["name"] = "#panic()"
    assert b"%PDF" == pdf.session(record, datetime(2026, 11, 23, tzinfo=UTC))[:4]


def test_a_blank_pack_prints_for_each_built_in_protocol(tmp_path):
    """On the day when nothing works there is still paper."""
    for name in ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv"):
        paper.run(Namespace(protocol=name, out=tmp_path / name))
        assert b"%PDF" == (tmp_path / name).read_bytes()[:4]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/chair/5a8f3a0e-59a5-4c1c-9b5a-2a0f6c1c0001/"])
def test_a_stranger_is_asked_to_sign_in(client, page):
    """Nothing is shown before somebody has signed in."""
    assert f"/sign-in/?next={page}" == client.get(page).headers["Location"]


@pytest.mark.django_db
def test_a_session_of_no_clinic_is_not_found(client, nurse, session):
    """Another clinic's session answers as one that does not exist."""
    client.force_login(nurse)
    assert 404 == client.get(f"/chair/{session['id']}/").status_code
    assert 200 == client.get("/").status_code


@pytest.mark.django_db
def test_a_lock_opens_only_with_the_password(client, nurse):
    """A wrong password leaves the screen locked."""
    client.force_login(nurse)
    client.post("/lock/")
    assert 403 == client.post("/unlock/", {"password": "wrong"}).status_code
    assert client.session["locked"]
