"""numba names machine code by qualified name, types and a count that begins anew in each process.

Kernels cached by two processes would carry one name for different code, and in a process that loads
both the second would run the first one's code: wrong numbers without a word, or a crash.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from esker.core.pharmacology import kernel_e, kernel_r


def _closures(function: Any) -> Iterator[Any]:
    """The functions that close over a model, beneath a kernel's sweep."""
    plain = getattr(function, "py_func", function)
    if not getattr(plain, "__closure__", None):
        return
    yield plain
    for cell in plain.__closure__:
        if hasattr(cell.cell_contents, "py_func"):
            yield from _closures(cell.cell_contents)


def test_the_code_of_two_models_never_shares_a_name() -> None:
    """Esketamine simulated in one process, ketamine in another, both in a third."""
    e, r = (
        {each.__qualname__ for each in _closures(kernel.sweep_chunk)}
        for kernel in (kernel_e, kernel_r)
    )
    assert len(e) == len(r) >= 3
    assert not e & r
