"""The listener over real sockets: a bad peer harms nobody else."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esker.clinic.devices import mllp

LIMIT_S = 20  # only so that a hang is a failure


def answer(raw):
    return b"ACK " + raw[:8]


@asynccontextmanager
async def listening(receive=answer):
    """A listener that answers with what `receive` makes of a message, a moment later."""
    loop = asyncio.get_running_loop()

    def take(raw, reply):
        loop.call_soon(reply, receive(raw))

    server = await mllp.serve("127.0.0.1", 0, take, set())
    peers = []

    async def connect(**options):
        address = server.sockets[0].getsockname()
        peers.append(await asyncio.open_connection(*address, **options))
        return peers[-1]

    async with server:
        yield connect
        for _, writer in peers:
            writer.close()


def run(scenario):
    """One scenario on a listener of its own."""

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening() as connect:
            await scenario(connect)

    asyncio.run(whole())


def frame(raw):
    return mllp.START + raw + mllp.END


async def say(peer, raw, frames=1):
    reader, writer = peer
    writer.write(raw)
    return [await reader.readuntil(mllp.END) for _ in range(frames)]


async def closed(peer):
    """True when the other side has let go; a reset is as good as an end."""
    try:
        return await peer[0].read() == b""
    except ConnectionError:
        return True


def test_a_message_is_acknowledged_in_a_frame():
    async def scenario(connect):
        assert await say(await connect(), frame(b"one")) == [frame(b"ACK one")]

    run(scenario)


def test_a_frame_in_single_bytes_is_one_message():
    async def scenario(connect):
        peer = await connect()
        for byte in frame(b"split"):
            peer[1].write(bytes([byte]))
            await peer[1].drain()
            await asyncio.sleep(0)

        assert await say(peer, b"") == [frame(b"ACK split")]

    run(scenario)


def test_a_sender_that_hangs_up_after_speaking_still_hears_its_answers():
    async def scenario(connect):
        reader, writer = await connect()
        writer.write(frame(b"a") + frame(b"b") + mllp.START + b"half")
        writer.write_eof()

        assert await reader.read() == frame(b"ACK a") + frame(b"ACK b")

    run(scenario)


def test_a_sender_that_asked_for_no_answer_gets_none_and_is_heard_on():
    def silent(raw):
        return b"" if raw == b"quiet" else b"ACK"

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(silent) as connect:
            assert await say(await connect(), frame(b"quiet") + frame(b"x")) == [frame(b"ACK")]

    asyncio.run(whole())


@pytest.mark.hazard(41)
def test_a_peer_that_never_reads_its_answers_is_not_read_for_ever():
    """Hostile HL7: a flood waits in its own socket, and the next chair goes on."""
    taken = []

    def long(raw):
        taken.append(raw)
        return b"A" * 30_000

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(long) as connect:
            _, bad = await connect()
            bad.write(frame(b"x") * 20_000)
            await asyncio.sleep(0.5)
            assert len(await say(await connect(), frame(b"y"))) == 1
            assert len(taken) < 20_000
            bad.transport.abort()

    asyncio.run(whole())


@pytest.mark.hazard(41)
def test_a_peer_that_never_reads_its_answers_is_let_go_in_the_end(monkeypatch):
    """Hostile HL7: else it would hold one of the connections for ever."""
    monkeypatch.setattr(mllp, "IDLE_S", 0.05)
    monkeypatch.setattr(mllp, "SWEEP_S", 0.02)

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(lambda _: b"A" * 30_000) as connect:
            _, bad = await connect()
            while not bad.is_closing():
                bad.write(frame(b"x") * 1000)
                with suppress(ConnectionError):
                    await bad.drain()

    asyncio.run(whole())


@pytest.mark.hazard(41)
def test_who_never_spoke_makes_room_and_who_spoke_goes_on(monkeypatch):
    """Hostile HL7: connections without a message take no monitor's place, however many come."""
    monkeypatch.setattr(mllp, "MOST", 3)

    async def scenario(connect):
        good = await connect()
        assert await say(good, frame(b"x")) == [frame(b"ACK x")]
        hostile = [await connect() for _ in range(6)]
        late = await connect()
        assert await say(late, frame(b"z")) == [frame(b"ACK z")]
        assert all([await closed(each) for each in hostile[:5]])
        assert await say(good, frame(b"y")) == [frame(b"ACK y")]

    run(scenario)


@pytest.mark.hazard(41)
def test_a_flood_that_speaks_displaces_itself_and_no_other_address(monkeypatch):
    """Hostile HL7: what all connections may hold is bounded, and one host cannot hold all."""
    monkeypatch.setattr(mllp, "MOST", 4)

    async def scenario(connect):
        flood = [await connect() for _ in range(4)]
        for each in flood:
            await say(each, frame(b"f"))
        assert await closed(await connect())
        monitors = []
        for _ in range(2):
            monitors.append(await connect(local_addr=("127.0.0.2", 0)))
            assert await say(monitors[-1], frame(b"m")) == [frame(b"ACK m")]
        assert await closed(flood[0])
        assert await closed(await connect())
        assert await say(monitors[0], frame(b"n")) == [frame(b"ACK n")]
        assert await say(flood[3], frame(b"g")) == [frame(b"ACK g")]

    run(scenario)


