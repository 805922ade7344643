"""A demo clinic of its own, in a process of its own, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def clinic(folder: Path) -> Iterator[str]:
    """The address of a running demo clinic, with its simulated monitors."""
    port = free_port()
    words = ["demo", "--data", folder, "--port", port, "--mllp-port", free_port(), "--no-open"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ESKER_", "DJANGO_"))}
    server = subprocess.Popen(
        [sys.executable, "-m", "esker.cli", *map(str, words)], env=environment
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base, server)
        yield base
    finally:
        server.terminate()
        server.wait(20)


def _wait(base: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "the demo stopped before it answered"
        try:
            urllib.request.urlopen(f"{base}/sign-in/", timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the demo did not answer within two minutes")


@contextmanager
def browser() -> Iterator[Browser]:
    found = os.environ.get("ESKER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium here; ./dev test says how to get one"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


def signed_in(browser: Browser, base: str, width: int = 1180, height: int = 820) -> Page:
    context = browser.new_context(locale="en-GB", viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", "nurse")
    page.fill("input[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-region=floor]")
    return page
