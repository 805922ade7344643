"""The esker command: one subcommand for each thing that a clinic or a researcher runs.

Each subcommand imports what it needs when it runs, so that `esker --help` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from esker import __version__, simulate
from esker.clinic.start import NoClinic


def main(words: Sequence[str] | None = None) -> int:
    """Parse and run; a mistake that a person can mend is one sentence and exit code 2."""
    args = parser().parse_args(words)
    try:
        code = int(args.run(args) or 0)
        sys.stdout.flush()  # here, where a full disk or a closed pipe still finds a sentence
        return code
    except NoClinic as why:
        print(why, file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has read enough
        _hush()
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except OSError as why:
        full = why.errno in (errno.ENOSPC, errno.EDQUOT)
        if why.filename is None and not full:  # of a socket or the like: ours, and keeps its trace
            raise
        print(f"{why.filename or 'The output'}: {why.strerror}.", file=sys.stderr)
        if full and why.filename is None:
            _hush()
        return 2


def _hush() -> None:
    """What is still to be written goes nowhere: else Python would complain at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="esker", description="Supervised ketamine and esketamine therapy, run on a ledger."
    )
    top.add_argument("--version", action="version", version=f"esker {__version__}")
    commands = top.add_subparsers(required=True, metavar="command")
    _demo(commands.add_parser("demo", help="a simulated clinic, on this machine only"))
    _serve(commands.add_parser("serve", help="a clinic on a folder; an empty one is set up first"))
    _monitor(commands.add_parser("monitor", help="a simulated bedside monitor over real HL7"))
    _ledger(commands.add_parser("ledger", help="verify, export, checkpoints, tail or rebuild"))
    _forecast(commands.add_parser("forecast", help="make a shown forecast again"))
    _protocol(commands.add_parser("protocol", help="check or show a protocol file"))
    _paper(commands.add_parser("paper", help="print a session pack to write on"))
    simulate.add_parser(commands)
    return top


def _ports(cmd: argparse.ArgumentParser, data: str) -> None:
    """Options beat the environment; a default that is text is read like an option's."""
    environment = os.environ.get
    cmd.add_argument("--data", type=Path, default=Path(environment("ESKER_DATA", data)))
    cmd.add_argument("--port", type=_port, default=environment("ESKER_PORT", "8000"))
    cmd.add_argument("--mllp-port", type=_port, default=environment("ESKER_MLLP_PORT", "2575"))


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text} is no port; one is from 1 to 65535")
    return int(text)


def _demo(cmd: argparse.ArgumentParser) -> None:
    _ports(cmd, "demo-data")
    cmd.add_argument("--fresh", action="store_true", help="begin the demo day anew")
    cmd.add_argument("--at", metavar="INSTANT", help="begin it anew, at such as 2026-11-23T08:30Z")
    cmd.add_argument("--no-open", action="store_true", help="do not open a browser")
    cmd.add_argument("--no-monitors", action="store_true", help="run no simulated monitors")
    cmd.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    from esker.clinic.demo import cli

    return cli.demo(args)


def _serve(cmd: argparse.ArgumentParser) -> None:
    environment = os.environ.get
    _ports(cmd, "esker-data")
    host = environment("ESKER_HOST", "127.0.0.1")
    cmd.add_argument("--host", default=host, help="address to listen on; 0.0.0.0 is everywhere")
    mllp_host = environment("ESKER_MLLP_HOST")
    cmd.add_argument("--mllp-host", default=mllp_host, help="for monitors, if another than --host")
    names = [name for name in environment("ESKER_NAMES", "").split(",") if name]
    cmd.add_argument("--name", action="append", default=names, help="a name that tablets use")
    tls = environment("ESKER_TLS") == "1"
    cmd.add_argument("--tls", action="store_true", default=tls, help="https by an own authority")
    cmd.add_argument("--plain-http", action="store_true", help="beyond this machine without TLS")
    behind = {"nargs": "?", "const": "127.0.0.1", "default": environment("ESKER_BEHIND_TLS")}
    words = "https by a proxy at ADDRESS, which sends X-Forwarded-Proto and X-Forwarded-For"
    cmd.add_argument("--behind-tls", metavar="ADDRESS", help=words, **behind)
    cmd.set_defaults(run=run_serve)


