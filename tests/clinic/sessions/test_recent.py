"""What the alarm loop keeps in memory is what the database holds, whatever came in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from esker.clinic import tenancy
from esker.clinic.devices import sealing, window
from esker.clinic.sessions import folding
from esker.clinic.sessions.recent import Recent
from esker.core.monitoring.series import charted


def state_of(room):
    with tenancy.reading(room.clinic):
        return folding.fold(room.clinic, room.session)


def kept(room, recent):
    with tenancy.reading(room.clinic):
        recent.follow()
        return tuple(recent.readings(state_of(room), room.protocol, room.now))


def stored(room):
    with tenancy.reading(room.clinic):
        return charted(window.readings_for(room.clinic, state_of(room), room.now))


def speak(room, seconds):
    for _ in range(seconds):
        room.wait(seconds=1)
        room.monitor()


@pytest.mark.django_db
def test_a_copy_that_is_led_on_equals_the_record(room):
    """Readings arrive, are sealed, and arrive again: a look in between misses none."""
    recent = Recent(room.clinic)
    room.arrived()
    speak(room, 5)
    assert kept(room, recent) == stored(room)
    speak(room, 5)
    assert kept(room, recent) == stored(room)
    sealing.seal(room.clinic, room.now)
    speak(room, 3)
    assert kept(room, recent) == stored(room)


@pytest.mark.django_db
def test_a_row_that_was_sealed_before_a_look_is_not_missed(room):
    """A reading goes into its block within the same second: the next look has it from there."""
    recent = Recent(room.clinic)
    room.arrived()
    speak(room, 2)
    kept(room, recent)
    speak(room, 2)
    sealing.seal(room.clinic, room.now)
    assert kept(room, recent) == stored(room)


@pytest.mark.django_db
def test_another_pairing_begins_a_new_copy(room):
    """After a change of monitor its readings are there too, and nobody else's."""
    recent = Recent(room.clinic)
    room.arrived()
    speak(room, 2)
    kept(room, recent)
    room.wait(minutes=1)
    room.do("pair_monitor", chair="Chair 1", monitor="MON-2")
    speak(room, 2)  # the old monitor speaks on, to nobody
    assert kept(room, recent) == stored(room)


@pytest.mark.django_db
def test_what_is_older_than_any_rule_looks_back_is_let_go(room):
    """Memory holds minutes, not the day."""
    recent = Recent(room.clinic)
    room.arrived()
    speak(room, 2)
    assert kept(room, recent)
    room.wait(hours=3)
    for each in recent._kept.values():
        each.prune(room.now)
    assert not [r for r in kept(room, recent) if room.now - r.observed_at > timedelta(hours=2)]
