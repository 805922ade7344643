"""The protocols that this installation knows, by hash: built in, and in the data folder."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from django.conf import settings

from esker.core.protocols.load import load
from esker.core.protocols.schema import Protocol

_known: dict[str, Protocol] = {}


def get(digest: str) -> Protocol | None:
    """The protocol with this hash, or None. A file that was added since is found too."""
    if digest not in _known:
        _known.update({found: protocol for protocol, found in (*_builtin(), *_own())})
    return _known.get(digest)


def by_id() -> dict[str, tuple[Protocol, str]]:
    """Protocol and hash of every id; a clinic's own file stands before a built-in one."""
    return {protocol.id: (protocol, found) for protocol, found in (*_builtin(), *_own())}


@cache
def _builtin() -> tuple[tuple[Protocol, str], ...]:
    folder = files("esker.core.protocols") / "builtin"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(load(path.read_text(encoding="utf-8")) for path in paths)


def _own() -> list[tuple[Protocol, str]]:
    paths = sorted((settings.DATA / "protocols").glob("*.toml"))
    return [load(path.read_text(encoding="utf-8")) for path in paths]
