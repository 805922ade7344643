"""Checkpoints and exports show what a chain alone cannot: a cut tail, a changed copy."""

import subprocess
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from esker.cli import main
from esker.clinic.ledger import audit, cli, guard, models, store
from esker.clinic.record import checkpoint
from esker.clinic.tenancy import scope
from esker.core.ledger import Draft

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SCRIPT = Path(__file__).parents[3] / "docs/verify_export.py"


@pytest.fixture
def written(clinic):
    with scope(clinic.id):
        drafts = [Draft("vitals", {"note": "Grüße"}, AT)] * 3
        store.append(
            str(clinic.id), command="c", actor="n", drafts=drafts, stream="s:1", recorded_at=AT
        )
    return str(clinic.id)


def test_a_whole_ledger_has_no_faults(written):
    with scope(written):
        paper = audit.checkpoint(written, AT)

        assert [] == list(audit.verify(written, paper))


@pytest.mark.hazard(32)
@pytest.mark.django_db(transaction=True)
def test_a_cut_tail_is_seen_by_the_checkpoint(written):
    """An altered record: the last entry vanishes and the head is set back to match."""
    with scope(written):
        audit.checkpoint(written, AT)
        second = models.Entry.objects.get(seq=2).digest
    with connection.cursor() as cursor:
        for name in guard.triggers():
            on = " ON ledger_" + name.split("_")[1] if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")
        cursor.execute("DELETE FROM ledger_entry WHERE seq = 3")
    guard.put_up()
    models.Head.objects.filter(stream="s:1").update(seq=2, digest=second)

    with scope(written):
        assert 2 == len(store.read(written, "s:1"))
        assert ["s:1 held entry 3 at checkpoint 1, and no longer does."] == list(
            audit.verify(written)
        )


@pytest.mark.hazard(32)
def test_a_database_that_lets_the_record_be_changed_is_told(written):
    """An altered record: whoever means to change it takes the trigger away first."""
    name = "ledger_entry_rows" if connection.vendor == "postgresql" else "ledger_entry_update"
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    with scope(written):
        connection.cursor().execute(f"DROP TRIGGER {name}{on}")

        assert [f"The database lets the record be changed: its trigger {name} is gone."] == list(
            audit.verify(written)
        )


def test_a_checkpoint_on_paper_that_is_not_stored_is_a_fault(written):
    with scope(written):
        assert 1 == len(list(audit.verify(written, "f" * 64)))


@pytest.mark.hazard(32)
@pytest.mark.django_db(transaction=True)
def test_a_vanished_newest_checkpoint_is_seen_beside_the_database(
    written, settings, tmp_path, capsys
):
    """An altered record: the newest entries go together with the checkpoint that held them."""
    settings.DATA = tmp_path
    with scope(written):
        first = audit.checkpoint(written, AT)
        store.append(
            written, command="d", actor="n", drafts=[Draft("vitals", {}, AT)], stream="s:1",
            recorded_at=AT,
        )  # fmt: skip
    checkpoint.digest(written)
    said = [cli.verify(written, Namespace(checkpoint=None))]
    with connection.cursor() as cursor:
        for name in guard.triggers():
            on = " ON ledger_" + name.split("_")[1] if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")
        cursor.execute("DELETE FROM ledger_entry WHERE seq = 4")
        cursor.execute("DELETE FROM ledger_checkpoint WHERE seq = 2")
    guard.put_up()
    with scope(written):
        third = models.Entry.objects.get(stream="s:1", seq=3).digest
        models.Head.objects.filter(stream="s:1").update(seq=3, digest=third)
        said += [cli.verify(written, Namespace(checkpoint=given)) for given in (None, first)]
    checkpoint.digest(written)  # as the next start of the server does
    with scope(written):
        said += [cli.verify(written, Namespace(checkpoint=None))]
        next(tmp_path.iterdir()).unlink()
        said += [cli.verify(written, Namespace(checkpoint=given)) for given in (None, "")]

    assert said == [0, 1, 1, 1, 0, 1]
    assert "The data folder knows a newer checkpoint" in capsys.readouterr().out


def test_a_folder_that_takes_no_note_stops_no_checkpoint(written, settings, tmp_path, caplog):
    settings.DATA = tmp_path / "gone"
    assert len(checkpoint.digest(written)) == 64
    assert "could not be kept beside the database" in caplog.text


