"""Ports and data folder of the demo, and of a clinic, by environment and by option."""

from pathlib import Path

import pytest

from esker import cli

SAID = {"ESKER_DATA": "/tmp/elsewhere", "ESKER_PORT": "8123", "ESKER_MLLP_PORT": "2601"}


@pytest.fixture(params=["demo", "serve"])
def command(request, monkeypatch):
    for name, value in SAID.items():
        monkeypatch.setenv(name, value)
    return request.param


def told(*words):
    args = cli.parser().parse_args(words)
    return args.data, args.port, args.mllp_port


def test_the_environment_says_where(command):
    assert (Path("/tmp/elsewhere"), 8123, 2601) == told(command)


def test_an_option_says_it_louder(command):
    words = ("--data", "here", "--port", "9000", "--mllp-port", "9001")
    assert (Path("here"), 9000, 9001) == told(command, *words)


@pytest.mark.parametrize("said", ["http", "99999", "-1", "0"])
def test_a_port_that_is_none_is_named(said, command, monkeypatch, capsys):
    """One sentence and no traceback; and help is still given."""
    monkeypatch.setenv("ESKER_PORT", said)
    with pytest.raises(SystemExit) as ended:
        told(command)
    assert 2 == ended.value.code
    assert f"--port: {said} is no port; one is from 1 to 65535" in capsys.readouterr().err
    with pytest.raises(SystemExit) as helped:
        cli.main(["--help"])
    assert not helped.value.code


def test_pages_and_monitors_need_a_port_each(command, tmp_path, capsys):
    """Else whichever comes second is deaf, and the demo's own monitors knock at the pages."""
    words = ["--data", str(tmp_path / "x"), "--port", "18731", "--mllp-port", "18731"]
    assert cli.main([command, *words]) == 2
    assert "cannot share port 18731; choose another with --mllp-port" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_file_is_no_folder(command, tmp_path, capsys):
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert cli.main([command, "--data", str(file)]) == 2
    assert f"{file} is not a folder" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_a_name_that_no_browser_can_call_is_refused(tmp_path, capsys):
    words = ["serve", "--data", str(tmp_path / "x"), "--name", "our clinic"]
    assert cli.main(words) == 2
    assert "--name takes a host's name" in capsys.readouterr().err


@pytest.mark.parametrize("identity", ["", " ", "A|B", "A^B", "A\rB"])
def test_an_identity_that_would_break_its_own_messages_is_refused(identity, capsys):
    assert cli.main(["monitor", "--monitor", identity]) == 2
    assert "--monitor takes an identity" in capsys.readouterr().err
