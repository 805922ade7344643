"""An update never changes the past: entries of every kind, as written once, mean the same."""

import pytest

from esker.core.ledger import faults
from esker.core.session.decide import KINDS
from esker.core.session.evolve import fold
from esker.core.session.sentences import sentence
from tests.core.session.golden import CORPUS, plain, read

KEPT = sorted(CORPUS.glob("*.ndjson"))


@pytest.mark.hazard(36)
@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_sessions_replay_to_the_state_they_had(path):
    """Hazard 36, an update changes the past: fields may be added, none may read differently."""
    entries, then = read(path)
    now = plain(fold(entries))

    assert [] == list(faults(entries))
    assert then == _as_known(then, now)


def _as_known(then, now):
    """`now` without the fields, at any depth, that nobody knew of then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: _as_known(value, now.get(name)) for name, value in then.items()}
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [_as_known(*pair) for pair in zip(then, now, strict=True)]
    return now


@pytest.mark.hazard(36)
@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_sessions_can_still_be_read_aloud(path):
    entries, _ = read(path)

    assert all(sentence(entry) for entry in entries)


@pytest.mark.hazard(36)
def test_every_kind_of_entry_is_kept():
    """Hazard 36: a kind that is added joins the corpus, under a name of its own."""
    kinds = {entry.kind for path in KEPT for entry in read(path)[0]}

    assert set(KINDS.values()) == kinds & set(KINDS.values())
