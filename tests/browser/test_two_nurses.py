"""Two nurses at two tablets press the same button at the same moment: it is done once, and the
other one is told so where she looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from esker.clinic.demo.pharmacy import VIALS_50
from tests.browser.demo import clinic, signed_in
from tests.browser.story import Monitor, Story


def at_once(stories):
    """Both send before either is answered; what each hears: the status, and the sentence."""
    held, heard = [], {}

    def hold(route):
        held.append(route)
        if len(held) == len(stories):
            for each in held:
                each.continue_()

    for story in stories:
        story.page.route("**/commands", hold)
        story.page.on(
            "response",
            lambda answer, story=story: (
                heard.update({story.name: answer}) if answer.url.endswith("/commands") else None
            ),
        )
    for story in stories:
        story.dialog.locator("button[value=send]").click(no_wait_after=True)
    for _ in range(200):
        if len(heard) == len(stories):
            break
        stories[0].page.wait_for_timeout(100)
    for story in stories:
        story.page.unroute("**/commands")
    return heard


def heard_by_both(stories, sentence):
    """One was accepted; the other form is open still, and says why beside its button."""
    answers = at_once(stories)
    assert [200, 409] == sorted(answer.status for answer in answers.values())
    late = next(story for story in stories if answers[story.name].status == 409)
    said = late.dialog.locator(".pair .said")
    expect(said).to_contain_text(sentence)
    expect(said).to_be_in_viewport()
    late.page.keyboard.press("Escape")
    for story in stories:
        expect(story.dialog).to_have_count(0)
    return late


@pytest.mark.browser
@pytest.mark.hazard(3)
def test_one_syringe_and_one_start(tmp_path, chrome):
    """Hazard 3, the same twice: one drawn-up dose and one beginning, in the record as well."""
    with clinic(tmp_path, "--no-monitors") as base, Monitor(tmp_path, "DEMO-MON-1") as monitor:
        hazel = Story(signed_in(chrome, base), base, tmp_path, monitor, "hazel")
        hazel.seats("Demo Birch", born="1976-09-03")
        hazel.readies("80")
        hazel.does("Scan pack", Code=VIALS_50[2].code)
        rowan = Story(signed_in(chrome, base, name="nurse2"), base, tmp_path, monitor, "rowan")
        rowan.page.goto(hazel.page.url)
        both = [hazel, rowan]

        for story in both:
            story.open("Draw up")
        late = heard_by_both(both, "40 mg of 02000000000022.K50-3 are drawn up already.")
        late.pictured("drawn up by the other")
        hazel.taps("Clear to dose")
        for story in both:
            story.open("Start dosing")
        heard_by_both(both, "dosing has begun").pictured("started by the other")

        session = hazel.page.url.split("/chair/")[1].split("/")[0]
        record = hazel.page.request.get(f"{base}/api/v1/sessions/{session}").json()
        kinds = [entry["kind"] for entry in record["entries"]]
        assert (1, 1) == (kinds.count("dose.drawn"), kinds.count("dose.started"))
