"""The chair page when things go wrong: server gone, answer lost, script late, screen locked."""

import re
from subprocess import DEVNULL
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.demo import clinic, free_port, signed_in, violations
from tests.browser.story import Monitor
from tests.clinic.demo.running import esker, until

pytestmark = pytest.mark.browser


def answers(base):
    try:
        return urlopen(f"{base}/sign-in/", timeout=2).status == 200
    except OSError:
        return False


def at_chair(page, number):
    page.get_by_role("link", name=f"Open Chair {number}").click()
    expect(page.locator(".tile .value").first).to_be_visible()
    return re.search(r"/chair/([0-9a-f-]+)/", page.url)[1]


def recorded(page, session, kind):
    answer = page.request.get(f"{page.url.split('/chair/')[0]}/api/v1/sessions/{session}").json()
    return [entry for entry in answer["entries"] if entry["kind"] == kind]


def adverse_event(page, term):
    page.get_by_role("button", name="More", exact=True).click()
    page.locator("#d-more").get_by_role("button", name="Adverse event", exact=True).click()
    form = page.locator("dialog[open]")
    form.get_by_label("What happened").fill(term)
    form.get_by_role("radio", name="Mild").check()
    return form


@pytest.mark.hazard(17)
def test_a_page_that_lost_its_server_says_not_monitored(tmp_path, chrome):
    """Hazard 17, nobody hears: within 10 s the page says so, and its numbers are struck out."""
    port = free_port()
    ports = ("--port", port, "--mllp-port", free_port(), "--no-open")
    server = esker("demo", "--data", tmp_path, *ports, output=DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        until(lambda: answers(base), 120)
        page = signed_in(chrome, base)
        at_chair(page, 3)
        page.wait_for_timeout(4000)
        expect(page.locator("#unmonitored")).to_be_hidden()
        server.kill()
        expect(page.locator("#unmonitored")).to_be_visible(timeout=10_000)
        struck = "e => getComputedStyle(e).textDecorationLine"
        assert "line-through" == page.locator(".tile .value").first.evaluate(struck)
        page.context.close()
    finally:
        server.kill()
        server.wait(20)


@pytest.mark.hazard(17)
def test_a_page_whose_script_never_came_says_not_monitored(page):
    """Hazard 17, nobody hears: no script can tell that none runs, so the style sheet does.

    Numbers and alarms are there all the same, with the clock's time in place of an age.
    """
    warning = page.locator(".unscripted")
    at_chair(page, 3)
    expect(warning).to_be_hidden()
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator(".tile .value").first).to_be_visible()
    expect(warning).to_be_hidden()
    page.wait_for_timeout(9500)

    expect(warning).to_be_visible(timeout=500)
    expect(warning).to_contain_text("NOT MONITORED")


@pytest.mark.hazard(14)
def test_a_page_that_comes_back_shows_stale_first(page):
    """Hazard 14, an old reading shown as now: a page that slept doubts itself until a beat."""
    at_chair(page, 4)
    page.wait_for_timeout(3500)
    shown = page.evaluate(
        "() => { document.dispatchEvent(new Event('visibilitychange'));"
        " return !document.getElementById('unmonitored').hidden; }"
    )
    assert shown
    expect(page.locator("#unmonitored")).to_be_hidden(timeout=10_000)


@pytest.mark.hazard(3)
def test_a_lost_answer_is_one_entry(page):
    """Hazard 3, the same twice: the answer is lost after the commit; the same id goes again."""
    session = at_chair(page, 4)
    sent = []

    def lose_the_first(route):
        sent.append(route.request.post_data_json["id"])
        answer = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=answer)

    page.route("**/commands", lose_the_first)
    form = adverse_event(page, "lost answer")
    form.locator("button[value=send]").click()
    expect(page.locator("#pending")).to_contain_text(re.compile("not yet recorded", re.I))
    expect(form).to_have_count(0, timeout=15_000)
    assert len(sent) == 2
    assert len(set(sent)) == 1
    events = recorded(page, session, "adverse_event.recorded")
    assert ["lost answer"] == [each["body"]["term"] for each in events]


@pytest.mark.hazard(3)
def test_a_double_click_is_one_entry(page):
    """Hazard 3: two quick taps on the same button are one command."""
    session = at_chair(page, 6)
    form = adverse_event(page, "double click")
    form.locator("button[value=send]").dblclick()
    expect(form).to_have_count(0)
    page.wait_for_timeout(500)
    terms = [e["body"]["term"] for e in recorded(page, session, "adverse_event.recorded")]
    assert 1 == terms.count("double click")


def test_a_refusal_stands_in_the_form_and_nothing_is_lost(page):
    """The form stays open with its sentence; what was typed is still there."""
    at_chair(page, 5)
    page.locator(".thumb").get_by_role("button", name="Scan pack").click()
    form = page.locator("dialog[open]")
    form.get_by_label("Code on the pack").fill("(01)99999999999999(17)311231(10)X(21)1")
    form.locator("button[value=send]").click()
    expect(form.locator(".said")).not_to_be_empty()
    expect(form.get_by_label("Code on the pack")).to_have_value(re.compile("9999"))


