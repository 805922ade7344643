"""A clinic with one paired monitor, and messages of it, for tests of the way to the record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from esker.clinic.devices import intake, journal, models, window
from esker.clinic.tenancy import scope
from esker.core.monitoring.pairing import Pairing, identifier
from esker.core.session.commands import Person
from esker.core.session.state import Session

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MONITOR = "02005EFFFE000001"
PERSON = Person(id="p1", name="Demo Alder", born=date(1984, 4, 12), mrn="DEMO-1001")
CODES = {
    "spo2": ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC"),
    "hr": ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "sbp": ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "dbp": ("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC"),
}


def after(seconds):
    return START + timedelta(seconds=seconds)


def wire(at):
    return f"{at:%Y%m%d%H%M%S}+0000"


def oru(control, at, values, *, monitor=MONITOR, patient="", mode="P", sent=None, extra=()):
    """One message: values by channel, all observed at `at`; `extra` are further segments."""
    rows = [
        f"MSH|^~\\&|DEMO^{monitor}^EUI-64||||{wire(sent or at)}||ORU^R01|{control}|{mode}|2.6",
        f"PID|||{patient}",
        f"OBR|1|||1^demo^L|||{wire(at)}",
        *(f"OBX|{place}|NM|{CODES[name][0]}|1|{value}|{CODES[name][1]}|||||R|||{wire(at)}"
          for place, (name, value) in enumerate(values.items(), start=1)),
        *extra,
    ]  # fmt: skip
    return ("\r".join(rows) + "\r").encode()


def receive(clinic, raw, at):
    answer = intake.receive(str(clinic.id), raw, at)
    assert b"\rMSA|AA|" in answer, answer


def receive_all(clinic, batch):
    """As the listener does: read, then keep together. The answers."""
    return intake.keep_all(str(clinic.id), intake.read_all(str(clinic.id), batch))


def paired(clinic, *intervals, session="s", person=PERSON):
    """A session with these pairings (monitor, from, until in seconds), and their rows."""
    held = tuple(
        Pairing(monitor, "Chair 1", after(begin), None if end is None else after(end))
        for monitor, begin, end in intervals
    )
    with scope(clinic.id):
        for place, each in enumerate(held):
            models.Pairing.objects.create(
                clinic=clinic, session=session, place=place, monitor=each.monitor,
                chair=each.chair, begins=each.begins, until=each.until,
                named_from=each.since(named=True),
                number=identifier(person.mrn),
            )  # fmt: skip
    last = held[-1]
    return Session(
        id=session, seq=1, patient=person, monitor=last.monitor if last.until is None else None,
        pairings=held,
    )  # fmt: skip


def seen(clinic, state, at, since=None):
    with scope(clinic.id):
        return window.readings_for(str(clinic.id), state, at, since)


def rows(clinic, model):
    with scope(clinic.id):
        return list(model.objects.filter(clinic=clinic))


def kept(clinic_id, **only):
    """The readings that stand in the journal."""
    with scope(clinic_id):
        found = models.Sample.objects.filter(clinic_id=clinic_id, **only)
        found = found.order_by("observed_at", "uid").values_list(*journal.FIELDS)
        return [each for row in found for each in journal.readings(row)]
