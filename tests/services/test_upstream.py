"""The slow service: it waits as told, fails as told, and serves many at once. A real process on real sockets."""

import asyncio
import http.client
import signal
import socket
import subprocess
import sys
import time

import pytest

from compare.services.companion import Companion
from compare.services.upstream import BODY
from compare.work.http import UPSTREAM

GET = "GET {} HTTP/1.1\r\nHost: up\r\n\r\n"


@pytest.fixture(scope="module")
def upstream():
    with Companion(UPSTREAM) as companion:
        yield address(companion)


def address(companion: Companion) -> tuple[str, int]:
    host, _, port = companion.ready["url"].removeprefix("http://").rpartition(":")
    return host, int(port)


def ask(where: tuple[str, int], target: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*where, timeout=60)
    try:
        connection.request(method, target, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def exchange(where: tuple[str, int], request: str, *pieces: str) -> bytes:
    """Send a request on a connection of its own, return all that comes until the upstream closes it."""
    with socket.create_connection(where, timeout=60) as sock:
        for piece in (request, *pieces):
            sock.sendall(piece.encode())
        return b"".join(iter(lambda: sock.recv(65536), b""))


def test_it_answers_after_the_delay_and_not_before(upstream):
    begun = time.monotonic()
    assert ask(upstream, "/anything?delay=0.05") == (200, BODY)
    assert time.monotonic() - begun >= 0.049


def test_connections_stay_open_and_pipelined_requests_are_answered_in_order(upstream):
    # the last of the pipeline closes, so that the exchange ends; the first waits longest
    targets = ("/?delay=0.03", "/?delay=0&fail=error", "/?delay=nonsense", "/?fail=half")
    answers = exchange(upstream, "".join(map(GET.format, targets)))
    statuses = [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 500, 400, 200]


def test_a_request_may_come_in_pieces(upstream):
    whole = GET.format("/?delay=0&fail=half")
    assert exchange(upstream, whole[:9], whole[9:20], whole[20:]).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "query", ["delay=x", "delay=-1", "delay=nan", "delay=1e9", "jitter=x", "fail=nonsense", "failure_rate="]
)
def test_parameters_that_cannot_be_are_answered_400(upstream, query):
    expected = 200 if query.endswith("=") else 400  # an empty value is none
    assert ask(upstream, f"/?{query}")[0] == expected


def test_it_fails_as_told(upstream):
    assert ask(upstream, "/?fail=error")[0] == 500
    with pytest.raises(ConnectionResetError):
        ask(upstream, "/?fail=reset")
    with pytest.raises(http.client.IncompleteRead):
        ask(upstream, "/?fail=half")
    with pytest.raises(http.client.BadStatusLine):
        ask(upstream, "/?fail=garbage")


def test_a_hanging_request_is_never_answered_but_others_are(upstream):
    with socket.create_connection(upstream) as hanging:
        hanging.sendall(GET.format("/?fail=hang").encode())
        assert ask(upstream, "/") == (200, BODY)
        hanging.setblocking(False)
        with pytest.raises(BlockingIOError):
            hanging.recv(1)


def test_what_is_no_http_or_has_no_end_closes_the_connection(upstream):
    assert exchange(upstream, "this is not HTTP\r\n\r\n") == b""
    with pytest.raises((ConnectionError, TimeoutError)):
        exchange(upstream, "GET /", *["x" * 65536] * 50)


def test_control_changes_it_for_all_from_then_on():
    with Companion(UPSTREAM) as companion:
        where = address(companion)
        assert ask(where, "/control?fail=error", "PUT")[0] == 200
        assert ask(where, "/")[0] == 500
        assert ask(where, "/control?failure_rate=0", "PUT")[0] == 200
        assert ask(where, "/")[0] == 200
        assert ask(where, "/control?delay=x", "PUT")[0] == 400
        assert ask(where, "/control?fail=refuse", "PUT")[0] == 200
        with pytest.raises(ConnectionRefusedError):
            ask(where, "/")


async def test_a_thousand_connections_wait_at_once(upstream):
    async def one() -> bytes:
        reader, writer = await asyncio.open_connection(*upstream)
        writer.write(GET.format("/?delay=0.3").encode())
        answer = await reader.readuntil(BODY)
        writer.close()
        await writer.wait_closed()
        return answer[:15]

    assert set(await asyncio.gather(*(one() for _ in range(1000)))) == {b"HTTP/1.1 200 OK"}


def run(*options: str, **kwargs) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "compare.services.upstream", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)


def test_by_hand_it_outlives_its_standard_input_and_stops_on_sigterm():
    with run("--port", "0", "--delay", "0.01", stdin=subprocess.DEVNULL) as process:
        ready = process.stdout.readline()
        port = int(ready.partition("127.0.0.1:")[2].partition('"')[0])
        assert ask(("127.0.0.1", port), "/") == (200, BODY)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_port_in_use_is_told_in_a_sentence(upstream):
    with run("--port", str(upstream[1])) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == f"The upstream cannot listen on 127.0.0.1:{upstream[1]}: Address already in use.\n"


@pytest.mark.parametrize(
    ("method", "headers"), [("GET", {}), ("POST", {}), ("PUT", {"Host": "evil.example"})], ids=str
)
def test_a_page_of_another_site_cannot_make_it_go_bad(upstream, method, headers):
    assert ask(upstream, "/control?fail=error", method, **headers)[0] == 400
    assert ask(upstream, "/")[0] == 200
