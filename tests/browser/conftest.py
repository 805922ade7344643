"""One demo clinic and one browser for all who only look on; journeys and killers have their own."""

import pytest

from tests.browser.demo import browser, clinic


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    with clinic(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened
