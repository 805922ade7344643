"""`esker simulate`: the shell around the pharmacology core, with files in and files out.

Nothing heavy is imported until a run begins.
"""

from __future__ import annotations

from .arguments import add_parser, run

__all__ = ["add_parser", "run"]
