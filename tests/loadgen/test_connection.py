"""One connection against a peer that is played by hand, byte for byte."""

import asyncio
import math
import socket
import struct

import pytest

from compare.loadgen.connection import Connection
from compare.loadgen.ledger import Ended

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Owner:
    """Remembers what a connection says."""

    def __init__(self):
        self.said = asyncio.Queue()
        self.order = []
        self.gone = asyncio.Event()

    def ended(self, connection, status, done_s, io_s):
        self.order.append("ended")
        self.said.put_nowait((status, done_s, io_s))

    def lost(self, connection):
        self.order.append("lost")
        self.gone.set()


class Peer:
    """The other end of the connection."""

    def __init__(self, sock):
        self.sock = sock

    async def request(self):
        loop = asyncio.get_running_loop()
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += await loop.sock_recv(self.sock, 1000)
        return data

    async def say(self, *pieces):
        """Send the pieces so that each arrives by itself."""
        for piece in pieces:
            self.sock.sendall(piece)
            for _ in range(3):
                await asyncio.sleep(0)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


@pytest.fixture
async def owner():
    return Owner()


@pytest.fixture
async def talk(owner):
    """A connection and its peer, over TCP."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        theirs, _ = listening.accept()
    ours.setblocking(False)
    theirs.setblocking(False)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = Connection(owner, ours, REQUEST)
    await loop.create_connection(lambda: connection, sock=ours)
    yield connection, Peer(theirs)
    connection.busy = False
    connection.close()
    theirs.close()
    await owner.gone.wait()


async def answer(talk, owner, *pieces):
    connection, peer = talk
    connection.send(12.5)
    assert await peer.request() == REQUEST
    await peer.say(*pieces)
    return await owner.said.get()


async def test_a_request_is_stamped_with_when_it_was_due_sent_and_answered(talk, owner):
    status, done_s, io_s = await answer(talk, owner, OK)
    connection, _ = talk
    assert (status, connection.intended_s, connection.busy, connection.usable) == (200, 12.5, False, True)
    assert 0 < connection.sent_s <= done_s
    assert math.isnan(io_s)


async def test_a_connection_is_used_again_and_again(talk, owner):
    for _ in range(3):
        assert (await answer(talk, owner, OK))[0] == 200
        assert talk[0].usable


TIMED = b"HTTP/1.1 200 OK\r\nServer-Timing: io;dur=100.3\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\nyou\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "status", "usable"),
    [
        ([CHUNKED], 200, True),
        ([CHUNKED[:50], CHUNKED[50:61], CHUNKED[61:]], 200, True),
        ([OK[:1], OK[1:30], OK[30:]], 200, True),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" + OK], 200, True),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", OK], 200, True),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, True),
        ([b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"], 503, True),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"], 200, False),
        ([b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"], 200, False),
        ([b"SMTP ready\r\n"], Ended.MALFORMED, False),
        ([OK + OK], Ended.MALFORMED, False),
        ([OK + b"and more"], Ended.MALFORMED, False),
        (
            [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nx"],
            Ended.MALFORMED,
            False,
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi"], Ended.MALFORMED, False),
    ],
)
async def test_an_answer_is_counted_once_it_is_whole(talk, owner, pieces, status, usable):
    assert (await answer(talk, owner, *pieces))[0] == status
    assert talk[0].usable is usable
    assert owner.said.empty()


@pytest.mark.parametrize("cut", [0, 5, 25, 40, 60, len(TIMED) - 1])
async def test_the_server_timing_is_found_however_the_answer_is_cut(talk, owner, cut):
    _, _, io_s = await answer(talk, owner, *filter(None, [TIMED[:cut], TIMED[cut:]]))
    assert io_s == pytest.approx(0.1003)
    assert math.isnan((await answer(talk, owner, OK))[2]), "left over from the answer before"


async def test_the_same_bytes_again_are_the_same_answer(talk, owner):
    for _ in range(3):
        status, _, io_s = await answer(talk, owner, TIMED)
        assert (status, io_s) == (200, pytest.approx(0.1003))
    assert (await answer(talk, owner, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))[0] == 503
    assert (await answer(talk, owner, TIMED))[0] == 200


async def test_the_bytes_of_an_answer_within_the_body_of_another_are_no_answer(talk, owner):
    assert (await answer(talk, owner, OK))[0] == 200
    around = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % (2 * len(OK))
    assert (await answer(talk, owner, around, OK, OK))[0] == 201
    assert owner.said.empty()
    assert (await answer(talk, owner, OK))[0] == 200


async def test_the_bytes_of_an_answer_to_no_request_are_no_answer(talk, owner):
    assert (await answer(talk, owner, OK))[0] == 200
    await talk[1].say(OK)
    await owner.gone.wait()
    assert owner.said.empty()


async def test_an_interim_answer_does_not_hide_the_time_of_the_final_one(talk, owner):
    _, _, io_s = await answer(talk, owner, b"HTTP/1.1 100 Continue\r\n\r\n", TIMED[:50], TIMED[50:])
    assert io_s == pytest.approx(0.1003)


async def test_interim_answers_count_for_one_request_and_are_malformed_where_they_do_not_end(
    talk, owner, monkeypatch
):
    monkeypatch.setattr("compare.loadgen.connection.BEFORE_BODY_LIMIT", 60)
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    for _ in range(3):
        assert (await answer(talk, owner, interim, interim, OK))[0] == 200
    assert (await answer(talk, owner, interim, interim, interim, OK))[0] == Ended.MALFORMED


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", OK[:-1], CHUNKED[:-5]])
async def test_a_connection_closed_before_the_answer_is_whole_is_a_reset(talk, owner, said):
    connection, peer = talk
    connection.send(0.0)
    await peer.request()
    await peer.say(*filter(None, [said]))
    peer.sock.close()
    assert (await owner.said.get())[0] == Ended.RESET
    assert owner.order == ["lost", "ended"]
    assert not connection.usable


async def test_a_connection_reset_by_the_peer_is_a_reset(talk, owner):
    connection, peer = talk
    connection.send(0.0)
    await peer.request()
    peer.reset()
    assert (await owner.said.get())[0] == Ended.RESET


async def test_a_body_without_length_is_whole_when_the_peer_closes(talk, owner):
    connection, peer = talk
    connection.send(0.0)
    await peer.request()
    await peer.say(b"HTTP/1.1 200 OK\r\nServer-Timing: io;dur=2\r\n\r\n", b"some", b"thing")
    assert owner.said.empty()
    peer.sock.close()
    status, _, io_s = await owner.said.get()
    assert (status, io_s) == (200, pytest.approx(0.002))


async def test_a_body_without_length_is_broken_when_the_peer_resets(talk, owner):
    connection, peer = talk
    connection.send(0.0)
    await peer.request()
    await peer.say(b"HTTP/1.1 200 OK\r\n\r\nsome")
    peer.reset()
    assert (await owner.said.get())[0] == Ended.RESET


async def test_an_idle_connection_that_closes_has_no_request_to_lose(talk, owner):
    _, peer = talk
    peer.sock.close()
    await owner.gone.wait()
    assert owner.order == ["lost"]


@pytest.mark.parametrize("said", [OK, b"HTTP/1.1 408 Request Ti", b"junk"])
async def test_what_nobody_asked_for_closes_the_connection_and_is_no_answer(talk, owner, said):
    connection, peer = talk
    await peer.say(said)
    await owner.gone.wait()
    assert owner.order == ["lost"]
    assert not connection.usable


async def test_a_request_sent_to_a_peer_that_has_just_gone_is_a_reset(talk, owner):
    connection, peer = talk
    peer.reset()
    connection.send(0.0)  # before the loop could tell that the peer is gone
    assert (await owner.said.get())[0] == Ended.RESET


@pytest.mark.parametrize("taken", [0, 7])
async def test_what_the_socket_does_not_take_at_once_goes_out_later(talk, owner, taken):
    connection, _ = talk
    whole = connection._send

    def part(data):
        if not taken:
            raise BlockingIOError
        return whole(data[:taken])

    connection._send = part
    assert (await answer(talk, owner, OK))[0] == 200
