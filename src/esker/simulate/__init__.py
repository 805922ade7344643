"""`esker simulate`: the shell around the pharmacology core, with files in and files out.

Nothing heavy is imported until a run begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from .arguments import add_parser, run
from .arguments import parser as _parser

__all__ = ["add_parser", "main", "run"]


def main(words: Sequence[str] | None = None) -> int:
    """Parse and run; a mistake in the input is one sentence and exit code 2."""
    return run(_parser().parse_args(words))
