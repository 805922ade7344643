"""One patient's session as a nurse takes it through the page, with a bedside monitor of its own.

The monitor speaks HL7 over the real socket, from its own thread, once a second; the time passes by
the demo's simulated clock.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from esker.clinic.demo.clock import Clock
from esker.clinic.demo.messages import message
from esker.core.monitoring.channels import Channel

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
CALM = {"sbp": 124, "dbp": 78, "hr": 71, "spo2": 97, "rr": 14}
WANTED_YES = {"No food": "Yes", "No liquids": "Yes", "No nasal": "Yes", "Is somebody": "Yes"}
END = b"\x1c\r"


class Monitor:
    """A bedside monitor: what it shows is set by the test, what it says is HL7 over MLLP."""

    def __init__(self, folder: Path, identity: str, flavour: str = "pcd") -> None:
        self.clock, self.identity, self.flavour = Clock(folder), identity, flavour
        self.port = json.loads((folder / "demo-ports.json").read_text())["mllp"]
        self.shown: dict[str, int] = dict(CALM)
        self.sent = 0
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self) -> Monitor:
        self.line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join(15)
        self.line.close()

    def show(self, **vitals: int) -> None:
        self.shown = CALM | vitals
        self.say()

    def say(self) -> datetime:
        """One message, and the acknowledgement that it was kept; the instant that it observed."""
        with self.lock:
            at = self.clock()
            self.sent += 1
            swing = {"hr": self.shown["hr"] + self.sent % 3}  # a living heart is never flat
            values = {Channel(name): value for name, value in (self.shown | swing).items()}
            raw = message(self.identity, f"T{self.sent}", at, values, self.flavour)
            self.line.sendall(b"\x0b" + raw + END)
            answer = b""
            while not answer.endswith(END):
                answer += self.line.recv(4096)
            assert b"MSA|AA|" in answer or b"MSA|CA|" in answer, answer
            return at

    def _speak(self) -> None:
        while not self.stopped.wait(1):
            self.say()


class Story:
    """What the nurse does and sees. Titles are those on the buttons."""

    def __init__(self, page: Page, base: str, folder: Path, monitor: Monitor, name: str) -> None:
        self.page, self.base, self.monitor, self.name = page, base, monitor, name
        self.clock = Clock(folder)
        self.pictures = 0
        self.dialog = page.locator("dialog[open]")
        ARTEFACTS.mkdir(exist_ok=True)

    # -- what she does

    def opens(self, patient: str) -> None:
        self.page.goto(f"{self.base}/")
        self.page.get_by_role("link", name=patient).click()
        expect(self.page.locator(".band")).to_contain_text(patient)

    def open(self, title: str) -> None:
        """The button under the thumb, else the one behind More.

        What was just recorded draws the buttons anew, and one may go from More to the thumb between
        a look and a press: as a nurse would, look again.
        """
        words = re.compile(f"^{re.escape(title)}$")
        more = self.page.locator("#d-more")
        anywhere = self.page.locator(".thumb button, #d-more button").filter(has_text=words)
        expect(anywhere).not_to_have_count(0)
        self.page.wait_for_timeout(800)
        for _ in range(10):
            if self._pressed(self.page.locator(".thumb button:visible").filter(has_text=words)):
                return
            if not more.is_visible():
                self._pressed(self.page.get_by_role("button", name="More", exact=True))
            if self._pressed(more.get_by_role("button").filter(has_text=words)):
                return
            self._pressed(more.get_by_role("button", name="Back", exact=True))
        raise AssertionError(f"no button says {title}")

    def _pressed(self, button: Locator) -> bool:
        """Whether it was there to press; a button that goes meanwhile was not."""
        if not button.count():
            return False
        try:
            button.first.click(timeout=3000)
        except PlaywrightTimeout:
            return False
        return True

    def press(self) -> None:
        """The form's own button; the dialog closes when it was recorded."""
        with self.page.expect_response("**/commands") as told:
            self.dialog.locator("button[value=send]").click()
        assert told.value.ok, told.value.text()
        expect(self.dialog).to_have_count(0)
        expect(self.page.locator("#pending p")).to_have_count(0)

    def does(self, title: str, **fields: str) -> None:
        """Open a form, fill in what is named, press its button."""
        self.open(title)
        for name, value in fields.items():
            self.fills(name, value)
        self.press()
        self.pictured(title)

    def fills(self, label: str, value: str) -> None:
        """By what the label says, with blanks for underlines."""
        words = re.compile(label.replace("_", " "), re.IGNORECASE)
        group = self.dialog.get_by_role("group", name=words)
        if group.count():
            group.get_by_role("radio", name=value).first.check()
            return
        field = self.dialog.get_by_label(words).first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)

    def taps(self, title: str) -> None:
        """A command that asks for nothing more."""
        with self.page.expect_response("**/commands") as told:
            self.open(title)
        assert told.value.ok, told.value.text()
        expect(self.dialog).to_have_count(0)
        expect(self.page.locator("#pending p")).to_have_count(0)
        self.pictured(title)

    def records_vitals(self) -> None:
        """Two taps: the numbers are those of the monitor."""
        self._shows(self.monitor.say())
        button = self.page.locator(".thumb [data-open='d-record_vitals']").first
        button.click()
        expect(self.dialog.get_by_label("Systolic")).to_have_value(str(self.monitor.shown["sbp"]))
        self.press()

    def _shows(self, said: datetime) -> None:
        """Wait until the page has what the monitor said then: the form takes what is shown."""
        shown = self.page.locator("[data-part=sbp]")
        for _ in range(200):
            at = shown.get_attribute("data-at")
            if at and datetime.fromisoformat(at) >= said - timedelta(seconds=1):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("the page did not show what the monitor said")

    def scores(self, **scores: str) -> None:
        for title, value in scores.items():
            self.open({"moaa_s": "MOAA/S", "cadss": "CADSS total"}[title])
            if title == "moaa_s":
                self.dialog.get_by_role("radio", name=value).check()
            else:
                self.dialog.locator("input[name=value]").fill(value)
            self.press()

    def answers(self, title: str, wanted: dict[str, str], otherwise: str) -> None:
        """Each question one by one; `wanted` names those that are answered otherwise."""
        self.open(title)
        for group in self.dialog.get_by_role("group").all():
            words = group.locator("legend").inner_text()
            value = next((v for start, v in wanted.items() if words.startswith(start)), otherwise)
            group.get_by_role("radio", name=value, exact=True).check()
        self.press()
        self.pictured(title)

    def seats(self, patient: str, born: str) -> None:
        """Through the door: identity, then a chair whose monitor speaks."""
        self.opens(patient)
        self.phase("Arrive")
        self.does("Check identity", Full_name=patient, Born=born)
        self.phase("Clear")
        self.does("Pair chair and monitor", Free_chairs="Chair 1, DEMO-MON-1")
        self.sees("Chair 1")
        self.sees("124/78")

    def readies(self, weight: str) -> None:
        """Weighed, asked and measured, as both protocols want it before a dose."""
        self.does("Weigh", Weight=weight, Unit="kg")
        self.answers("Readiness questions", WANTED_YES, "No")
        self.records_vitals()
        self.scores(moaa_s="5 alert", cadss="0")

    def acknowledges(self, priority: str) -> None:
        """The alarm of this priority that stands on top of the strip."""
        strip = self.page.locator(".strip")
        answer = strip.locator(f".alarm.{priority}").get_by_role("button", name="Acknowledge")
        answer.first.click()
        expect(strip).to_contain_text("acknowledged")
        self.pictured("acknowledged")

    def signs_the_hold(self, reason: str) -> None:
        """The prescriber signs on this screen; the nurse stays who is signed in."""
        code = code_of(self.page, self.base, "Demo Dr Linden")
        self.open("Sign override")
        self.dialog.get_by_role("radio").first.check()
        self.dialog.locator("[name=reason]").fill(reason)
        self.dialog.locator("[name='signature.username']").select_option("prescriber")
        self.dialog.locator("[name='signature.password']").fill("demo")
        self.dialog.locator("[name='signature.totp']").fill(code)
        self.press()
        expect(self.page.locator(".who")).to_have_text("Demo Nurse Hazel")
        self.pictured("override signed")

    def prints_the_record(self) -> None:
        self.page.get_by_role("link", name="Session record").click()
        expect(self.page.get_by_role("heading", name="Session record")).to_be_visible()
        self.pictured("record")
        paper = self.page.request.get(self.page.url + "pdf/")
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.body().startswith(b"%PDF")

    # -- what passes, and what she sees

    def passes(self, minutes: float, stride: float = 5) -> None:
        """Time goes by at the chair; the monitor goes on talking."""
        until = self.clock() + timedelta(minutes=minutes)
        while self.clock() < until:
            to = min(self.clock() + timedelta(minutes=stride), until)
            self.clock.jump(to)
            self._reached(to)
            self.monitor.say()
            self.page.wait_for_timeout(300)
        self.page.wait_for_timeout(1200)  # the alarm loop looks once a second

    def _reached(self, to) -> None:
        for _ in range(200):
            if self.clock() >= to:
                return
            time.sleep(0.05)
        raise AssertionError("the simulated clock did not move")

    def sees(self, text: str) -> None:
        expect(self.page.locator("#fragment")).to_contain_text(text, timeout=15000)

    def phase(self, name: str) -> None:
        expect(self.page.locator(".rail [aria-current=step]")).to_have_text(name)

    def pictured(self, step: str) -> None:
        self.pictures += 1
        words = re.sub(r"\W+", "-", step.lower()).strip("-")
        self.page.screenshot(path=ARTEFACTS / f"{self.name}-{self.pictures:02}-{words}.png")


def code_of(page: Page, base: str, name: str) -> str:
    """The second factor, from the demo's people page in another tab."""
    tab = page.context.new_page()
    tab.goto(f"{base}/people/")
    card = tab.locator("li", has_text=name)
    code = re.search(r"Code\s+(\d{6})", card.inner_text())
    tab.close()
    assert code, f"no code for {name}"
    return code[1]
