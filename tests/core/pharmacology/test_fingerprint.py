"""A cached kernel never answers for code that has changed."""

from __future__ import annotations

import subprocess
import sys

from esker.core.pharmacology.fingerprint import fingerprint


def _make(constant: int, text: str) -> dict:
    space: dict = {"CONSTANT": constant}
    exec(text, space)
    return {name: space[name] for name in ("CONSTANT", "f")}


def test_a_changed_callee_or_constant_changes_the_fingerprint() -> None:
    """numba looks at the outermost file only, so this must see the rest."""
    code = "def f(x):\n    return x + 1.0\n"
    first = fingerprint(_make(1, code))

    assert first == fingerprint(_make(1, code))
    assert first != fingerprint(_make(2, code))
    assert first != fingerprint(_make(1, code.replace("1.0", "2.0")))
    assert first != fingerprint(_make(1, code.replace("+", "-")))


def test_two_processes_agree_on_the_kernels_fingerprint() -> None:
    """Otherwise every start would compile again."""
    ask = (
        "from esker.core.pharmacology import lanes, modes\n"
        "from esker.core.pharmacology.fingerprint import fingerprint\n"
        "print(fingerprint(vars(lanes), vars(modes)))"
    )
    answers = {
        subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True).stdout
        for _ in range(2)
    }

    assert len(answers) == 1


def test_importing_the_package_loads_no_compiler() -> None:
    """numba and scipy come with the first simulation, not with the import."""
    ask = (
        "import sys, esker.core.pharmacology\n"
        "heavy = ('numba', 'scipy', 'pyarrow', 'matplotlib')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"
