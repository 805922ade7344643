"""An esketamine session from the arrival to the door, in a real browser, on real monitor input."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from esker.clinic.demo.pharmacy import DEVICES
from tests.browser.demo import clinic, signed_in
from tests.browser.story import Monitor, Story


@pytest.mark.browser
def test_from_the_arrival_to_the_door(tmp_path, chrome):
    """Two devices, a raised pressure overridden, an alarm answered, and home with an escort."""
    with (
        clinic(tmp_path, "--no-monitors") as base,
        Monitor(tmp_path, "DEMO-MON-1") as monitor,
    ):
        page = signed_in(chrome, base)
        story = Story(page, base, tmp_path, monitor, "esketamine")
        story.seats("Demo Alder", born="1984-04-12")
        given_everything_is_ready(story)
        when_a_raised_pressure_is_overridden(story)
        when_two_devices_are_given(story)
        when_the_timed_checks_fall_due(story)
        then_an_alarm_is_seen_and_answered(story)
        when_the_patient_recovers(story)
        then_the_patient_goes_home_with_an_escort(story)
        story.prints_the_record()


def given_everything_is_ready(story):
    story.readies("71.5")
    for pack in DEVICES[10:12]:
        story.does("Scan pack", Code=pack.code)


def when_a_raised_pressure_is_overridden(story):
    story.monitor.show(sbp=164, dbp=88)
    story.sees("164/88")
    story.sees("Clear to dose: not now.")
    story.pictured("held")
    story.open("Ask for override")
    story.dialog.get_by_role("radio").first.check()
    story.fills("Reason", "Settled at home; anxious about the cuff.")
    story.press()
    story.sees("Override asked:")
    story.signs_the_hold("Seen at the chair; the dose may go ahead.")
    story.taps("Clear to dose")
    story.sees("Overridden by a prescriber")


def when_two_devices_are_given(story):
    story.monitor.show()
    story.sees("124/78")
    story.does("Start dosing")
    story.does("Device 1 given")
    story.phase("Dose")
    story.sees("Allow device 2: not now.")
    story.passes(5)
    story.taps("Allow device 2")
    story.does("Device 2 given")
    story.sees("Given 56 of 56 mg")
    story.does("Dose finished")
    story.phase("Recover")


def when_the_timed_checks_fall_due(story):
    story.monitor.show(sbp=142, dbp=84)
    story.passes(34)
    story.sees("Blood pressure near its peak")
    story.records_vitals()
    story.scores(moaa_s="4", cadss="18")
    story.pictured("peak")


def then_an_alarm_is_seen_and_answered(story):
    story.monitor.show(spo2=88)
    strip = story.page.locator(".strip")
    expect(strip).to_contain_text("HIGH", timeout=20000)
    story.passes(0.3)
    expect(strip).to_contain_text("Oxygen saturation is below 90")
    story.pictured("alarm")
    story.acknowledges("high")
    story.monitor.show(spo2=97)
    story.passes(1)


def when_the_patient_recovers(story):
    for minutes in (30, 20, 10, 20):
        story.passes(minutes)
        story.records_vitals()
    story.scores(moaa_s="5 alert", cadss="1")
    story.passes(12)
    story.records_vitals()
    story.answers("Assess for the door", {}, "Yes")
    story.does("Escort seen", name="Demo Companion", Relation="Friend", drive="Yes")


def then_the_patient_goes_home_with_an_escort(story):
    story.scores(moaa_s="5 alert", cadss="1")
    story.does("Discharge")
    story.phase("Home")
    story.sees("The patient was discharged")
