"""What is written is whole or is not there, and what was there before stays until then."""

import os
from pathlib import Path

import pytest

from esker.whole import PRIVATE, whole


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("old")

    def fails():
        with whole(kept) as part:
            part.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        fails()
    assert [("kept", "old")] == [(each.name, each.read_text()) for each in tmp_path.iterdir()]


def test_what_a_kill_left_behind_is_in_nobodys_way(tmp_path):
    """Nor does its mode stay: another's half key would be as open as that one was."""
    (tmp_path / "key.part").write_text("half")
    (tmp_path / "key.part").chmod(0o644)
    with whole(tmp_path / "key", PRIVATE) as part:
        part.write_text("secret")
    assert ["key"] == [each.name for each in tmp_path.iterdir()]
    assert 0o600 == (tmp_path / "key").stat().st_mode & 0o777


def test_a_private_file_is_private_before_anything_is_in_it(tmp_path):
    with whole(tmp_path / "key", PRIVATE) as part:
        assert (0, 0o600) == (part.stat().st_size, part.stat().st_mode & 0o777)


def test_a_lasting_file_is_on_the_disk_before_it_takes_the_old_ones_place(tmp_path, monkeypatch):
    """Else a power cut could leave an empty file where a key was."""
    done, flush, move = [], os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: done.append("flushed") or flush(fd))
    monkeypatch.setattr(Path, "replace", lambda a, b: done.append("moved") or move(a, b))
    for lasting in (True, False):
        with whole(tmp_path / "key", lasting=lasting) as part:
            part.write_text("secret")
    assert ["flushed", "moved", "moved"] == done
    assert "secret" == (tmp_path / "key").read_text()


def test_a_folder_that_is_not_there_is_named_by_the_file_that_was_meant(tmp_path):
    with pytest.raises(OSError) as gone, whole(tmp_path / "gone" / "out.csv"):
        pass
    assert str(tmp_path / "gone" / "out.csv") == gone.value.filename
