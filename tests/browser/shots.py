"""The README's screenshot, made anew: python -m tests.browser.shots"""

import tempfile
from pathlib import Path

from tests.browser.demo import browser, clinic, signed_in

OUT = Path(__file__).parents[2] / "docs/chair.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, clinic(Path(folder)) as base, browser() as chrome:
        page = signed_in(chrome, base)
        page.get_by_role("link", name="Open Chair 3").click()
        page.wait_for_timeout(4000)
        page.screenshot(path=OUT)


if __name__ == "__main__":
    main()
