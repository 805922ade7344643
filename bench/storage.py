"""./dev bench storage: what a two-hour session leaves in the database, its chain included.

Four channels at 1 Hz with a jittering clock go through the intake and are sealed each minute, as in
a clinic; then the database is at rest. On SQLite pages are counted that really hold something.
"""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

SESSIONS, HOURS = 2, 2
BAR_KB, BAR_GB = 500, 40
A_DAY, YEARS = 20, 10
MONITOR = "02005EFFFE0000"


CODES = (
    ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC", (94, 99)),
    ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", (60, 90)),
    ("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", (60, 90)),
    ("151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC", (10, 20)),
)


def walk(values: list[int], chance: random.Random) -> None:
    """Every number may change each second, by as much as a monitor's averaged one does."""
    for place, (_, _, (low, high)) in enumerate(CODES):
        values[place] = min(max(values[place] + chance.choice((-1, 0, 0, 1)), low), high)


def message(monitor: str, number: int, at: datetime, values: list[int]) -> bytes:
    when = f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03}+0000"
    rows = [
        f"MSH|^~\\&|BENCH^{monitor}^EUI-64|BENCH|||{when}||ORU^R01^ORU_R01|{number}|P|2.6",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{when}",
        *(f"OBX|{n}|NM|{code}|1.1.1.{n}|{value}|{unit}|||||F|||{when}"
          for n, ((code, unit, _), value) in enumerate(zip(CODES, values, strict=True), start=1)),
    ]  # fmt: skip
    return ("\r".join(rows) + "\r").encode()


def live(clinic: str, session: str, monitor: str, begin: datetime, chance: random.Random) -> None:
    """Two hours of one session, sealed each minute."""
    from esker.clinic.devices import intake, sealing

    at, values = begin, [97, 72, 72, 14]
    for minute in range(HOURS * 60):
        batch = []
        for second in range(60):
            at += timedelta(milliseconds=1000 + chance.randint(-20, 20))
            received = at + timedelta(microseconds=chance.randint(3_000, 90_000))
            walk(values, chance)
            batch.append((message(monitor, minute * 60 + second, at, values), received))
        answers = intake.keep_all(clinic, intake.read_all(clinic, batch))
        assert all(b"|AA|" in answer for answer in answers)
        sealing.seal_session(clinic, session, received)


def pair(clinic: str, session: str, monitor: str, begin: datetime) -> None:
    from esker.clinic import tenancy
    from esker.clinic.devices.models import Pairing

    with tenancy.scope(clinic):
        Pairing.objects.create(
            clinic_id=clinic, session=session, place=0, monitor=monitor, chair="Chair", number="1",
            begins=begin, named_from=begin,
        )  # fmt: skip


def used() -> int:
    """Bytes of pages that hold something, once what was written has reached the file."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        numbers = []
        for name in ("page_count", "freelist_count", "page_size"):
            cursor.execute(f"PRAGMA {name}")
            numbers.append(cursor.fetchone()[0])
    return (numbers[0] - numbers[1]) * numbers[2]


def main() -> int:
    from esker.clinic.start import django

    with tempfile.TemporaryDirectory(prefix="esker-bench-") as folder:
        django(Path(folder), migrate=True)
        from esker.clinic.people.models import Clinic

        clinic = str(Clinic.objects.create(name="Bench", zone="UTC", country="IE").id)
        chance, begin = random.Random(1), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        before = used()
        for number in range(SESSIONS):
            session, monitor = f"{number:036}", f"{MONITOR}{number:02}"
            pair(clinic, session, monitor, begin)
            live(clinic, session, monitor, begin, chance)
        each = (used() - before) / SESSIONS / 1000
    years = each * A_DAY * 365 * YEARS / 1e6
    met = each < BAR_KB and years < BAR_GB
    print(f"a session of {HOURS} h, 4 channels at 1 Hz: {each:.0f} KB (bar {BAR_KB}); "
          f"{A_DAY} a day for {YEARS} years: {years:.1f} GB (bar {BAR_GB}): "
          f"{'met' if met else 'MISSED'}")  # fmt: skip
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
