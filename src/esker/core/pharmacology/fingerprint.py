"""Keeps a cached kernel from outliving the code that it was compiled from.

numba checks only the file of the outermost function before it reuses a compiled kernel; a change in
a function that it calls, in another file, would go unnoticed and old machine code would answer. It
does compare the values that the outermost function closes over, so each kernel closes over the
fingerprint of everything it is built from.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Mapping
from types import CodeType
from typing import Any


def fingerprint(*namespaces: Mapping[str, Any]) -> int:
    """A number that changes when a function or a constant in these modules' globals does."""
    digest = hashlib.sha256()
    for namespace in namespaces:
        for name in sorted(namespace):
            digest.update(repr((name, _content(namespace[name]))).encode())
    return int.from_bytes(digest.digest()[:7], "big")


def _content(value: Any) -> object:
    for attribute in ("py_func", "_defn"):  # a jitted function, an intrinsic
        value = getattr(value, attribute, value)
    if isinstance(getattr(value, "__code__", None), CodeType):
        return hashlib.sha256(marshal.dumps(value.__code__)).hexdigest()
    if isinstance(value, dict):
        return sorted((str(key), _content(each)) for key, each in value.items())
    if isinstance(value, set):
        return sorted(map(str, value))
    return value if isinstance(value, int | float | str | tuple) else None
