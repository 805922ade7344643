"""An empty folder becomes a clinic: an administrator is led from the printed address to the point
where a session can be opened."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from playwright.sync_api import expect

from tests.browser.demo import free_port

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SIZES = [(1180, 820), (820, 1180), (390, 844)]
SECRET = "a long fictional password"


@contextmanager
def serving(folder, *options):
    """`esker serve` on this folder, its address, and what it says until it prints where to go."""
    port = free_port()
    words = ["serve", "--data", folder, "--port", port, "--mllp-port", free_port(), *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ESKER_", "DJANGO_"))}
    server = subprocess.Popen(
        [sys.executable, "-m", "esker.cli", *map(str, words)], env=environment,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        said = server.stdout.readline()
        while "/set-up/" not in said:
            said += server.stdout.readline()
            assert server.poll() is None, said
        base = re.search(r"https?://[^/]+", said)[0]
        for _ in range(240):
            try:
                socket.create_connection(("127.0.0.1", port), 2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield base, said
    finally:
        server.terminate()
        server.wait(20)


def code(page):
    """What an authenticator app would show for the secret on the page."""
    import base64

    secret = base64.b32decode(page.locator("code").last.inner_text())
    return HOTP(secret, 6, SHA1()).generate(int(time.time()) // 30).decode(), secret


def looked_at(page, name):
    """The page at every size, as an artefact, with nothing that axe objects to."""
    ARTEFACTS.mkdir(exist_ok=True)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=ARTEFACTS / f"setup-{name}-{width}x{height}.png")
        assert [] == [each["id"] for each in Axe().run(page).response["violations"]], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def enrolled(page):
    page.fill("input[name=password]", SECRET)
    page.fill("input[name=again]", SECRET)
    shown, secret = code(page)
    page.fill("input[name=code]", shown)
    return secret


def founded(page):
    """The clinic and its first administrator."""
    page.fill("input[name=clinic]", "Demo Clinic")
    page.select_option("select[name=country]", "GB")
    page.fill("input[name=zone]", "Europe/London")
    page.fill("input[name=name]", "Demo Admin Maple")
    page.fill("input[name=username]", "maple")
    enrolled(page)
    page.get_by_role("button", name="Make the clinic").click()


def go(page, name):
    page.get_by_role("navigation", name="Administration").get_by_role("link", name=name).click()


@pytest.mark.browser
def test_an_empty_folder_becomes_a_clinic(tmp_path, chrome):
    with serving(tmp_path / "clinic") as (base, said):
        address = re.search(r"http\S+/set-up/\S+/", said)[0]
        page = chrome.new_context(locale="en-GB").new_page()
        page.goto(address)
        looked_at(page, "first")
        founded(page)
        expect(page.get_by_role("heading", name="Administration")).to_be_visible()
        looked_at(page, "administration")

        links = people(page)
        places(page, chrome, base)
        linden = join(chrome, links["linden"])
        join(chrome, links["hazel"])
        sign(page, linden)
        page.goto(f"{base}/administration/")
        looked_at(page, "ready")
        expect(page.get_by_text("✓ In place")).to_have_count(5)  # TLS is for tablets

        again = chrome.new_context().new_page()
        assert 404 == again.goto(address).status
        session_opens(chrome, base)


def people(page):
    """A nurse and a prescriber, each with a link to hand over."""
    links = {}
    for username, name, role, licence in (
        ("hazel", "Demo Nurse Hazel", "Nurse", ""),
        ("linden", "Demo Dr Linden", "Prescriber", "DEMO-1"),
    ):
        go(page, "People")
        if username == "linden":
            looked_at(page, "people")
        page.fill("input[name=name]", name)
        page.fill("input[name=username]", username)
        page.get_by_role("checkbox", name=role).check()
        page.fill("input[name=licence]", licence)
        page.get_by_role("button", name="Add").click()
        links[username] = page.locator("#join-link").inner_text()
    looked_at(page, "link")
    return links


def places(page, chrome, base):
    """A chair, its monitor, a product; and a second chair by the same name is refused."""
    go(page, "Chairs")
    for _ in range(2):
        page.fill("input[name=name]:visible", "Chair 1")
        page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("There is a chair named Chair 1 already.")).to_be_visible()
    looked_at(page, "chairs")
    go(page, "Monitors")
    add = page.locator("form", has=page.get_by_role("button", name="Add"))
    add.locator("input[name=identity]").fill("MON-1")
    add.locator("input[name=name]").fill("Window monitor")
    add.locator("select[name=chair]").select_option("Chair 1")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Window monitor")).to_be_visible()
    looked_at(page, "monitors")
    go(page, "Products")
    page.fill("input[name=gtin]", "02000000000015")
    page.fill("input[name=name]", "Demo esketamine 28 mg")
    page.select_option("select[name=drug]", "esketamine")
    page.select_option("select[name=form]", "device")
    page.fill("input[name=content_mg]", "28")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Demo esketamine 28 mg")).to_be_visible()
    looked_at(page, "products")


def join(chrome, link):
    """The one-time link, used in a browser of their own; returns the phone's secret."""
    page = chrome.new_context(locale="en-GB").new_page()
    page.goto(link)
    looked_at(page, "join")
    secret = enrolled(page)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Floor")).to_be_visible()
    assert 404 == page.goto(link).status
    page.context.close()
    return secret


def sign(page, secret):
    """The prescriber reads the whole text on the administrator's screen, and signs."""
    go(page, "Protocols")
    looked_at(page, "protocols")
    page.get_by_role("link", name="depression (US)").click()
    expect(page.get_by_text("Read and signed by")).to_be_visible()
    looked_at(page, "protocol")
    page.fill("input[name=username]", "linden")
    page.fill("input[name=password]", SECRET)
    page.fill("input[name=totp]", HOTP(secret, 6, SHA1()).generate(int(time.time()) // 30).decode())
    page.get_by_role("button", name="Sign this protocol").click()
    expect(page.get_by_text("by linden on")).to_be_visible()


def session_opens(chrome, base):
    """The nurse signs in, and plans a session under the signed protocol."""
    page = chrome.new_context(locale="en-GB").new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", "hazel")
    page.fill("input[name=password]", SECRET)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Plan a session").click()
    looked_at(page, "plan")
    for name, value in (("name", "Demo Alder"), ("born", "1984-04-12"), ("mrn", "DEMO-1001"),
                        ("time", "14:30")):  # fmt: skip
        page.fill(f"input[name={name}]", value)
    page.get_by_label("None known").check()
    page.select_option("select[name=protocol]", index=1)
    page.get_by_role("group", name="Consent on file").get_by_label("Yes").check()
    page.fill("input[name=allergies]", "latex")  # beside "none known": which is it?
    page.get_by_role("button", name="Plan the session").click()
    expect(page.get_by_role("alert").filter(has_text="not chosen")).to_be_visible()
    looked_at(page, "plan-refused")
    page.fill("input[name=allergies]", "")
    page.get_by_role("button", name="Plan the session").click()
    expect(page.get_by_text("Demo Alder").first).to_be_visible()
    assert "/chair/" in page.url
    page.goto(base)
    page.screenshot(path=ARTEFACTS / "setup-expected.png")
    page.goto(f"{base}/account/")
    looked_at(page, "account")
