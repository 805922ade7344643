"""`esker serve`: a real clinic on a folder, or on an empty one the way to it."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import socket
import sys
from functools import partial
from pathlib import Path

from esker.clinic import clock
from esker.clinic.demo.clock import FILE as DEMO
from esker.clinic.ports import one_for_both, why_not

ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared with, never bound unless asked for)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 2 with a sentence when it must not be."""
    refused = refusal(args.data, args.host, args.tls, args.plain_http, args.behind_tls)
    refused = refused or nameless(args.name) or one_for_both(args.port, args.mllp_port)
    refused = refused or taken(args.host, args.port)
    if refused:
        print(refused, file=sys.stderr)
        return 2
    names = reachable(args.host, args.name)
    os.environ["ESKER_NAMES"] = ",".join(names)
    os.environ["ESKER_TLS"] = "1" if args.tls or args.behind_tls else ""
    from esker.clinic.start import django, seen_by_others

    django(args.data, migrate=True)
    for warned in filter(None, (seen_by_others(args.data), deaf(args))):
        print(warned, file=sys.stderr)
    return _serve(args, names)


def _serve(args: argparse.Namespace, names: list[str]) -> int:
    from esker.clinic import server
    from esker.clinic.setup import first, tls

    secure = None
    if args.tls:
        renew = partial(_renew, args.data, names)
        secure = server.Secure(renew(), renew)
        print(f"Tablets trust this authority: SHA-256 {tls.fingerprint(args.data)}")
    clinic = first.clinic_id()
    base = _base(args, names)
    if clinic is None:
        once = f"{base}/set-up/{first.open_door()}/"
        print(f"There is no clinic in {args.data} yet. Set it up, once, at {once}")
    else:
        print(f"Esker serves {base}/ and monitors on port {args.mllp_port}.")
    sys.stdout.flush()
    server.serve(
        args.host, args.port, args.mllp_port, clinic, mllp_host=args.mllp_host, secure=secure,
        proxy=args.behind_tls,
    )  # fmt: skip
    return 0


def _base(args: argparse.Namespace, names: list[str]) -> str:
    """The address that a browser types; behind a proxy it is the proxy's, on the usual port."""
    shown = names[0] if names else "127.0.0.1"
    if args.behind_tls:
        return f"https://{shown}"
    return f"{'https' if args.tls else 'http'}://{shown}:{args.port}"


def _renew(folder: Path, names: list[str]):  # type: ignore[no-untyped-def]
    from esker.clinic.setup import tls

    return tls.prepare(folder, [*names, "localhost", "127.0.0.1"], clock.machine())


def refusal(data: Path, host: str, tls: bool, plain: bool, behind: str | None = None) -> str | None:
    """Why this must not be served, in a sentence."""
    if (data / DEMO).exists():
        return f"{data} is a demo folder; a real clinic needs one of its own. Run esker demo."
    if data.exists() and not data.is_dir():
        return f"{data} is not a folder; choose another with --data."
    if behind and not _address(behind):
        return f"--behind-tls takes the address of the proxy, as 127.0.0.1; {behind} is none."
    if behind and (tls or plain):
        return "Say --behind-tls alone: the proxy in front speaks TLS, and Esker believes only it."
    if not tls and not plain and not behind and not loopback(host):
        return (
            f"Beyond this machine ({host}) passwords would cross the network in the clear. Add "
            "--tls; or --behind-tls ADDRESS, if a proxy at that address does that already."
        )
    return None


def nameless(names: list[str]) -> str | None:
    """Which --name no browser could call, in a sentence."""
    for name in names:
        if not _address(name) and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252})", name):
            return f"--name takes a host's name or address, as clinic.example; {name!r} is none."
    return None


def taken(host: str, port: int) -> str | None:
    """Why the pages cannot be served there, before anybody is sent to them."""
    why = why_not(host, port)
    if why is None:
        return None
    return (
        f"Esker cannot listen on port {port} of {host}: {why}. Stop what has it, perhaps another "
        "Esker, or choose another with --port or --host."
    )


def deaf(args: argparse.Namespace) -> str | None:
    """Why no monitor will be heard. The pages come up all the same, and ask for the port again."""
    why = why_not(args.mllp_host or args.host, args.mllp_port)
    if why is None:
        return None
    return (
        f"No monitor can reach Esker on port {args.mllp_port}: {why}. Stop what has it, or choose "
        "another with --mllp-port."
    )


def _address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reachable(host: str, named: list[str]) -> list[str]:
    """The names and addresses by which browsers may call this server, the best one first."""
    if host not in ANYWHERE:
        return list(dict.fromkeys([*named, host]))
    own = socket.gethostname()
    return list(dict.fromkeys([*named, own, *_addresses(own)]))


def _addresses(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[4][0]).partition("%")[0] for address in found]
