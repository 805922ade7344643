"""One demo clinic and one browser for all who only look on; journeys and killers have their own."""

import pytest
from playwright.sync_api import expect

from tests.browser.demo import browser, clinic, signed_in

expect.set_options(
    timeout=20_000
)  # a busy machine is slow, and a page that never comes still fails


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    with clinic(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened


@pytest.fixture
def page(base, chrome):
    opened = signed_in(chrome, base)
    yield opened
    opened.context.close()