@pytest.mark.hazard(26)
def test_emergency_opens_before_any_script_is_there(page, base):
    """Hazard 26, in the way of a rescue: the card is HTML; the entry follows once, when it can."""
    session = at_chair(page, 4)
    before = len(recorded(page, session, "emergency.called"))
    waiting = []
    scripts = re.compile(r"esker/.*\.js$")
    gate = []  # open once it holds something

    def hold(route):
        route.continue_() if gate else waiting.append(route)

    page.route(scripts, hold)
    page.goto(page.url, wait_until="commit")
    page.get_by_role("button", name="Emergency").click()
    expect(page.locator("#rescue").get_by_text("Deep sedation")).to_be_visible()
    page.screenshot(path="artefacts/emergency-without-scripts.png")
    assert before == len(recorded(page, session, "emergency.called"))

    gate.append("open")
    for route in waiting:
        route.continue_()
    expect(page.locator("#rescue")).to_contain_text("Called at", timeout=15_000)
    assert before + 1 == len(recorded(page, session, "emergency.called"))


def test_vitals_without_a_mouse(page):
    """Two keys for a set of vitals, and Escape goes back to where one was."""
    session = at_chair(page, 6)
    before = len(recorded(page, session, "vitals.recorded"))
    vitals = page.locator(".thumb [data-open='d-record_vitals']").first
    vitals.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] h2")).to_have_text("Vitals")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(vitals).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] button.main")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert before + 1 == len(recorded(page, session, "vitals.recorded"))


@pytest.mark.hazard(39)
def test_a_locked_screen_hides_the_name_and_keeps_what_protects(page):
    """Hazard 39, a shared login: identity and edits go; vitals, alarms and Emergency stay."""
    at_chair(page, 3)
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_text("Locked: identity hidden")).to_be_visible()
    assert "Demo Cedar" not in page.content()
    expect(page.locator(".tile .value").first).not_to_have_text(re.compile("--"))
    expect(page.locator(".strip")).to_be_visible()
    expect(page.get_by_role("button", name="Vitals", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Emergency").click()
    expect(page.locator("#rescue").get_by_text("Deep sedation")).to_be_visible()
    page.screenshot(path="artefacts/locked.png")
    page.keyboard.press("Escape")
    assert [] == violations(page)
    page.goto(page.url.split("/chair/")[0])
    expect(page.locator("[data-region=floor]")).to_be_visible()
    assert [] == violations(page)


@pytest.mark.hazard(17, 39)
def test_a_wrong_pin_on_a_screen_that_locked_itself_keeps_the_alarms_in_sight(page):
    """Hazards 17 and 39: nobody touched it for three minutes; who takes it over stays at it."""
    page.clock.install()
    session = at_chair(page, 3)
    expect(page.locator(".chart.drawn")).to_be_visible()  # the last script has run, the lock's too
    page.clock.fast_forward(181_000)
    expect(page.get_by_text("Locked: identity hidden")).to_be_visible()
    page.locator(".thumb summary").click()
    form = page.locator(".thumb .switch")
    form.get_by_label("Colleague").select_option(label="Demo Nurse Rowan")
    for pin, shown in (("0000", "This PIN does not fit."), ("4822", "")):
        form.get_by_label("Shift PIN").fill(pin)
        form.get_by_role("button", name="Take over").click()
        if shown:
            expect(form.get_by_role("status")).to_contain_text(shown)
            assert session in page.url
            expect(page.locator(".strip .alarm").first).to_be_visible()
    expect(page.locator(".who")).to_have_text("Demo Nurse Rowan")
    assert session in page.url


@pytest.mark.hazard(14)
def test_a_monitor_that_falls_silent_is_named(tmp_path, chrome):
    """Hazard 14, an old reading shown as now: tile, strip and a sentence say that it is old."""
    with clinic(tmp_path, "--no-monitors") as base, Monitor(tmp_path, "DEMO-MON-6") as monitor:
        page = signed_in(chrome, base)
        at_chair(page, 6)
        tile = page.locator(".tile", has=page.locator("[data-part=spo2]"))
        monitor.say()
        expect(tile).not_to_contain_text("OLD READING")
        monitor.stopped.set()
        expect(tile).to_contain_text("OLD READING", timeout=60_000)
        expect(page.locator(".silent")).to_contain_text("DEMO-MON-6 is silent", timeout=60_000)
        expect(page.locator(".strip")).to_contain_text("from the monitor: look", timeout=60_000)
        page.screenshot(path="artefacts/silent.png")
        page.context.close()


@pytest.mark.browser
def test_a_key_stays_on_its_button_when_the_page_is_brought_up_to_date(page):
    """Acknowledge and Pause are of one alarm: focus on the second never moves to the first."""
    at_chair(page, 3)
    page.locator("[data-kind=pause_alarm]").first.wait_for()
    focused = page.evaluate(
        """() => {
          const strip = document.querySelector("[data-region=strip]");
          strip.replaceWith(strip.cloneNode(true)); // nothing is known of it: it is placed anew
          const mine = document.querySelector("[data-kind=pause_alarm]");
          mine.focus();
          return new Promise((done) => {
            const look = () => mine.isConnected || done(document.activeElement.dataset.kind);
            setInterval(look, 50);
          });
        }"""
    )
    assert "pause_alarm" == focused