@pytest.mark.hazard(32)
def test_anyone_can_check_an_export(written, capsys, tmp_path):
    """An altered record shows in the export, to a script that knows nothing of Esker."""
    cli.run(Namespace(action="export", stream=None))
    good = capsys.readouterr().out
    changed = good.replace("Grüße", "Grüsse", 1)
    missing = "".join(good.splitlines(keepends=True)[1:])

    cut = good[: len(good) // 2]

    texts = (good, changed, missing, cut, "", "{}\n", "[]\n")
    assert [0, 1, 1, 1, 1, 1, 1] == [check(tmp_path, text) for text in texts]


@pytest.mark.hazard(32)
def test_anyone_can_see_what_was_left_out_of_an_export(written, capsys, tmp_path):
    """An altered record: each chain is whole, and the checkpoints miss a tail or a whole stream."""
    with scope(written):
        audit.checkpoint(written, AT)
        for id, stream in (("d", "s:1"), ("e", "s:2")):
            store.append(
                written, command=id, actor="n", drafts=[Draft("vitals", {}, AT)], stream=stream,
                recorded_at=AT,
            )  # fmt: skip
        paper = audit.checkpoint(written, AT)
    tied = said(capsys, action="checkpoints")
    assert paper in tied.splitlines()[1]
    with scope(written):
        store.append(
            written, command="f", actor="n", drafts=[Draft("vitals", {}, AT)], stream="s:3",
            recorded_at=AT,
        )  # fmt: skip
    good = said(capsys, action="export", stream=None)
    first, second = tied.splitlines(keepends=True)
    *five, _ = lines = good.splitlines(keepends=True)
    cut, vanished = "".join(lines[:3] + lines[4:]), "".join(lines[:4] + lines[5:])

    assert [0] * 4 == [check(tmp_path, text) for text in (good, cut, vanished, "".join(five))]
    assert [0, 1, 1, 0] == [
        check(tmp_path, text, tied) for text in (good, cut, vanished, "".join(five))
    ]
    others = (second, second + first, tied.replace('"s:2"', '"s:9"'), first + first, "[]\n")
    assert [1] * 5 == [check(tmp_path, good, other) for other in others]
    assert 0 == check(tmp_path, good, first)  # an older one ties less, and nothing is wrong


def test_a_checkpoint_from_before_the_first_entry_ties_nothing_and_is_whole(
    clinic, capsys, tmp_path
):
    with scope(clinic.id):
        audit.checkpoint(str(clinic.id), AT)
        store.append(
            str(clinic.id), command="c", actor="n", drafts=[Draft("vitals", {}, AT)], stream="s:1",
            recorded_at=AT,
        )  # fmt: skip
        audit.checkpoint(str(clinic.id), AT)
    tied = said(capsys, action="checkpoints")
    assert 0 == check(tmp_path, said(capsys, action="export", stream=None), tied)


def said(capsys, **asked):
    cli.run(Namespace(**asked))
    return capsys.readouterr().out


def check(folder, text, tied=None):
    files = [folder / "export.ndjson", folder / "checkpoints.ndjson"][: 1 + (tied is not None)]
    for file, lines in zip(files, (text, tied), strict=False):
        file.write_text(lines, encoding="utf-8")
    done = subprocess.run([sys.executable, SCRIPT, *files], capture_output=True)
    assert b"Traceback" not in done.stderr
    return done.returncode


@pytest.mark.parametrize("action", ["verify", "export", "checkpoints", "tail", "rebuild"])
def test_a_mistyped_folder_is_told_and_not_made(action, tmp_path, capsys):
    folder = tmp_path / "esker-dtaa"

    assert 2 == main(["ledger", action, "--data", str(folder)])
    assert f"There is no clinic in {folder}" in capsys.readouterr().err
    assert not folder.exists()


def test_a_stream_that_is_not_there_is_told(written, capsys):
    with scope(written):
        assert 1 == cli.export(written, Namespace(stream="session:nobody"))
    assert "has no stream session:nobody" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["-5", "9" * 20, "x", ""])
def test_what_is_no_number_of_entries_is_refused(said, capsys):
    with pytest.raises(SystemExit):
        main(["ledger", "tail", f"-n={said}"])
    assert "is no number of entries" in capsys.readouterr().err


def test_an_empty_stream_name_is_no_wish_for_all(written, capsys):
    """As a script says it whose variable was never set."""
    with scope(written):
        assert 1 == cli.export(written, Namespace(stream=""))
    assert capsys.readouterr().out == ""