def run_serve(args: argparse.Namespace) -> int:
    from esker.clinic import serve

    return serve.run(args)


def _monitor(cmd: argparse.ArgumentParser) -> None:
    from esker.clinic.demo.scenarios import SCENARIOS

    environment = os.environ.get
    cmd.add_argument("--scenario", choices=SCENARIOS, default="calm")
    cmd.add_argument("--chair", type=int, help="of a running demo; without this, chair 6")
    cmd.add_argument("--data", type=Path, default=Path(environment("ESKER_DATA", "demo-data")))
    cmd.add_argument("--monitor", help="an identity of your own, with the machine's own time")
    cmd.add_argument("--host", default="127.0.0.1")
    cmd.add_argument("--port", type=_port, default=environment("ESKER_MLLP_PORT"))
    cmd.set_defaults(run=run_monitor)


def run_monitor(args: argparse.Namespace) -> int:
    from esker.clinic.demo import cli

    return cli.monitor(args)


def _ledger(cmd: argparse.ArgumentParser) -> None:
    actions = cmd.add_subparsers(required=True, metavar="action")
    for name, words in {
        "verify": "check every chain and the checkpoints",
        "export": "write whole entries, one JSON line each",
        "checkpoints": "write what ties an export that is made after them, one JSON line each",
        "tail": "print the newest entries",
        "rebuild": "make the projections anew from the ledger and compare",
    }.items():
        action = actions.add_parser(name, help=words)
        action.add_argument(
            "--data", type=Path, default=Path(os.environ.get("ESKER_DATA", "esker-data"))
        )
        if name == "export":
            action.add_argument("--stream")
        if name == "verify":
            action.add_argument("--checkpoint", help="digest printed on a session record")
        if name == "tail":
            action.add_argument("-n", type=_count, default=20)
        action.set_defaults(run=run_ledger, action=name)


def _count(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text} is no number of entries")
    return int(text)


def run_ledger(args: argparse.Namespace) -> int:
    from esker.clinic.start import django

    django(args.data)
    from esker.clinic.ledger import cli

    return cli.run(args)


def _forecast(cmd: argparse.ArgumentParser) -> None:
    replay = cmd.add_subparsers(required=True, metavar="action").add_parser(
        "replay", help="compute it anew from its entry and compare bit for bit"
    )
    replay.add_argument("--entry", required=True, help="id of a forecast.made entry")
    replay.add_argument(
        "--export", type=Path, metavar="FILE", help="of `esker ledger export`, instead of a folder"
    )
    replay.add_argument(
        "--data", type=Path, default=Path(os.environ.get("ESKER_DATA", "esker-data"))
    )
    replay.set_defaults(run=run_forecast)


def run_forecast(args: argparse.Namespace) -> int:
    from esker.clinic.forecast import replay

    if args.export:
        return replay.of_export(args.export, args.entry)
    from esker.clinic.start import django

    django(args.data)
    return replay.of_folder(args.entry)


def _protocol(cmd: argparse.ArgumentParser) -> None:
    actions = cmd.add_subparsers(required=True, metavar="action")
    for name, words in {
        "check": "prove the tables complete, disjoint and monotone",
        "show": "print for a clinician to read and sign",
    }.items():
        action = actions.add_parser(name, help=words)
        action.add_argument("file", help="a TOML file, or the id of a built-in protocol")
        action.set_defaults(run=run_protocol, action=name)


def run_protocol(args: argparse.Namespace) -> int:
    from esker import protocol_files

    return protocol_files.run(args)


def _paper(cmd: argparse.ArgumentParser) -> None:
    cmd.add_argument("--protocol", default="esketamine-trd-us", help="built-in id or TOML file")
    cmd.add_argument("--session", help="a session's id: prints its patient and its order")
    data = os.environ.get("ESKER_DATA", "esker-data")
    cmd.add_argument("--data", type=Path, default=Path(data), help="that session's folder")
    cmd.add_argument("--out", type=Path, default=Path("session-pack.pdf"))
    cmd.set_defaults(run=run_paper)


def run_paper(args: argparse.Namespace) -> int:
    from esker.clinic.record import paper

    return paper.run(args)


if __name__ == "__main__":
    sys.exit(main())
