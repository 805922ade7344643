"""From TOML text to a protocol and its hash; every fault is one sentence that names its field."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from esker.core.ledger import canonical
from esker.core.protocols.schema import Protocol

MAGNITUDE = 9  # no vital sign, dose or time needs ten digits before or after the point
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SAID = {"missing": " is missing", "extra_forbidden": " is no word of a protocol"}


class ProtocolError(Exception):
    """The text is no usable protocol; the message says what to mend, in one sentence."""


def load(text: str) -> tuple[Protocol, str]:
    """The protocol in `text`, and the hash that a session pins: SHA-256 of its canonical data.

    The hash is of the data, not of the file: a comment or a line break makes no other protocol.
    """
    return _checked(_data(text))


def canonical_text(text: str) -> str:
    """The canonical JSON of the data in `text`: what the hash is of, and what a clinic keeps.

    Raises ProtocolError, as `load` does.
    """
    data = _data(text)
    _checked(data)
    return canonical(data)


def reopen(kept: str, digest: str) -> Protocol:
    """The protocol of a kept canonical text. Raises ProtocolError when it is not the one hashed."""
    if hashlib.sha256(kept.encode()).hexdigest() != digest:
        raise ProtocolError(f"The kept text of protocol {digest} was changed.")
    return _checked(json.loads(kept))[0]


def _data(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text, parse_float=_exact)
    except (ValueError, RecursionError) as error:  # TOML's own error, or an endless integer
        raise ProtocolError(f"This is not valid TOML: {error}.") from None
    for field in unreadable(data):
        raise ProtocolError(f"{field} holds a control character, which no page can show.")
    return data


def _checked(data: dict[str, Any]) -> tuple[Protocol, str]:
    try:
        protocol = Protocol.model_validate(data)
        digest = hashlib.sha256(canonical(data).encode()).hexdigest()
    except ValidationError as error:
        raise ProtocolError(_sentence(error)) from None
    except (TypeError, UnicodeEncodeError) as error:
        raise ProtocolError(f"A value cannot be hashed: {error}.") from None
    for field, source in cited(data):
        if source not in protocol.sources:
            raise ProtocolError(f"{field} cites “{source}”, which is not among the sources.")
    return protocol, digest


def _exact(number: str) -> Decimal:
    """A decimal as written. 1e999999 is refused: written out it would fill the memory."""
    try:
        value = Decimal(number)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value.adjusted()) > MAGNITUDE:
        raise ProtocolError(f"{number[:40]} is not a number that a protocol can use.")
    return value


def cited(data: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every place that cites a source, as (field, source key)."""
    if isinstance(data, dict):
        if isinstance(data.get("source"), str):
            yield field, data["source"]
        for key, value in data.items():
            if key != "sources":
                yield from cited(value, f"{field}.{key}".strip("."))
    elif isinstance(data, list):
        for place, value in enumerate(data, start=1):
            yield from cited(value, f"{field}[{place}]")


def unreadable(data: Any, field: str = "") -> Iterator[str]:
    """Every place whose text holds a control character; line ends and tabs are none."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from unreadable(key, field or "The file")
            yield from unreadable(value, f"{field}.{key}".strip("."))
    elif isinstance(data, list):
        for place, value in enumerate(data, start=1):
            yield from unreadable(value, f"{field}[{place}]")
    elif isinstance(data, str) and CONTROL.search(data):
        yield field


def _sentence(error: ValidationError) -> str:
    first, more = error.errors()[0], error.error_count() - 1
    field = ""
    for part in first["loc"]:
        field += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    said = SAID.get(first["type"], f": {first['msg']}")
    rest = f" ({more} more to mend.)" if more else ""
    return f"{field.strip('.') or 'The file'}{said}.{rest}"
