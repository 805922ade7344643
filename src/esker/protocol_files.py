"""Protocols as files: the built-in ones, a clinic's own, and the `esker protocol` commands."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from esker.core.protocols.check import check
from esker.core.protocols.load import ProtocolError, load
from esker.core.protocols.show import show

BUILTIN = files("esker.core.protocols") / "builtin"


def builtin_ids() -> list[str]:
    """The ids of the protocols that ship with Esker, in order."""
    return sorted(path.name.removesuffix(".toml") for path in BUILTIN.iterdir())


def text_of(name: str) -> str:
    """The TOML text of a built-in id or of a file. Raises ProtocolError with one sentence."""
    if name in builtin_ids():
        return (BUILTIN / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return Path(name).read_text(encoding="utf-8-sig")  # Windows editors put a mark first
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{name} is not text in UTF-8 ({error}).") from None
    except (OSError, ValueError) as error:  # no such file; a name that no file can have
        why, known = getattr(error, "strerror", None) or error, ", ".join(builtin_ids())
        raise ProtocolError(f"{name} cannot be read: {why}. Built in are: {known}.") from None


def run(args: argparse.Namespace) -> int:
    """`esker protocol check|show FILE`: 0 when well, 1 with what is wrong, 2 when unreadable."""
    try:
        protocol, digest = load(text_of(args.file))
    except ProtocolError as error:
        print(error, file=sys.stderr)
        return 2
    faults = check(protocol)
    if args.action == "show":
        print(show(protocol, digest))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults and args.action == "check":
        print(f"{protocol.title}: tables complete, disjoint and monotone. Hash {digest}.")
    return 1 if faults else 0
