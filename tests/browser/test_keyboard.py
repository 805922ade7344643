"""By keys alone: focus is seen, is where the work goes on, and outlives what is drawn anew."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def focused(page):
    return page.locator(":focus")


def at_chair(page, number):
    page.get_by_role("link", name=f"Open Chair {number}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chart.drawn")).to_be_visible()  # the last script has run


def drawn_anew(page, region):
    """Nothing is known of a copy, so the server's next answer takes the place of all in it."""
    page.evaluate(
        """name => {
          const old = document.querySelector(`[data-region=${name}]`);
          const at = [...old.querySelectorAll("*")].indexOf(document.activeElement);
          const { value, selectionStart } = document.activeElement;
          const copy = old.cloneNode(true);
          old.replaceWith(copy);
          const mine = copy.querySelectorAll("*")[at];
          mine.value = value;
          mine.focus();
          mine.setSelectionRange(selectionStart, selectionStart);
          const mark = copy.firstElementChild;
          document.dispatchEvent(new Event("visibilitychange"));
          return new Promise((done) => setInterval(() => mark.isConnected || done(), 50));
        }""",
        region,
    )


def test_a_patient_arrives_by_keys(page):
    """The first Tab leads past all alarms; each form opens where it asks, and gives focus back."""
    page.get_by_role("link", name="Demo Birch").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".band")).to_contain_text("Demo Birch")
    page.wait_for_load_state()  # the scripts have run
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("To what comes next")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator(".thumb")).to_be_focused()
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Check identity")
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_attribute("name", "identifiers.0.value")
    page.keyboard.type("Demo Birch")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_attribute("name", "identifiers.1.value")
    focused(page).fill("1976-09-03")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".thumb")).to_be_focused()
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Pair chair and monitor")


def test_what_is_typed_on_a_locked_screen_outlives_a_redraw(page):
    """An entry of a colleague draws the panel anew; half a password and the caret stay."""
    at_chair(page, 6)
    page.get_by_role("button", name="Lock", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator("#unlock input").focus()
    page.keyboard.type("dmo")
    for _ in "mo":
        page.keyboard.press("ArrowLeft")
    drawn_anew(page, "thumb")
    page.keyboard.type("e")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Vitals", exact=True)).to_be_visible()


def test_focus_goes_to_its_region_when_its_button_is_gone(page):
    """Enter twice answers one alarm: the next one's button never takes the focus of the first."""
    at_chair(page, 3)
    first = page.locator(".strip [data-kind=acknowledge_alarm]").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".strip")).to_contain_text(re.compile("acknowledged"))
    expect(page.locator(".strip")).to_be_focused()


def test_the_form_that_more_opens_keeps_the_focus(page):
    """One form makes room for another: focus is in the new one, not behind it."""
    at_chair(page, 6)
    page.get_by_role("button", name="More", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator("#d-more").get_by_role("button", name="Adverse event", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    expect(focused(page)).to_have_attribute("name", "term")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More", exact=True)).to_be_focused()
