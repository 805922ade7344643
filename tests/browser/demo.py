"""A demo clinic of its own, in a process of its own, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.clinic.demo.running import clinic, free_port

__all__ = ["browser", "clinic", "free_port", "signed_in", "violations"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def browser() -> Iterator[Browser]:
    found = os.environ.get("ESKER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium here; ./dev test says how to get one"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


def signed_in(
    browser: Browser, base: str, width: int = 1180, height: int = 820, name: str = "nurse"
) -> Page:
    context = browser.new_context(locale="en-GB", viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-region=floor]")
    return page


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on the page as it stands: its rule, and the first elements."""
    return [
        (each["id"], [node["html"][:120] for node in each["nodes"]][:3])
        for each in Axe().run(page).response["violations"]
    ]
