"""`esker serve --tls` on an empty folder: set up, signed in and followed live, all over TLS."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_setup import ARTEFACTS, SECRET, founded, go, serving

BEAT = """() => new Promise((done) => {
  const events = new EventSource("/live/");
  events.addEventListener("beat", () => { events.close(); done(events.url); });
})"""


@pytest.mark.browser
@pytest.mark.hazard(39)
def test_a_clinic_is_set_up_and_followed_over_tls(tmp_path, chrome):
    """Hazard 39, a stolen login: no cookie of this clinic ever leaves in the clear."""
    with serving(tmp_path / "clinic", "--tls") as (base, said):
        context = chrome.new_context(locale="en-GB", ignore_https_errors=True)
        page = context.new_page()
        page.goto(re.search(r"https\S+/set-up/\S+/", said)[0])
        founded(page)
        tablets = page.locator("li", has=page.get_by_role("heading", name="Tablets"))
        expect(tablets).to_contain_text("In place")

        tablets.get_by_role("link").click()
        fingerprint = page.locator(".steps code").last.inner_text()
        assert fingerprint in said
        page.screenshot(path=ARTEFACTS / "tls-tablets.png")

        go(page, "Chairs")
        page.fill("input[name=name]:visible", "Chair 1")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="Chair 1")).to_be_visible()
        page.goto(base)
        assert f"{base}/live/" == page.evaluate(BEAT)
        page.wait_for_timeout(9500)  # longer than a page trusts a server that it does not hear
        expect(page.locator("#unmonitored")).to_be_hidden()
        page.screenshot(path=ARTEFACTS / "tls-floor.png")
        page.get_by_role("button", name="Lock", exact=True).click()
        page.locator("#unlock input").fill(SECRET)
        page.keyboard.press("Enter")
        expect(page.locator(".who")).to_have_text("Demo Admin Maple")

        cookies = {each["name"]: each for each in context.cookies()}
        assert {"sessionid", "csrftoken", "esker_screen"} == set(cookies)
        assert all(each["secure"] for each in cookies.values())
        assert cookies["sessionid"]["httpOnly"]
        context.close()
