"""The protocols that can be signed here: built in, and TOML files of the data folder."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from esker.core.protocols.check import check
from esker.core.protocols.load import ProtocolError, load
from esker.core.protocols.schema import Protocol
from esker.protocol_files import builtin_ids, text_of


@dataclass(frozen=True, slots=True)
class Text:
    """One text, whether it can be used or not; `faults` are sentences that say why not."""

    name: str  # built-in id, or the file's name
    text: str
    protocol: Protocol | None
    hash: str | None
    faults: tuple[str, ...]


def read(name: str, text: str) -> Text:
    """The text with its proof: no faults means that it may be signed."""
    try:
        protocol, digest = load(text)
    except ProtocolError as error:
        return Text(name, text, None, None, (str(error),))
    return Text(name, text, protocol, digest, tuple(check(protocol)))


def offered() -> list[str]:
    """Names of everything that `text` can open."""
    own = sorted(path.name for path in (settings.DATA / "protocols").glob("*.toml"))
    return [*builtin_ids(), *own]


def text(name: str) -> Text | None:
    """One offered text by its name, or None: a name is never taken for a path."""
    if name in builtin_ids():
        return read(name, text_of(name))
    if name in offered():
        return read(name, text_of(str(settings.DATA / "protocols" / name)))
    return None
