"""The protocol that a session pinned, by hash, out of the texts that its clinic has signed.

Not out of files: a session opens years later, when the file was changed or the built-in is newer.
"""

from __future__ import annotations

from esker.clinic import tenancy
from esker.clinic.setup import queries as setup
from esker.core.protocols.load import reopen
from esker.core.protocols.schema import Protocol

_known: dict[str, Protocol] = {}  # a hash names one text for ever, in whichever clinic


def get(digest: str) -> Protocol | None:
    """The protocol with this hash, or None when the clinic never signed it. Inside a scope.

    Raises ProtocolError when the kept text is not the one that was hashed.
    """
    if digest not in _known:
        clinic = tenancy.current()
        kept = setup.protocol_text(clinic, digest) if clinic else None
        if kept is None:
            return None
        _known[digest] = reopen(kept, digest)
    return _known[digest]
