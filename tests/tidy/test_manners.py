"""The project's own manners, where no linter has a rule for them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def committed() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def test_the_locks_name_no_host():
    """A lock that names a mirror would send everyone there."""
    named = re.compile(r"://|index-url|find-links|\"resolved\"")
    locks = ("run.lock", "test.lock", "package-lock.json")

    assert [] == [name for name in locks if named.search((ROOT / name).read_text())]


@pytest.mark.hazard(42)
def test_every_locked_package_has_a_hash():
    """Hazard 42, a poisoned dependency: what is installed is what was looked at."""
    for name in ("run.lock", "test.lock"):
        packages = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())

        assert [] == [package for package in packages if "--hash=" not in package]


def test_no_third_party_script_is_committed():
    assert [] == [path for path in committed() if path.name.endswith(".min.js")]


def test_help_loads_nothing_heavy():
    """`esker --help` answers at once: no Django, no science."""
    heavy = "{'django', 'numpy', 'scipy', 'numba', 'pyarrow', 'matplotlib', 'z3'}"
    code = f"""
import sys
from esker.cli import main
try: main(["--help"])
except SystemExit: pass
print(sorted({heavy} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stderr.strip()


@pytest.mark.hazard(10)
def test_the_walls_stand():
    """Hazard 10, a prediction taken for a fact: nothing that opens a gate can reach one."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)

    assert set(WALLS) == {
        line[: -len(" KEPT")] for line in done.stdout.splitlines() if line.endswith(" KEPT")
    }


def contracts() -> dict[str, dict[str, set[str]]]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {
        each["name"]: {side: set(each[f"{side}_modules"]) for side in ("source", "forbidden")}
        for each in told["contracts"]
    }


PURE = "The core is pure: no Django, no shell, no files, no clock, no chance"
ARRAYS = "Only the pharmacology counts with arrays and a compiler"
GATES = "A prediction never opens a gate"
SHELL = "Nor does the shell's: commands, alarms and devices cannot see a forecast"
WORKER = "The web process never loads the models: only the forecast's worker does"
PARTS = "The parts do not know the session's decisions"
FORMS = "Units, protocols and the ledger's form know no session"
PAGES = "Pages never touch models or the store"
RESEARCH = "Research never imports the clinic"
WALLS = (PURE, ARRAYS, GATES, SHELL, WORKER, PARTS, FORMS, PAGES, RESEARCH)
SEES_FORECASTS = {"asgi", "demo", "forecast", "serve", "server", "settings", "urls"}


def parts(folder: str) -> set[str]:
    """The modules and packages right inside a package, by their dotted names."""
    inside = (ROOT / "src" / folder.replace(".", "/")).iterdir()
    found = {
        path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return {f"{folder}.{name}" for name in found - {"__init__"}}


@pytest.mark.hazard(10)
def test_no_part_was_forgotten_by_a_wall():
    """Hazard 10, a prediction taken for a fact: new parts stand behind the walls or are named."""
    walls, core, clinic = contracts(), parts("esker.core"), parts("esker.clinic")
    models = {"esker.core.pharmacology"}
    seeing = {f"esker.clinic.{name}" for name in SEES_FORECASTS}
    worker = {
        f"esker.clinic.forecast.{name}" for name in ("apps", "migrations", "replay", "worker")
    }

    assert core - models == walls[GATES]["source"] == walls[ARRAYS]["source"]
    assert core - {"esker.core.session"} == walls[PARTS]["source"]
    assert clinic - seeing == walls[SHELL]["source"]
    assert parts("esker.clinic.forecast") - worker == walls[WORKER]["source"]
    assert models <= walls[GATES]["forbidden"] & walls[SHELL]["forbidden"]
    assert models <= walls[WORKER]["forbidden"]


def test_every_page_and_every_table_is_named_by_their_wall():
    """Views and the API call commands and queries; tables and the store are behind those."""

    def dotted(name: str) -> set[str]:
        found = (ROOT / "src/esker/clinic").glob(f"*/{name}.py")
        return {f"esker.clinic.{path.parent.name}.{name}" for path in found}

    wall = contracts()[PAGES]
    pages = {"esker.clinic.pages", *dotted("views"), *dotted("api")} - {"esker.clinic.pages.views"}
    assert pages == wall["source"]
    assert {"esker.clinic.ledger.store", *dotted("models")} == wall["forbidden"]


COMMANDS = {
    "alarms/tick.py", "demo/seed.py", "devices/sealing.py", "devices/settling.py",
    "forecast/service.py", "people/commands.py", "sessions/service.py", "setup/commands.py",
}  # fmt: skip


def test_only_commands_append_to_the_ledger():
    """A page or a query that could write would be a second way to do it, past the gates."""
    clinic = ROOT / "src/esker/clinic"
    appending = {
        str(path.relative_to(clinic))
        for path in clinic.rglob("*.py")
        if "store.append(" in path.read_text()
    }

    assert set() == appending - COMMANDS
