"""The prediction on the chair page says what it takes for granted, and a nurse can tell it."""

import pytest
from playwright.sync_api import expect

from tests.browser.demo import signed_in, violations

pytestmark = pytest.mark.browser
SLOW_MS = 300_000  # a first start compiles, and other demos of a whole run do so at the same time
ASSUMED = "#forecast [data-say=assumed]"


def at_chair_6(base, chrome):
    page = signed_in(chrome, base, 390, 844)
    page.get_by_role("link", name="Open Chair 6").click()
    return page


def test_interactions_that_were_not_asked_are_told_from_the_prediction_itself(base, chrome):
    """Assumed, then a slip that is sent back in words, then reckoned with; on a phone."""
    waits = at_chair_6(base, chrome)  # its screen may have locked itself meanwhile
    expect(waits.locator(ASSUMED)).to_contain_text("none was told", timeout=SLOW_MS)
    waits.context.close()
    page = at_chair_6(base, chrome)
    assumed = page.locator(ASSUMED)
    expect(assumed).to_contain_text("none was told")
    page.locator("#forecast").get_by_role("button", name="Interactions").click()
    form = page.locator("dialog[open]")
    form.get_by_role("checkbox", name="rifampicin").check()
    form.get_by_role("radio", name="No", exact=True).check()
    form.get_by_role("button", name="Interactions").click()
    expect(form.get_by_role("alert")).to_have_text(
        "With yes, say which; with no or not known, name none."
    )
    expect(form.get_by_role("alert")).to_be_in_viewport(ratio=1)
    assert [] == violations(page)
    form.get_by_role("radio", name="Yes", exact=True).check()
    form.get_by_role("button", name="Interactions").click()
    expect(form).to_be_hidden()
    expect(assumed).to_be_in_viewport()  # the form made room on top; the page comes back to here
    expect(assumed).to_contain_text("Reckoned with rifampicin, as charted.", timeout=SLOW_MS)
    expect(page.locator(".events")).to_contain_text("Interactions: rifampicin.")
    page.context.close()
