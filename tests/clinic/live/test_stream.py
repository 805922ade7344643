"""The live stream over a real server: it beats, replays what was missed, and ends with it."""

from __future__ import annotations

import signal
from http.client import HTTPConnection

import pytest

from tests.clinic import serving

CSRF = "a" * 32


@pytest.fixture(scope="module")
def server(tmp_path_factory, own_database):
    """A served clinic with one session: the process, its port, a nurse's cookie, the stream."""
    folder = tmp_path_factory.mktemp("clinic")
    with own_database():
        made = serving.prepare(folder, 1)
        process, port, _, _ = serving.serve(folder, made["clinic"])
        yield process, port, made["cookie"], f"session:{made['sessions'][0]}"
        if process.poll() is None:
            process.kill()
        process.wait()


def listen(server, after="", want=1, event=None):
    """The first `want` events of a name, as (id, event) of the whole stream up to there."""
    _, port, cookie, _ = server
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "GET", "/live/", headers={"Cookie": f"sessionid={cookie}", "Last-Event-ID": after}
    )
    answer = connection.getresponse()
    assert answer.status == 200
    seen, last = [], ""
    while sum(1 for _, name in seen if name == event) < want:
        line = answer.fp.readline().decode()
        assert line, "the stream ended"
        last = line[4:].strip() if line.startswith("id: ") else last
        if line.startswith("event: "):
            seen.append((last, line[7:].strip()))
    return seen, answer, connection


def test_a_beat_goes_out_while_the_alarm_loop_is_well(server):
    """A page hears a beat, with the place in each stream that it has reached."""
    seen, _, connection = listen(server, event="beat")
    connection.close()
    place, name = seen[-1]
    assert (server[3], "beat") == (place.partition("@")[0], name)


def test_what_a_sleeping_tab_missed_is_replayed(server):
    """A page that comes back with its last event hears every entry after it."""
    seen, _, connection = listen(server, after=f"{server[3]}@1", want=2, event="entry")
    connection.close()
    heard = [place for place, name in seen if name == "entry"]
    assert [f"{server[3]}@2", f"{server[3]}@3"] == heard


def test_a_lock_from_elsewhere_ends_the_stream_of_a_page_that_stays_open(server):
    """A page left open tells no more than a locked screen may show, and loads as a locked one."""
    _, answer, connection = listen(server, event="beat")
    post(server, "/lock/")
    try:
        said = []
        while line := answer.fp.readline().decode():
            said.append(line.strip())
        assert "event: screen" in said
        assert not [line for line in said if line.startswith("event: entry")]
        seen, _, again = listen(server, after=f"{server[3]}@1", want=1, event="entry")
        again.close()
        assert "entry" == seen[-1][1]
    finally:
        connection.close()
        post(server, "/unlock/", f"password={serving.PASSWORD.replace(' ', '+')}")


def post(server, path, body=""):
    _, port, cookie, _ = server
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body, {
        "Cookie": f"sessionid={cookie}; csrftoken={CSRF}", "X-CSRFToken": CSRF,
        "Content-Type": "application/x-www-form-urlencoded",
    })  # fmt: skip
    assert connection.getresponse().status == 200
    connection.close()


def test_nobody_listens_without_signing_in(server):
    """The stream is for people of the clinic."""
    connection = HTTPConnection("127.0.0.1", server[1], timeout=30)
    connection.request("GET", "/live/")
    assert connection.getresponse().status == 401


def test_the_streams_end_with_the_server(server):
    """A stopping server ends its streams and leaves with success."""
    _, answer, connection = listen(server, event="beat")
    server[0].send_signal(signal.SIGTERM)
    while answer.fp.readline():
        pass
    connection.close()
    assert server[0].wait(30) in (0, -signal.SIGTERM)
