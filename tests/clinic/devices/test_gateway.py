"""The gateway's own thread: what it heard is written and answered, also when it is told to end."""

import secrets
import socket
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from esker.clinic.devices import gateway as gateways
from esker.clinic.devices import mllp
from esker.clinic.devices.gateway import Gateway

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def listening(keep_all):
    return closing(Gateway("127.0.0.1", 0, keep_all, lambda: NOW))


def connected(gateway):
    return socket.create_connection(gateway.address, 20)


def answers(wire):
    """All that is said until the other side hangs up, by frame."""
    said = b""
    while more := wire.recv(4096):
        said += more
    return [each.removeprefix(mllp.START) for each in said.split(mllp.END)[:-1]]


def acknowledge(batch):
    return [b"ACK " + raw for raw, _ in batch]


def test_messages_of_many_monitors_are_each_answered():
    with listening(acknowledge) as gateway:
        wires = [connected(gateway) for _ in range(100)]
        for n, wire in enumerate(wires):
            wire.sendall(mllp.START + b"%d" % n + mllp.END)
            wire.shutdown(socket.SHUT_WR)

        assert [answers(wire) for wire in wires] == [[b"ACK %d" % n] for n in range(100)]


@pytest.mark.hazard(30)
def test_what_was_heard_before_the_end_is_written_and_answered():
    """An entry lost at a restart: the gateway does not end between hearing and answering."""
    written, first, go_on = [], threading.Event(), threading.Event()

    def slowly(batch):
        first.set()
        go_on.wait(20)
        written.extend(raw for raw, _ in batch)
        return acknowledge(batch)

    gateway = Gateway("127.0.0.1", 0, slowly, lambda: NOW)
    one, other = connected(gateway), connected(gateway)
    one.sendall(mllp.START + b"one" + mllp.END)
    assert first.wait(20)
    ending = threading.Thread(target=gateway.close)
    ending.start()
    go_on.set()
    ending.join(20)

    assert answers(one) == [b"ACK one"]
    assert answers(other) == []
    assert written == [b"one"]
    with pytest.raises(ConnectionRefusedError):
        connected(gateway)


@pytest.mark.hazard(41)
def test_a_peer_that_sends_without_end_neither_starves_another_nor_keeps_the_gateway():
    """Hostile HL7: one flood, one monitor; the monitor is answered, and the gateway can end."""
    with listening(acknowledge) as gateway:
        flood, monitor = connected(gateway), connected(gateway)
        flood.sendall((mllp.START + b"x" + mllp.END) * 30_000)
        monitor.sendall(mllp.START + b"y" + mllp.END)
        assert monitor.recv(4096) == mllp.START + b"ACK y" + mllp.END


def test_a_port_that_is_taken_is_said_at_once():
    with listening(acknowledge) as gateway, pytest.raises(OSError, match="in use"):
        Gateway(*gateway.address, acknowledge, lambda: NOW)


@pytest.mark.hazard(17)
def test_the_gateway_shows_that_it_is_there_only_while_it_lets_monitors_in(monkeypatch, caplog):
    """No monitor is heard and nobody knows: what it shows is that a connection was taken."""
    monkeypatch.setattr(gateways, "SHOW_S", 0.05)
    shown = threading.Semaphore(0)
    gateway = Gateway("127.0.0.1", 0, acknowledge, lambda: NOW, shown.release)
    with closing(gateway):
        assert [shown.acquire(timeout=20) for _ in range(3)] == [True] * 3
        gateway._loop.call_soon_threadsafe(gateway._server.close)
        while "cannot be reached" not in caplog.text:
            time.sleep(0.01)
        while shown.acquire(blocking=False):
            pass
        assert not shown.acquire(timeout=0.3)


