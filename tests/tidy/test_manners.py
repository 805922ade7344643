"""The project's own manners, where no linter has a rule for them."""

import re
import subprocess
import sys
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

    assert "A prediction never opens a gate KEPT" in done.stdout
    assert (
        "The core is pure: no Django, no shell, no files, no clock, no chance KEPT" in done.stdout
    )


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
