"""Tables beside the ledger can be made anew from it, and a rebuild tells where they had drifted."""

import gc
from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest

from esker.clinic.ledger import audit, cli, models, projections, store
from esker.clinic.tenancy import scope
from esker.core.ledger import Draft

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TABLE = "ledger_commandanswer"  # stands in for a projection's own


def apply(entry):
    """The last note of each stream, so that the order shows."""
    answer = {"body_digest": entry.data()["note"], "answer": ""}
    models.CommandAnswer.objects.update_or_create(
        clinic_id=entry.clinic, command=entry.stream, defaults=answer
    )


def reset(clinic_id):
    models.CommandAnswer.objects.filter(clinic_id=clinic_id).delete()


@pytest.fixture
def written(clinic, monkeypatch):
    """A stream of twenty notes at one instant, and one written before a clock was set back."""
    monkeypatch.setattr(projections, "_registered", [])
    projections.register("note", apply, reset, [models.CommandAnswer])
    notes = [Draft("note", {"note": str(n)}, AT) for n in range(20)]
    clinic_id = str(clinic.id)
    for command, stream, drafts, at in (
        ("c1", "s:1", notes, AT),
        ("c2", "s:2", notes[:1], AT + timedelta(hours=1)),
        ("c3", "s:2", notes[1:2], AT),
    ):
        with scope(clinic_id):
            store.append(
                clinic_id,
                command=command, actor="n", drafts=drafts, stream=stream, recorded_at=at,
            )  # fmt: skip
    return clinic_id


def test_tables_level_with_the_ledger_are_made_again_the_same(written):
    with scope(written):
        assert audit.Rebuilt(22, []) == audit.rebuild(written)


def test_a_rebuild_says_which_rows_had_drifted_and_mends_them(written):
    with scope(written):
        models.CommandAnswer.objects.filter(command="s:1").update(body_digest="wrong")
        models.CommandAnswer.objects.filter(command="s:2").delete()
        said = audit.rebuild(written).differences

        assert [(TABLE, "held"), (TABLE, "lacked"), (TABLE, "lacked")] == [
            tuple(sentence.split()[:2]) for sentence in said
        ]
        assert "'body_digest': 'wrong'" in said[0]
        assert [] == audit.rebuild(written).differences


def test_the_command_fails_when_tables_had_drifted(written, capsys):
    wanted = Namespace(action="rebuild")
    with scope(written):
        models.CommandAnswer.objects.filter(command="s:2").delete()

    assert [1, 0] == [cli.run(wanted), cli.run(wanted)]
    assert f"{TABLE} lacked" in capsys.readouterr().out


@pytest.mark.hazard(32)
def test_a_broken_record_is_not_rebuilt_from(written, capsys):
    """Tables made from an altered record would look like the truth; the old ones stay."""
    with scope(written):
        before = projections.dump(written)
        models.Head.objects.filter(stream="s:1").update(seq=19)

    assert 1 == cli.run(Namespace(action="rebuild"))
    with scope(written):
        assert before == projections.dump(written)
    assert "s:1 ends at entry 20" in capsys.readouterr().out


def test_without_a_list_every_table_of_the_app_that_has_a_clinic_is_compared(written):
    """A projection that forgot to name its tables is compared all the same."""
    projections.register("none", store.append, reset)

    with scope(written):
        assert {"ledger_entry", "ledger_head", "ledger_checkpoint", TABLE} == set(
            projections.dump(written)
        )


def test_what_two_projections_need_is_made_of_the_entries_once(written):
    """Folding every session there ever was is most of a rebuild."""
    folded = []

    def seqs(entries):
        folded.append([entry.seq for entry in entries if entry.stream == "s:1"])
        return folded[-1]

    seen = []
    for _ in range(2):
        projections.register(
            "not", apply, reset, [], lambda clinic, replay: seen.append(replay.once(seqs))
        )
    with scope(written):
        audit.rebuild(written)

    assert folded == [list(range(1, 21))]
    assert seen == folded * 2


def test_a_rebuild_that_fails_leaves_the_garbage_collector_on(written):
    def fail(clinic_id, replay):
        assert not gc.isenabled()
        raise ValueError

    projections.register("note", apply, reset, [], fail)
    with scope(written), pytest.raises(ValueError):
        audit.rebuild(written)

    assert gc.isenabled()
