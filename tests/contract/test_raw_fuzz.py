"""Raw bytes to both servers, seeded and bounded: neither crashes, leaks a traceback, hangs or loses its place.

Each example is made of pieces of requests, sound and broken, with bytes changed at random; behind it a valid request
is pipelined whose answer cannot be mistaken. `FULL=1` makes it a minute, `COMPARE_FUZZ` multiplies the examples.
"""

import contextlib
import os
import socket

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from running import Process, running
from wire import answers

from compare.contract import Server

EXAMPLES = (5000 if os.environ.get("FULL") else 60) * int(os.environ.get("COMPARE_FUZZ", "1"))
QUIET_S = 0.05  # nothing came for so long: the server waits for more, and is told that there is none
HUNG_S = 60.0

TOKEN = b"0.00098765"
LAST = b"GET /io/native?delay=%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % TOKEN
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LEAKS = (b"Traceback", b'File "', b".py", b"site-packages")


@pytest.fixture(scope="module")
def both():
    with running(Server.TORNADO) as tornado, running(Server.AIOHTTP) as aiohttp:
        yield tornado, aiohttp


token = st.sampled_from(
    [
        b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"PRI", b"get", b"G T", b"", b"\xff",
    ]
)  # fmt: skip
target = st.sampled_from(
    [
        b"/ping", b"/io/native?delay=0", b"/io/callback?delay=0.001", b"/stats", b"/", b"/cookies", b"/cookies/a",
        b"/signed/a", b"*", b"http://x/ping", b"//", b"/%", b"/%00", b"/\x00", b"/\xff", b"/a b", b"", b"x:80",
        b"http://[/", b"http://x:99999/", b"/?" + b"a" * 3000, b"/io/native?delay=\xd9\xa0",
    ]
)  # fmt: skip
version = st.sampled_from(
    [b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.1 ", b"http/1.1", b"", b"HTTP/1.\xb2"]
)
end_of_line = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n", b"\n\r", b""])
field = st.one_of(
    st.sampled_from(
        [
            b"Host: x", b"Host: x", b"Host: y", b"Host:", b"Host : x", b"Connection: keep-alive", b"Connection: close",
            b"Connection: Upgrade", b"Upgrade: websocket", b"Upgrade: h2c", b"Expect: 100-continue", b"Expect: x",
            b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: 5", b"Content-Length: 6",
            b"Content-Length: +5", b"Content-Length: -1", b"Content-Length: 5, 5", b"Content-Length: 70000",
            b"Content-Length: \xb2", b"Content-Length: 9" + b"9" * 400, b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: Chunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding : chunked", b"transfer-encoding: identity",
            b"Content-Encoding: gzip", b"Content-Encoding: deflate", b"Content-Type: multipart/form-data; boundary=x",
            b"Content-Type: application/x-www-form-urlencoded; charset=\xff", b"Cookie: a=b; c=\xff; \x01=2",
            b"Cookie: " + b"a=" * 2000, b" folded", b"\tfolded", b"colonless", b": nameless", b"X: a\x00b",
            b"X\x00: y", b"\xff: y", b"Range: bytes=0-", b"If-None-Match: *", b"If-Modified-Since: never",
            b"X-Forwarded-For: \r", b"Sec-WebSocket-Key: x",
        ]
    ),
    st.binary(max_size=20),
)  # fmt: skip
body = st.one_of(
    st.sampled_from(
        [
            b"", b"", b"abcde", b"5\r\nabcde\r\n0\r\n\r\n", b"5;x=y\r\nabcde\r\n0\r\n\r\n", b"5\nabcde\n0\n\n",
            b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"-5\r\nabcde\r\n0\r\n\r\n", b"0x5\r\nabcde\r\n0\r\n\r\n",
            b"5 \r\nabcde\r\n0\r\n\r\n", b"6\r\nabcde\r\n0\r\n\r\n", b"ffffffffffffffff\r\nabcde", b"0\r\n\r",
            b'{"value":"x"}', b'{"value":', b"\x1f\x8b\x08\x00", b"--x\r\n\r\n", b"1\r\nx\r\n" * 300 + b"0\r\n\r\n",
        ]
    ),
    st.binary(max_size=40),
)  # fmt: skip


@st.composite
def message(draw) -> bytes:
    """Return something like a request."""
    line = draw(st.sampled_from([b" "] * 10 + [b"  ", b"\t", b""])).join(
        [draw(token), draw(target), draw(version)]
    )
    lines = [line, *draw(st.lists(field, max_size=5))]
    return b"".join(each + draw(end_of_line) for each in lines) + draw(end_of_line) + draw(body)


@st.composite
def noise(draw) -> bytes:
    """Return requests and what is none, with some bytes changed, removed or put in."""
    sent = bytearray(
        b"".join(draw(st.lists(st.one_of(message(), message(), st.binary(max_size=60)), max_size=3)))
    )
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(sent)))
        sent[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(sent)


def talk(process: Process, sent: bytes, cut: int) -> bytes:
    """Send `sent` in two pieces and `LAST` behind it; return all that came until the server closed.

    Raises TimeoutError when it does not close although nothing more can come.
    """
    said = b""
    with process.connected() as connection, contextlib.suppress(ConnectionError):
        connection.settimeout(QUIET_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(sent[:cut])
        connection.sendall(sent[cut:] + LAST)
        ended = False
        while True:
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                if ended:
                    raise
                ended = True
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(HUNG_S)
                continue
            if not piece:
                break
            said += piece
    return said


def check(said: bytes) -> None:
    """Every answer is whole; the last request's answer is its own, comes last, and once."""
    assert not any(leak in said for leak in LEAKS)
    found = answers(said)
    own = [answer for answer in found if answer.status == 200 and TOKEN in answer.body]
    assert len(own) <= 1
    for answer in own:
        assert answer is found[-1]
        assert answer.body.startswith(b'{"server":"')
        assert answer.body.endswith(b'"paradigm":"native","work":"sleep","delay_s":%s}' % TOKEN)
    assert not [answer for answer in found if answer.status == 500]


@pytest.mark.longer
@pytest.mark.timeout(600)
@settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(noise(), st.integers(0, 200))
def test_raw_bytes_neither_crash_nor_confuse_either_server(both, sent, cut):
    for process in both:
        check(talk(process, sent, cut))
        assert answers(process.exchange(PING))[0].body == b'{"pong":true}'


OWN = b'{"server":"x","paradigm":"native","work":"sleep","delay_s":%s}' % TOKEN


def answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize(
    "said",
    [b"", answer(400, b""), answer(400, b"") + answer(200, OWN), answer(400, b"what is GET " + TOKEN)],
)
def test_the_check_passes_a_right_answer_and_a_closed_connection(said):
    check(said)


@pytest.mark.parametrize(
    "said",
    [
        answer(200, OWN) + answer(200, OWN),
        answer(200, OWN) + answer(400, b""),
        answer(200, OWN.replace(b"native", b"callback")),
        answer(200, OWN)[:-3],
        answer(200, OWN)[3:],
        answer(500, b"{}"),
        answer(400, b"Traceback (most recent call last)"),
    ],
)
def test_the_check_notices_a_mistaken_a_broken_and_a_talkative_answer(said):
    with pytest.raises(AssertionError):
        check(said)


@pytest.mark.longer
def test_after_the_fuzz_both_live_and_logged_no_traceback(both):
    for process in both:
        assert process.popen.poll() is None
        code, stderr = process.stop()
        assert code == 0
        assert "Traceback" not in stderr
        assert "ERROR" not in stderr
