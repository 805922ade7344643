"""Which readings a session sees: its own monitor's, since its pairing, and no others."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from esker.clinic.devices import journal, models, window
from esker.clinic.tenancy import scope
from esker.core.monitoring.pairing import Pairing, begins
from esker.core.session.state import Session

AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.fixture
def heard(clinic):
    """One value a minute from two monitors, received ten seconds after each."""
    with scope(clinic.id):
        for minute in range(-5, 5):
            for monitor, value in (("ours", 97), ("next chair", 88)):
                at = AT + timedelta(minutes=minute)
                models.Sample.objects.create(
                    clinic=clinic, monitor=monitor, observed_at=at,
                    received_at=at + timedelta(seconds=10),
                    shown=journal.shown([("spo2", "oximeter", Decimal(value))]),
                )  # fmt: skip
    return str(clinic.id)


def paired(monitor, at=AT):
    held = (Pairing(monitor, "Chair 1", begins(at, None, None)),) if monitor else ()
    return Session(id="s", monitor=monitor, pairings=held)


def seen(clinic_id, state, at):
    with scope(clinic_id):
        return window.readings_for(clinic_id, state, at)


@pytest.mark.hazard(13)
def test_without_a_pairing_no_reading_belongs_to_the_session(heard):
    """A device on the wrong patient: unpaired data stay out."""
    assert seen(heard, paired(None), AT + timedelta(hours=1)) == ()


@pytest.mark.hazard(13)
def test_a_session_sees_its_own_monitor_and_nothing_from_before_its_pairing(heard):
    """A reused monitor: the last patient's values are not this one's."""
    found = seen(heard, paired("ours"), AT + timedelta(minutes=2, seconds=30))

    minutes = [(each.observed_at - AT) // timedelta(minutes=1) for each in found]
    assert minutes == [-2, -1, 0, 1, 2]
    assert {(each.device, each.value) for each in found} == {("ours", Decimal(97))}


@pytest.mark.hazard(14)
def test_what_was_not_yet_received_is_not_yet_seen(heard):
    """An old reading shown as now: each has its own time and its time of receipt."""
    (*_, last) = seen(heard, paired("ours"), AT + timedelta(seconds=5))

    assert last.observed_at == AT - timedelta(minutes=1)
    assert last.received_at == AT - timedelta(seconds=50)
