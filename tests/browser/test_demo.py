"""A newcomer opens the demo: chairs in different states, live vitals, Emergency at one touch."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.demo import browser, clinic, signed_in

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SIZES = [(1180, 820), (820, 1180), (390, 844)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with clinic(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened


def violations(page):
    return [each["id"] for each in Axe().run(page).response["violations"]]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_floor_and_chair_at_every_size(base, chrome, width, height):
    """Floor and chair open at tablet and phone size, say SIMULATION, and pass axe."""
    page = signed_in(chrome, base, width, height)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"floor-{width}x{height}.png")
    expect(page.get_by_text("SIMULATION").first).to_be_visible()
    expect(page.get_by_text("Demo Cedar")).to_be_visible()

    assert [] == violations(page)
    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.get_by_text("Blood pressure").first).to_be_visible()
    expect(page.get_by_role("button", name="Emergency")).to_be_visible()
    page.screenshot(path=ARTEFACTS / f"chair-{width}x{height}.png")
    assert [] == violations(page)
    page.context.close()


@pytest.mark.browser
@pytest.mark.hazard(26)
def test_emergency_opens_at_once(base, chrome):
    """Hazard 26, software in the way of a rescue: one touch shows the card, nothing asks back."""
    page = signed_in(chrome, base)
    page.get_by_role("link", name="Open Chair 4").click()
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Emergency").click()
    expect(page.get_by_text("Deep sedation").first).to_be_visible()
    page.screenshot(path=ARTEFACTS / "emergency.png")
    page.context.close()


@pytest.mark.browser
def test_the_demo_shows_the_codes_that_sign(base, chrome):
    """A newcomer finds the second factor of every fictional colleague on one page."""
    page = signed_in(chrome, base)
    page.get_by_role("link", name="People").click()
    expect(page.get_by_text("Demo Dr Linden")).to_be_visible()
    page.screenshot(path=ARTEFACTS / "people.png")

    assert [] == violations(page)
    page.context.close()
