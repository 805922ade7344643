"""Whether a port can be listened on: asked before anything is made or promised."""

from __future__ import annotations

import os
import socket


def why_not(host: str, port: int) -> str | None:
    """None when this machine can listen there; else the reason, as the system says it."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # as the servers ask for it; on Windows it would take any port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as why:
        return str(why.strerror)
    return None


def one_for_both(port: int, mllp_port: int) -> str | None:
    """Why browsers and monitors cannot be told apart, in a sentence."""
    if port != mllp_port:
        return None
    return f"Pages and monitors cannot share port {port}; choose another with --mllp-port."
