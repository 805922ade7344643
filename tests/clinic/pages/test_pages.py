"""The chair page: what a nurse sees, locked and unlocked, and what her thumb reaches."""

import pytest
from django.template.loader import render_to_string

from esker.clinic.pages import presenters, steps
from esker.clinic.pages.forms import forms
from esker.clinic.pages.views import REGIONS


def chair(session, locked=False):
    context = {**presenters.chair(session), "locked": locked}
    return "".join(render_to_string(f"chair/{name}.html", context) for name in REGIONS)


def test_the_worst_alarm_stands_first(session):
    """A low alarm never hides a high one, and not either when somebody has answered the high."""
    low, high = session["alarms"]
    assert ["high", "low"] == [a["id"] for a in presenters.alarms([low, high])]

    taken = {**high, "status": "acknowledged"}
    assert ["high", "low"] == [a["id"] for a in presenters.alarms([low, taken])]

    other = {**high, "id": "other"}
    assert ["other", "high"] == [a["id"] for a in presenters.alarms([taken, other])]


def test_the_strip_says_how_many_alarms_it_holds(session):
    """It scrolls where they do not fit, and none is hidden without a word; one needs none."""
    elsewhere = {"session": session["id"], "chair": "Chair 4", "id": "a", "priority": "low",
                 "sentence": "Low."}  # fmt: skip
    session["elsewhere"] = [elsewhere]
    assert "<strong>2 alarms</strong> here, and at 1 other chair</p>" in chair(session)

    session["alarms"][1] |= {"status": "acknowledged"}
    assert "<strong>2 alarms</strong> here (1 sounding), and at" in chair(session)

    session["alarms"].pop()
    assert "alarms</strong>" not in chair(session)


def test_the_worse_number_of_a_pressure_rules_its_tile(session):
    """A diastolic that holds is not hidden by a calm systolic."""
    pressure = presenters.tiles(session["vitals"])[0]
    assert ("120/112", "hold") == (pressure["value"], pressure["band"])


@pytest.mark.hazard(26)
def test_a_lock_hides_identity_and_edits_and_nothing_that_protects(session):
    """Hazard 26, software in the way of a rescue: vitals, alarms and Emergency stay when locked."""
    page = chair(session, locked=True)
    assert "Demo" not in page.replace("DEMO-MON", "")
    assert "<dialog" not in page
    assert all(words in page for words in ("120/112", "High.", 'id="emergency"'))


def test_a_name_is_text_and_unasked_allergies_say_so(session):
    """Unknown is not no: allergies that nobody asked about are not `none`."""
    page = chair(session)
    assert "Demo &lt;Alder&gt;" in page
    assert "not asked" in page


def test_what_is_refused_is_listed_with_its_reason(session):
    """Only accepted commands are buttons; the others say why not."""
    page = chair(session)
    assert 'data-open="d-adverse_event"' in page
    assert "Already here." in page
    assert 'id="d-arrive"' not in page


def test_the_next_step_is_the_first_that_is_not_done(session):
    """A monitor is paired, nothing else happened: weighing comes next, the start last."""
    found = steps.steps(session)
    assert ("pair_monitor", "done") == (found[0].kind, found[0].state)
    assert ["weigh"] == [step.kind for step in found if step.state == "now"]
    assert "start" == found[-1].kind


def test_interactions_are_asked_beside_the_steps_and_hold_none_of_them_up(session):
    """A prediction is no reason to wait: the thumb's next step stays the one that is needed."""
    session["commands"].append({"kind": "record_interactions", "allowed": True})
    found = {step.kind: step.state for step in steps.steps(session)}
    assert ("later", "now") == (found["record_interactions"], found["weigh"])
    weighed = [*session["entries"], session["entries"][0] | {"kind": "patient.weighed"}]
    found = {step.kind: step for step in steps.steps(session | {"entries": weighed})}
    assert found["record_interactions"].form is not None
    assert "now" in {each.state for kind, each in found.items() if kind != "record_interactions"}
    session["interactions"] = {"answer": "unknown", "named": []}
    assert "done" == {step.kind: step.state for step in steps.steps(session)}["record_interactions"]


def test_the_last_answer_about_interactions_stands_in_its_form(session):
    """To correct one word of it, the rest need not be said again."""
    assert [""] == [f.value for f in forms("record_interactions", session)[0].fields[:1]]
    session["interactions"] = {"answer": "yes", "named": ["rifampicin"]}
    session["commands"].append({"kind": "record_interactions", "allowed": True})
    page = chair(session)
    form = page.split('id="d-record_interactions"')[1].split("</dialog>")[0]
    assert 'value="yes" checked' in form
    assert 1 == form.count('value="rifampicin" checked')
    assert 2 == form.count(" checked")


def recovering(session, criteria=()):
    kinds = ("assess_discharge", "escort_seen", "discharge", "change_rate")
    return session | {
        "phase": "recover", "dosing": "done", "criteria": list(criteria),
        "commands": [{"kind": kind, "allowed": True} for kind in kinds],
        "entries": [*session["entries"], session["entries"][0] | {"kind": "escort.seen"}],
    }  # fmt: skip


