"""Every page and state at three sizes: nothing for axe to find, and nothing cut off."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from esker.clinic.demo.pharmacy import DEVICES
from tests.browser.demo import signed_in, violations

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SIZES = [(1180, 820), (820, 1180), (390, 844)]
LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Bartholomew Maximilian"
# Every element that cuts its text off: what is wider or higher than its box, and hides it.
CUT = """() => [...document.querySelectorAll(".band *, .thumb *, .tile, .tile *, .alarm, .alarm *")]
  .filter((e) => e.getClientRects().length && !e.classList.contains("sr"))
  .filter((e) => {
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    return style.textOverflow === "ellipsis" || box.right > innerWidth + 1
      || (style.overflow === "hidden" && e.scrollWidth > e.clientWidth + 1);
  }).map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`)"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_floor_chair_and_record_at_every_size(base, chrome, width, height):
    """Floor, chair and record open at tablet and phone size, say SIMULATION, and pass axe."""
    page = signed_in(chrome, base, width, height)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"floor-{width}x{height}.png")
    expect(page.get_by_text("SIMULATION").first).to_be_visible()
    expect(page.get_by_text("Demo Cedar")).to_be_visible()
    assert [] == violations(page)

    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.get_by_text("Blood pressure").first).to_be_visible()
    expect(page.get_by_role("button", name="Emergency")).to_be_visible()
    page.wait_for_timeout(1500)
    page.screenshot(path=ARTEFACTS / f"chair-{width}x{height}.png")
    assert [] == violations(page)

    page.goto(page.url.replace("/chair/", "/record/"))
    expect(page.get_by_text("SIMULATION").first).to_be_visible()
    assert [] == violations(page)
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_form_passes_axe(base, chrome, width, height):
    """The forms under the thumb and behind More, and the rescue card, at every size."""
    page = signed_in(chrome, base, width, height)
    page.get_by_role("link", name="Open Chair 5").click()
    expect(page.get_by_role("button", name="More", exact=True)).to_be_visible()
    names = page.locator("dialog").evaluate_all("all => all.map((d) => d.id)")
    found = {}
    for name in names:
        page.evaluate("id => document.getElementById(id).show()", name)
        found[name] = violations(page)
        page.evaluate("id => document.getElementById(id).close()", name)
    page.get_by_role("button", name="More", exact=True).click()
    page.screenshot(path=ARTEFACTS / f"more-{width}x{height}.png")
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('rescue').showPopover()")
    found["rescue"] = violations(page)
    assert {} == {name: each for name, each in found.items() if each}
    page.context.close()


@pytest.mark.browser
@pytest.mark.hazard(45)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_name_and_no_drug_is_cut_off(base, chrome, width, height):
    """Hazard 45, a screen misread: long names wrap, at every size, and nothing ends in dots."""
    page = signed_in(chrome, base, width, height)
    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.get_by_text("Blood pressure").first).to_be_visible()
    page.evaluate(
        "name => { document.querySelector('.band h1').firstChild.data = name;"
        " for (const e of document.querySelectorAll('.drug dd, .allergies dd'))"
        " e.prepend(name, ' '); }",
        LONG,
    )
    assert [] == page.evaluate(CUT)
    page.context.close()


@pytest.mark.browser
@pytest.mark.hazard(18)
def test_a_phone_shows_two_long_alarms_whole(base, chrome):
    """Hazard 18: a strip that is read line by line is not read; the numbers stay in view too."""
    page = signed_in(chrome, base, 390, 844)
    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.locator(".strip .count")).to_be_visible()
    expect(page.locator(".chart.drawn")).to_be_visible()  # all of the page is there
    bottoms = """() => [".strip", ".strip .alarm:nth-of-type(2)", ".tile .value", ".thumb"]
      .map((name) => document.querySelector(name).getBoundingClientRect())
      .map((box, place) => Math.round(place === 3 ? box.top : box.bottom))"""
    strip, second, number, thumb = page.evaluate(bottoms)
    assert second <= strip
    assert strip < number <= thumb
    page.context.close()


@pytest.mark.browser
@pytest.mark.hazard(26)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_form_covers_the_alarms_or_the_four_numbers(base, chrome, width, height):
    """Hazard 26, in the way of a rescue: five alarms stand, the pump runs, and a form is open."""
    page = signed_in(chrome, base, width, height)
    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.locator(".strip .alarm:not(a)").nth(2)).to_be_attached()
    expect(page.locator(".chart.drawn")).to_be_visible()
    page.evaluate("document.querySelector('main.scroll').scrollTop = 300")
    seen = """([id, names]) => {
      const shown = document.getElementById(id);
      const button = document.querySelector(`[data-open="${id}"]`);
      button.click();
      const at = (e) => { const box = e.getBoundingClientRect();
        return document.elementFromPoint(box.x + 8, box.y + box.height / 2); };
      const covered = names.flatMap((name) => [...document.querySelectorAll(name)])
        .filter((e) => !e.contains(at(e)));
      const send = shown.querySelector(".pair button:last-child");
      if (!send.contains(at(send))) covered.push(send);
      if (shown.clientHeight < 200) covered.push(shown);
      shown.close();
      return covered.map((e) => e.textContent);
    }"""
    names = [
        ".strip .count",
        ".strip > .alarm:first-of-type",
        ".tile .value",
        ".band h1",
        "#emergency",
    ]
    forms = [
        id for id in page.locator("dialog").evaluate_all("all => all.map((d) => d.id)")
        if page.locator(f'[data-open="{id}"]').count()
    ]  # fmt: skip
    assert {"d-record_vitals", "d-stop", "d-more", "d-adverse_event"} <= set(forms)
    assert {id: [] for id in forms} == {id: page.evaluate(seen, [id, names]) for id in forms}
    page.context.close()


@pytest.mark.browser
def test_at_twice_the_size_the_record_is_read_without_sideways_scrolling(base, chrome):
    """1180 wide at 200 % is 590: tables of sentences fit; those of numbers scroll by themselves."""
    page = signed_in(chrome, base, 590, 410)
    page.get_by_role("link", name="Open Chair 6").click()
    page.goto(page.url.replace("/chair/", "/record/"))
    wide = page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.wide:has(.stacks)')]"
        ".map((e) => e.scrollWidth - e.clientWidth)"
    )
    assert {0} == set(wide)
    assert page.locator(".wide:has(.stacks)").count() > 2
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_last_time_of_the_chart_has_room(base, chrome, width, height):
    """Half a label stands beyond the last grid line: "10:30" is about 34 px wide."""
    page = signed_in(chrome, base, width, height)
    page.get_by_role("link", name="Open Chair 3").click()
    canvas, drawn = page.locator("#plot canvas"), page.locator("#plot .u-over")
    expect(drawn).to_be_visible()
    ends = [each.bounding_box() for each in (canvas, drawn)]
    assert ends[0]["x"] + ends[0]["width"] - (ends[1]["x"] + ends[1]["width"]) >= 17
    page.context.close()


@pytest.mark.browser
@pytest.mark.hazard(45)
def test_colour_never_speaks_alone(base, chrome):
    """Hazard 45: each alarm and each number says its rank in words and with a shape."""
    page = signed_in(chrome, base)
    page.get_by_role("link", name="Open Chair 3").click()
    expect(page.locator(".tile .state").first).to_be_visible()
    for text in page.locator(".tile .state b").all_inner_texts():
        assert text[0] in "\u25cf\u25c6\u25b2\u25a0"
        assert text[1:].strip()
    for text in page.locator(".alarm strong").all_inner_texts():
        assert text.split()[-1] in {"HIGH", "MEDIUM", "LOW"}
    page.context.close()


@pytest.mark.browser
def test_the_demo_shows_the_codes_that_sign(base, chrome):
    """A newcomer finds the second factor of every fictional colleague on one page."""
    page = signed_in(chrome, base)
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="Demo Dr Linden")).to_be_visible()
    page.screenshot(path=ARTEFACTS / "people.png")
    assert [] == violations(page)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [] == violations(page)
    page.context.close()


@pytest.mark.browser
def test_no_other_page_scrolls_sideways_or_fails_axe(base, chrome):
    """What a nurse opens besides floor, chair and record, at every size."""
    page = signed_in(chrome, base)
    pages = (
        "readings/", "demo/", "demo/packs/", "people/", "sessions/new/", "account/", "this-screen/",
        "switch/",
    )  # fmt: skip
    found = {}
    for name in pages:
        assert page.goto(f"{base}/{name}").ok, name
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found[name, width] = [*violations(page), *(["sideways"] if wide else [])]
    assert {each: [] for each in found} == found
    page.context.close()


@pytest.mark.browser
def test_a_pack_that_was_taken_is_in_the_next_scan_form(base, chrome):
    """From the cupboard to the chair without a scanner; the code stays while the form is open."""
    page = signed_in(chrome, base)
    page.goto(f"{base}/demo/packs/")
    pack = DEVICES[11]
    page.get_by_role("button", name=f"Take {pack.serial}", exact=True).click()
    expect(page.locator("#in-hand")).to_contain_text(pack.code)
    assert [] == violations(page)

    page.goto(f"{base}/")
    page.get_by_role("link", name="Open Chair 5").click()
    page.locator(".thumb").get_by_role("button", name="Scan pack").click()
    form = page.locator("dialog[open]")
    expect(form.get_by_label("Code on the pack")).to_have_value(pack.code)
    page.screenshot(path=ARTEFACTS / "pack-in-hand.png")
    page.context.close()
