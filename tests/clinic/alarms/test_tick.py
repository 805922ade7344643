"""What the alarm loop writes down: raised, answered, cleared, and the same after a restart."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from uuid import uuid4

import pytest

from esker.clinic import clock, tenancy
from esker.clinic.alarms import tick
from esker.clinic.alarms.tick import Watch, stored
from esker.clinic.devices import presence
from esker.clinic.ledger import store
from esker.clinic.live import screens
from esker.clinic.sessions.models import CurrentAlarm
from tests.clinic.sessions.room import PERSON


def kinds(room):
    with tenancy.scope(room.clinic):
        entries = store.read(room.clinic, f"session:{room.session}")
    return [(e.kind, e.data().get("alarm")) for e in entries if e.kind.startswith("alarm.")]


def look(room, **span):
    room.wait(**span)
    Watch(room.clinic).look(room.now)


def watched(room):
    with tenancy.scope(room.clinic):
        screens.watch(room.clinic, "s1", ["Chair 1"], True)


@pytest.mark.django_db
def test_a_dangerous_value_is_raised_once(room):
    """A low saturation raises its alarm after its delay, and a second look adds nothing."""
    watched(room)
    room.arrived()
    watch = Watch(room.clinic)
    for _ in range(40):
        room.wait(seconds=1)
        room.monitor(spo2=80)
        watch.look(room.now)
    assert kinds(room).count(("alarm.raised", "limit:spo2")) == 1
    assert "limit:spo2" in [each["id"] for each in room.state()["alarms"]]


@pytest.mark.django_db
def test_a_silent_monitor_is_an_alarm(room):
    """The monitor falls silent: the lost signal is raised though no message came."""
    watched(room)
    room.arrived()
    room.monitor()
    look(room, minutes=3)
    look(room, seconds=30)
    assert ("alarm.raised", "lost_signal:spo2") in kinds(room)


@pytest.mark.django_db
@pytest.mark.hazard(17)
def test_a_chair_that_no_screen_watches_is_an_alarm(room):
    """An alarm that nobody would hear (hazard 17): itself raised, until a screen watches."""
    room.arrived()
    for _ in range(30):
        look(room, seconds=10)
    assert ("alarm.raised", "not_watched") in kinds(room)
    watched(room)
    for _ in range(30):
        look(room, seconds=10)
    assert ("alarm.cleared", "not_watched") in kinds(room)


@pytest.mark.django_db
def test_a_restart_forgets_no_alarm(room):
    """With the loop's memory gone, the next look finds the same alarms."""
    watched(room)
    room.arrived()
    room.monitor(spo2=80)
    for _ in range(20):
        look(room, seconds=1)
    with tenancy.scope(room.clinic):
        before = {a.id: a.status for a in stored(room.clinic)[room.session].values()}
        CurrentAlarm.objects.all().delete()
    look(room, seconds=0)
    with tenancy.scope(room.clinic):
        after = {a.id: a.status for a in stored(room.clinic)[room.session].values()}
    assert after == before


@pytest.mark.django_db
def test_a_closed_session_sounds_no_more(room):
    """After the session is closed its alarms are cleared."""
    room.arrived()
    for _ in range(30):
        look(room, seconds=10)
    room.do("withhold", reason="unwell")
    for _ in range(30):
        look(room, seconds=10)
    assert room.state()["alarms"] == []


@pytest.mark.django_db
@pytest.mark.hazard(26)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_emergency_sounds_before_arrival_and_after_the_end(room, when):
    """Hazard 26, in the way of a rescue: who falls in the corridor is heard at the screens."""
    room.open() if when == "before" else room.arrived()
    if when == "after":
        room.do("withhold", reason="unwell")
    room.do("emergency")
    look(room, seconds=1)

    assert ["emergency"] == [each["id"] for each in room.state()["alarms"]]
    room.do("end_emergency", outcome="only slipped")
    look(room, seconds=1)
    assert [] == room.state()["alarms"]


@pytest.mark.django_db
@pytest.mark.hazard(17)
def test_a_gateway_that_is_gone_is_an_alarm_at_every_chair_until_it_is_back(room, monkeypatch):
    """The last hop before Esker is lost: monitors speak, nobody hears, and the chairs say so."""
    hands = [clock.machine()]
    monkeypatch.setattr(clock, "machine", lambda: hands[-1])
    watch, said = Watch(room.clinic), []

    def look_after(seconds):
        hands.append(hands[-1] + timedelta(seconds=seconds))
        room.wait(seconds=seconds)
        watched(room)
        watch.look(room.now)
        said.append([kind for kind, alarm in kinds(room) if alarm == "no_gateway"])

    room.arrived()
    presence.note(room.clinic)
    for _ in range(6):
        look_after(4)
    presence.note(room.clinic)
    for _ in range(4):
        look_after(2)

    assert said[:3] == [[], [], ["alarm.raised"]]
    assert said[5] == ["alarm.raised"]
    assert said[-1] == ["alarm.raised", "alarm.cleared"]


@pytest.mark.django_db
@pytest.mark.hazard(17)
def test_a_full_gateway_is_told_from_a_lost_one(room, monkeypatch):
    """While it says that it is full it is there; when it says nothing any more it is gone."""
    hands = [clock.machine()]
    monkeypatch.setattr(clock, "machine", lambda: hands[-1])
    room.arrived()
    presence.note(room.clinic)
    told = []
    for full in (True, False):
        hands.append(hands[-1] + timedelta(seconds=20))
        room.wait(seconds=20)
        if full:
            presence.note_full(room.clinic)
        watched(room)
        Watch(room.clinic).look(room.now)
        told.append(stored_of(room)[room.session]["no_gateway"].sentence)

    assert ["takes no further monitor" in sentence for sentence in told] == [True, False]


def stored_of(room):
    with tenancy.scope(room.clinic):
        return stored(room.clinic)


def beside(room):
    """Another session of the same clinic, planned and not here yet."""
    other = copy(room)
    other.session = str(uuid4())
    person = PERSON | {"id": "p2", "name": "Demo Birch", "mrn": "DEMO-1002"}
    other.do(
        "open_session", patient=person, protocol_hash=room.hash, planned_at=room.now.isoformat()
    )
    return other


@pytest.mark.django_db
@pytest.mark.hazard(16)
def test_when_many_chairs_change_at_once_the_most_urgent_is_written_first(room, monkeypatch):
    """Hazard 16: a floor of small alarms holds up no emergency, and none of them is lost."""
    monkeypatch.setattr(tick, "MOST", 1)
    room.arrived()
    falls = beside(room)
    falls.do("emergency")
    watch = Watch(room.clinic)
    room.wait(minutes=5)
    room.monitor()
    watch.look(room.now)

    assert ("alarm.raised", "emergency") in kinds(falls)
    assert {falls.session} == stored_of(room).keys()
    assert {room.session} == watch.left

    watch.look(room.now, everywhere=False)
    assert "not_watched" in stored_of(room)[room.session]
    assert frozenset() == watch.left
