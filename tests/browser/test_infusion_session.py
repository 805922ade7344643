"""A racemic ketamine infusion from the arrival to the door, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from esker.clinic.demo.pharmacy import VIALS_50
from tests.browser.demo import clinic, signed_in
from tests.browser.story import Monitor, Story


@pytest.mark.browser
def test_from_the_arrival_to_the_door(tmp_path, chrome):
    """Drawn up from a scanned vial, paused at a hold, overridden, emptied, wasted, and home."""
    with (
        clinic(tmp_path, "--no-monitors") as base,
        Monitor(tmp_path, "DEMO-MON-1") as monitor,
    ):
        page = signed_in(chrome, base, 820, 1180)
        story = Story(page, base, tmp_path, monitor, "infusion")
        given_a_patient_at_a_monitored_chair(story)
        story.readies("80")
        when_the_vial_is_drawn_up(story)
        when_the_pump_runs(story)
        when_a_hold_is_overridden_and_the_pump_resumes(story)
        when_the_pump_is_empty(story)
        when_the_patient_recovers(story)
        then_the_patient_goes_home_with_an_escort(story)
        story.prints_the_record()


def given_a_patient_at_a_monitored_chair(story):
    story.seats("Demo Birch", born="1976-09-03")
    story.sees("penicillin")


def when_the_vial_is_drawn_up(story):
    """0.5 mg/kg for 80 kg is 40 mg, 0.8 mL of a vial with 50 mg/mL; ten times that is refused."""
    story.does("Scan pack", Code=VIALS_50[2].code)
    story.open("Draw up")
    expect(story.dialog.get_by_label("Drawn, mL")).to_have_value("0.8")
    expect(story.dialog.get_by_label("Pump, mL/h")).to_have_value("75")
    story.fills("Drawn, mL", "8")
    story.fills("Diluent, mL", "42")
    story.dialog.locator("button[value=send]").click()
    expect(story.dialog.locator(".said")).to_contain_text("ten times the order")
    story.pictured("tenfold")
    story.fills("Drawn, mL", "0.8")
    story.fills("Diluent, mL", "49.2")
    story.press()


def when_the_pump_runs(story):
    story.taps("Clear to dose")
    story.does("Start dosing")
    story.phase("Dose")
    for _ in range(2):
        story.passes(10)
        story.records_vitals()
    story.pictured("pump runs")


def when_a_hold_is_overridden_and_the_pump_resumes(story):
    story.monitor.show(sbp=183, dbp=99)
    strip = story.page.locator(".strip")
    expect(strip).to_contain_text("HIGH", timeout=20000)
    expect(strip).to_contain_text("Pause the pump", timeout=20000)
    story.pictured("hold")
    story.acknowledges("high")
    story.does("Pump paused", Reason="Pressure above its limit")
    story.passes(2, 1)
    story.sees("Resume: not now.")
    story.open("Ask for override")
    story.dialog.get_by_role("radio").first.check()
    story.fills("Reason", "No symptoms; the pressure is coming down.")
    story.press()
    story.signs_the_hold("Seen at the chair; resume.")
    story.taps("Resume")
    story.sees("Resumed")
    story.monitor.show(sbp=138, dbp=84)


def when_the_pump_is_empty(story):
    for _ in range(2):
        story.passes(8)
        story.records_vitals()
    story.passes(8)
    story.sees("Given 40 of 40 mg")
    story.pictured("pump empty")
    story.does("Dose finished")
    story.phase("Recover")


def when_the_patient_recovers(story):
    story.scores(moaa_s="4", cadss="14")
    for minutes in (15, 15, 15, 14):
        story.passes(minutes)
        story.records_vitals()
    story.scores(moaa_s="5 alert", cadss="1")
    first = story.page.locator(".thumb .main")
    expect(first).to_contain_text("Waste the rest in the vial")
    story.does(first.inner_text(), Witness="Demo Nurse Rowan")


def then_the_patient_goes_home_with_an_escort(story):
    story.passes(3)
    story.answers("Assess for the door", {}, "Yes")
    story.does("Escort seen", name="Demo Companion", Relation="Partner", drive="Yes")
    story.does("Discharge")
    story.phase("Home")
    story.sees("The patient was discharged")