@pytest.mark.hazard(17)
@pytest.mark.hazard(41)
def test_a_gateway_whose_places_are_all_taken_says_so(monkeypatch, caplog):
    """No monitor gets in and nobody knows: the knock is refused as a monitor would be."""
    monkeypatch.setattr(gateways, "SHOW_S", 0.05)
    shown, crowded = threading.Semaphore(0), threading.Semaphore(0)
    gateway = Gateway(
        "127.0.0.1", 0, acknowledge, lambda: NOW, shown.release, crowded=crowded.release
    )
    with closing(gateway):
        wires = [connected(gateway) for _ in range(2)]
        for wire in wires:
            wire.sendall(mllp.START + b"x" + mllp.END)
            assert wire.recv(4096) == mllp.START + b"ACK x" + mllp.END
        monkeypatch.setattr(mllp, "MOST", 2)
        while "all its connections are taken" not in caplog.text:
            time.sleep(0.01)
        while shown.acquire(blocking=False):
            pass
        assert [crowded.acquire(timeout=20) for _ in range(4)] == [True] * 4
        assert not shown.acquire(blocking=False)
        wires[0].close()
        assert shown.acquire(timeout=20)
    while crowded.acquire(blocking=False):
        pass
    # Once for each change: an hour of it is not a thousand lines.
    assert caplog.text.count("all its connections are taken") == 1


@pytest.mark.hazard(17)
@pytest.mark.hazard(41)
def test_silent_connections_do_not_hide_the_gateway_from_its_own_knock(monkeypatch):
    """Hostile HL7: five hundred that say nothing are no reason for an alarm at every chair."""
    monkeypatch.setattr(gateways, "SHOW_S", 0.05)
    monkeypatch.setattr(mllp, "MOST", 2)
    shown = threading.Semaphore(0)
    with closing(Gateway("127.0.0.1", 0, acknowledge, lambda: NOW, shown.release)) as gateway:
        wires = [connected(gateway) for _ in range(20)]
        while shown.acquire(blocking=False):
            pass
        assert [shown.acquire(timeout=20) for _ in range(3)] == [True] * 3
        assert wires


@pytest.mark.hazard(17)
def test_no_word_of_the_knock_is_taken_for_a_frame_of_its_own(monkeypatch):
    """An alarm that means nothing: one start in twenty chose a word with framing in it."""
    monkeypatch.setattr(secrets, "token_bytes", lambda size: (mllp.START + mllp.END) * (size // 3))
    there, heard = threading.Event(), []

    def keep(batch):
        heard.extend(batch)
        return acknowledge(batch)

    with closing(Gateway("127.0.0.1", 0, keep, lambda: NOW, there.set)):
        assert there.wait(20)

    assert heard == []


def test_a_gateway_that_cannot_say_that_it_is_there_goes_on_listening(monkeypatch, caplog):
    monkeypatch.setattr(gateways, "SHOW_S", 0.01)

    def gone():
        raise OperationalError("gone")

    with closing(Gateway("127.0.0.1", 0, acknowledge, lambda: NOW, gone)) as gateway:
        while "cannot say so" not in caplog.text:
            time.sleep(0.01)
        wire = connected(gateway)
        wire.sendall(mllp.START + b"x" + mllp.END)
        assert wire.recv(4096) == mllp.START + b"ACK x" + mllp.END


@pytest.mark.hazard(17)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_gateway_whose_thread_has_died_shows_itself_no_more_and_can_be_closed(monkeypatch):
    """The listener is gone: nothing says that it is there, and the rest can still be stopped."""
    monkeypatch.setattr(gateways, "SHOW_S", 0.05)
    shown = threading.Semaphore(0)

    def dies(batch):
        raise SystemExit

    gateway = Gateway("127.0.0.1", 0, dies, lambda: NOW, shown.release)
    assert shown.acquire(timeout=20)
    connected(gateway).sendall(mllp.START + b"x" + mllp.END)
    gateway._thread.join(20)
    while shown.acquire(blocking=False):
        pass

    assert not shown.acquire(timeout=0.3)
    gateway.close()