@pytest.mark.hazard(41)
@settings(max_examples=40)
@given(
    st.lists(st.sampled_from([b"\x0b", b"\x1c\r", b"\x1c", b"\r", b"MSH", b"\0\xff"]), max_size=30)
)
def test_fuzz_any_bytes_on_the_socket_are_answered_or_closed(parts):
    """Hostile HL7: the connection ends, each whole frame is answered once, nothing hangs."""

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(lambda _: b"ACK") as connect:
            reader, writer = await connect()
            writer.write(b"".join(parts))
            writer.write_eof()
            answers = await reader.read()
            assert answers == frame(b"ACK") * answers.count(mllp.END)

    asyncio.run(whole())


def test_frames_that_arrive_together_are_answered_each_and_in_order():
    async def scenario(connect):
        together = frame(b"a") + b"\r\n" + frame(b"b") + frame(b"c")

        answers = await say(await connect(), together, frames=3)

        assert answers == [frame(b"ACK a"), frame(b"ACK b"), frame(b"ACK c")]

    run(scenario)


@pytest.mark.hazard(41)
def test_garbage_before_a_frame_closes_that_connection_only():
    """Hostile HL7: who does not speak MLLP is let go at once, the next chair goes on."""

    async def scenario(connect):
        good, bad = await connect(), await connect()
        bad[1].write(b"GET / HTTP/1.1\r\n\r\n\x0b")

        assert await closed(bad)
        assert await say(good, frame(b"x")) == [frame(b"ACK x")]

    run(scenario)


@pytest.mark.hazard(41)
def test_a_frame_that_was_given_up_is_handed_on_apart_and_the_next_one_is_answered():
    """Hostile HL7: two messages never merge; the sender hears of the one that it finished only."""
    heard = []

    def note(raw):
        heard.append(raw)
        return answer(raw)

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(note) as connect:
            peer = await connect()
            said = mllp.START + b"hal" + mllp.START + b"h" + frame(b"whole") + frame(b"next")
            assert await say(peer, said, frames=2) == [frame(b"ACK whole"), frame(b"ACK next")]

    asyncio.run(whole())
    assert heard == [b"hal\x0bh\x0b", b"whole", b"next"]


def test_who_speaks_no_mllp_is_named_once(caplog):
    mllp._tell.cache_clear()

    async def scenario(connect):
        for _ in range(3):
            peer = await connect()
            peer[1].write(b"GET / HTTP/1.1\r\n\r\n")
            assert await closed(peer)

    run(scenario)
    assert ["127.0.0.1"] == [each.args[0] for each in caplog.records]


@pytest.mark.hazard(41)
def test_a_frame_of_ten_megabytes_is_refused_while_another_connection_goes_on():
    """Hostile HL7: a bomb is told so and ends its own connection; only its head is handed on."""
    heard = []

    def note(raw):
        heard.append(len(raw))
        return b"ACK"

    async def flood(writer):
        try:
            writer.write(mllp.START)
            for _ in range(160):
                writer.write(b"x" * (1 << 16))
                await writer.drain()
        except ConnectionError:
            return

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(note) as connect:
            good, bad = await connect(), await connect()
            flooding = asyncio.create_task(flood(bad[1]))
            for _ in range(20):
                assert await say(good, frame(b"fine")) == [frame(b"ACK")]
            assert await bad[0].readuntil(mllp.END) == frame(b"ACK")
            await flooding
            bad[1].close()
            assert await say(good, frame(b"fine")) == [frame(b"ACK")]

    asyncio.run(whole())
    assert sorted(heard) == [4] * 21 + [mllp.LARGEST + 1]


def test_a_half_open_peer_is_let_go_after_the_time_of_a_frame(monkeypatch):
    monkeypatch.setattr(mllp, "FRAME_S", 0.05)
    monkeypatch.setattr(mllp, "SWEEP_S", 0.02)

    async def scenario(connect):
        peer, good = await connect(), await connect()
        peer[1].write(mllp.START + b"half a mess")

        assert await closed(peer)
        assert await say(good, frame(b"x")) == [frame(b"ACK x")]

    run(scenario)


def test_a_peer_that_vanishes_in_a_frame_hands_nothing_on():
    async def scenario(connect):
        gone = await connect()
        gone[1].write(mllp.START + b"half")
        gone[1].close()
        await gone[1].wait_closed()

        assert await say(await connect(), frame(b"next")) == [frame(b"ACK next")]

    run(scenario)


def test_a_peer_that_cannot_even_be_answered_is_let_go_and_no_other():
    def breaks(raw):
        return None if raw == b"bad" else b"ACK"

    async def whole():
        async with asyncio.timeout(LIMIT_S), listening(breaks) as connect:
            good, bad = await connect(), await connect()
            bad[1].write(frame(b"bad"))
            assert await closed(bad)
            assert await say(good, frame(b"x")) == [frame(b"ACK")]

    asyncio.run(whole())


def test_three_chairs_of_many_messages_have_every_one_acknowledged():
    async def chair(connect, name):
        sent = [f"{name}{n}".encode() for n in range(200)]
        answers = await say(await connect(), b"".join(map(frame, sent)), frames=len(sent))
        assert answers == [frame(b"ACK " + raw) for raw in sent]

    async def scenario(connect):
        await asyncio.gather(*(chair(connect, name) for name in "abc"))

    run(scenario)
