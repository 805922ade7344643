"""./dev bench rebuild: projections made anew from the ledger, in the demo's own mix of entries.

The demo's morning is made as it always is, and its sessions are repeated under other names until
there are enough entries. Reading and checking the chains is timed apart from filling the tables.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OF_SESSION = ("session", "trend")


def repeat(clinic_id: str, wanted: int) -> None:
    """Copies of the sessions' streams, sealed anew, until the ledger has so many entries."""
    from esker.clinic.ledger import audit, models, store
    from esker.core import ledger as core

    entries = audit._in_order(clinic_id)
    streams: dict[str, list[core.Entry]] = {}
    for entry in entries:
        if entry.stream.partition(":")[0] in OF_SESSION:
            streams.setdefault(entry.stream, []).append(entry)
    made, copy = len(entries), 0
    while made < wanted:
        copy += 1
        for stream, found in streams.items():
            session = stream.partition(":")[2]
            name, prev, rows = f"{stream}.{copy}", core.GENESIS, []
            for entry in found:
                body = entry.body.replace(session, f"{session}.{copy}")
                body = body.replace('"vial":"', f'"vial":"{copy}.').replace(
                    "DEMO-MON", f"{copy}-MON"
                )
                again = core.seal(replace(
                    entry, id=store.new_id(entry.recorded_at), command=f"{entry.command}.{copy}"[:64],
                    stream=name, body=body, prev=prev,
                ))  # fmt: skip
                prev = again.digest
                rows.append(store._row(again))
            models.Entry.objects.bulk_create(rows, batch_size=500)
            models.Head.objects.create(clinic_id=clinic_id, stream=name, seq=len(rows), digest=prev)
            made += len(rows)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--entries", type=int, default=20_000)
    args = words.parse_args()
    from esker.clinic import start

    with tempfile.TemporaryDirectory() as folder:
        start.django(Path(folder), demo=True, migrate=True)
        from esker.clinic.demo import cast, story

        with redirect_stdout(StringIO()):
            story.morning(AT)
        measure(str(cast.CLINIC), args.entries)


def measure(clinic_id: str, wanted: int) -> None:
    from esker.clinic.ledger import audit, projections
    from esker.clinic.tenancy import scope

    with scope(clinic_id):
        repeat(clinic_id, wanted)
        entries, checked = timed(lambda: audit._in_order(clinic_id))
        kinds = Counter(entry.stream.partition(":")[0] for entry in entries)
        projections.reset(clinic_id)
        _, filled = timed(lambda: projections.refill(clinic_id, entries))
        first = projections.dump(clinic_id)
        assert audit.rebuild(clinic_id).differences == []
        assert first == projections.dump(clinic_id)
    print(f"{len(entries)} entries: {dict(kinds.most_common())}")
    for what, (wall_s, cpu_s) in {
        "read and checked link by link": checked,
        "projections filled (bar: 10,000/s)": filled,
    }.items():
        print(f"{what}: {len(entries) / wall_s:,.0f} entries/s ({wall_s:.2f} s, CPU {cpu_s:.2f} s)")


def timed(act):
    wall, cpu = time.perf_counter(), time.process_time()
    found = act()
    return found, (time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    main()
