"""Paper: the record of a session, and the blank pack for the day when nothing works."""

from argparse import Namespace
from datetime import UTC, datetime

from esker.clinic.record import paper, pdf
from tests.clinic.pages.conftest import example


def test_the_record_prints_a_name_as_text():
    """Markup in a name is printed, never run."""
    record = example()
    record["patient"]["name"] = "#panic()"
    assert b"%PDF" == pdf.session(record, datetime(2026, 11, 23, tzinfo=UTC))[:4]


def test_a_blank_pack_prints_for_each_built_in_protocol(tmp_path):
    """On the day when nothing works there is still paper."""
    for name in ("esketamine-trd-us", "esketamine-trd-eu", "ketamine-iv"):
        paper.run(Namespace(protocol=name, out=tmp_path / name))
        assert b"%PDF" == (tmp_path / name).read_bytes()[:4]