@pytest.mark.hazard(23)
@pytest.mark.parametrize(("kind", "answer", "title"), [
    ("answer", "yes", "Assess for the door again"), ("escort", None, "Escort seen again"),
])  # fmt: skip
def test_what_was_assessed_too_long_ago_is_to_be_done_again(session, kind, answer, title):
    """Hazard 23, discharge too early: a tick beside old answers says that they still count."""
    one = {"id": "gait", "title": "Walks", "kind": kind, "answer": answer, "outdated": False}
    fresh = steps.steps(recovering(session, [one]))
    old = steps.steps(recovering(session, [one | {"outdated": True}]))

    assert ["discharge"] == [step.kind for step in fresh if step.state == "now"]
    assert [title] == [step.title for step in old if step.state == "now"]


def test_questions_that_were_asked_too_long_ago_are_asked_again(session):
    session["readiness"] = [{"id": "food", "text": "Food?", "answer": "yes", "outdated": True}]
    found = {step.kind: step for step in steps.steps(session)}
    assert ("later", "Readiness questions again") == (
        found["answer_readiness"].state, found["answer_readiness"].title
    )  # fmt: skip


@pytest.mark.hazard(4)
def test_a_pump_that_runs_after_the_end_can_be_told(session):
    """Hazard 4, too much in all: the API records what runs, so the page has a place to say it."""
    session["protocol"] |= {"form": "infusion"}
    drawn = recovering(session) | {"infusion": {"rate_ml_per_h": "75"}}

    assert "Pump runs again" in [form.title for form in steps.others(drawn, [])]
    assert "change_rate" not in [form.kind for form in steps.others(recovering(session), [])]


def test_a_later_step_that_is_open_is_behind_the_button(session):
    """A narrow screen shows no list of steps: the end of the dose waits for no score there."""
    session |= {"phase": "dose", "dosing": "done"}
    open_ = ("end_dose", "record_vitals")
    session["commands"] = [{"kind": kind, "allowed": True} for kind in open_]
    session["due"] = [{"id": "pressure@40", "status": "open", "channels": ["sbp"], "scales": [],
                       "title": "Blood pressure", "due_at": session["now"],
                       "opens_at": session["now"]}]  # fmt: skip
    shown = steps.steps(session)
    assert ["record_vitals"] == [step.kind for step in shown if step.state == "now"]
    assert ["end_dose"] == [form.kind for form in steps.others(session, shown)]


def test_a_check_that_is_due_comes_before_everything(session):
    """An open check for pressure puts the vitals under the thumb."""
    session["due"] = [{"id": "pressure@40", "status": "open", "channels": ["sbp"], "scales": [],
                       "title": "Blood pressure", "due_at": session["now"],
                       "opens_at": session["now"]}]  # fmt: skip
    assert "record_vitals" == steps.steps(session)[0].kind


def test_a_hold_says_why_and_offers_the_override(session):
    """The clearance is held: the sentence stands there, with both halves of the override."""
    session |= {"monitor": "M", "vials": [{"vial": "a"}, {"vial": "b"}]}
    session["entries"] += [
        {**session["entries"][0], "kind": kind, "body": {"vitals": []}}
        for kind in ("patient.weighed", "vitals.recorded")
    ]
    page = chair(session)
    assert "<b>▲ Clear to dose: not now.</b> Diastolic is over 110." in page
    assert 'id="d-request_override"' in page
    assert 'id="d-sign_override"' in page


def test_a_start_carries_the_order_version_that_was_seen(session):
    """A start for an order that has since changed can be told apart."""
    assert ["3"] == [field.value for field in forms("start", session)[0].fields]


def test_a_device_is_numbered_and_its_pack_chosen(session):
    """The nurse types neither: the next number, and the first pack that was not used."""
    session["vials"] = [{"vial": "a"}, {"vial": "b"}]
    session["given"] = [{"vial": "a", "device": 1}]
    session["devices"]["given"] = 1
    fields = {field.name: field.value for field in forms("device_given", session)[0].fields}
    assert {"order_version": "3", "device": "2", "vial": "b"} == fields


def test_a_hand_over_reads_back_alarms_and_checks(session):
    """Hazard 46 begins here: each open alarm is ticked before the chair changes hands."""
    fields = forms("hand_over", session)[0].fields
    assert ["Low.", "High."] == [field.label for field in fields if field.kind == "check"]


def test_a_silent_monitor_is_named(session):
    """Hazard 14 on the page: when all it sent is old, the chair says that the monitor is silent."""
    for vital in session["vitals"].values():
        vital["stale"] = True
    session["vitals"]["hr"] = {**session["vitals"]["sbp"]}
    assert "DEMO-MON-2 is silent: look at it." == presenters.silent(session)
    assert "OLD READING" in chair(session)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/chair/5a8f3a0e-59a5-4c1c-9b5a-2a0f6c1c0001/"])
def test_a_stranger_is_asked_to_sign_in(client, page):
    """Nothing is shown before somebody has signed in."""
    assert f"/sign-in/?next={page}" == client.get(page).headers["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["", "fragment/", "chart/"])
def test_a_session_of_no_clinic_is_not_found(client, nurse, session, part):
    """Another clinic's session answers as one that does not exist."""
    client.force_login(nurse)
    assert 404 == client.get(f"/chair/{session['id']}/{part}").status_code
    assert 200 == client.get("/").status_code


@pytest.mark.django_db
def test_a_lock_opens_only_with_the_password(client, nurse):
    """A wrong password leaves the screen locked."""
    client.force_login(nurse)
    client.post("/lock/")
    assert 403 == client.post("/unlock/", {"password": "wrong"}).status_code
    assert client.session["locked"]
