import socket
import threading
from contextlib import contextmanager

import msgspec
import pytest
from msgspec.structs import replace
from running import free_port

from compare.contract import HEADERS, PONG, LoopLag, Paradigm, Server, Stats, io_body
from compare.harness import probe
from compare.harness.probe import ContractBrokenError, NoAnswerError
from compare.harness.servers import serve
from compare.records import Contestant

NATIVE = Contestant(Server.AIOHTTP, Paradigm.NATIVE)
STATS = msgspec.json.encode({"workers": [], "total": Stats(0, 0, 0, 0, 0, 1, LoopLag())})
GOOD = {
    "/io": (
        200,
        {**HEADERS, "Server-Timing": "io;dur=10.1"},
        io_body(Server.AIOHTTP, Paradigm.NATIVE, "sleep", 0.01),
    ),
    "/ping": (200, HEADERS, PONG),
    "/stats": (200, HEADERS, STATS),
}


@contextmanager
def answering(answers):
    """A server that answers each path as told, or with raw bytes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                path = connection.recv(65536).split()[1].decode()
                answer = next(given for prefix, given in answers.items() if path.startswith(prefix))
                connection.sendall(answer if isinstance(answer, bytes) else _http(*answer))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _http(status, headers, body):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *(f"{k}: {v}" for k, v in headers.items()), "", ""]).encode() + body


@pytest.mark.parametrize("server", Server)
def test_the_real_servers_keep_the_contract_in_every_paradigm(server):
    with serve(Contestant(server, Paradigm.NATIVE)) as running:
        for paradigm in Paradigm:
            probe.check(running.base_url, Contestant(server, paradigm))
        assert probe.stats(running.base_url).completed == len(Paradigm)


def test_a_server_that_answers_as_it_should_passes():
    with answering(GOOD) as url:
        probe.check(url, NATIVE)


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/io", (500, HEADERS, b"oh"), "answered 500, not 200: oh"),
        ("/io", (200, GOOD["/io"][1], b"{}"), "answered b'{}', not"),
        ("/io", (200, HEADERS, GOOD["/io"][2]), "does not say in Server-Timing"),
        ("/io", (200, {**HEADERS, "Server-Timing": "io;dur=0.3"}, GOOD["/io"][2]), "skipped its wait"),
        ("/io", (200, {"Server-Timing": "io;dur=10.1"}, GOOD["/io"][2]), "answered as None"),
        ("/ping", (404, HEADERS, PONG), "/ping answered 404"),
        ("/ping", (200, HEADERS, PONG + b" "), "/ping answered"),
    ],
)
def test_a_contestant_that_answers_otherwise_is_refused_with_the_reason(path, answer, words):
    with answering({**GOOD, path: answer}) as url, pytest.raises(ContractBrokenError, match=words):
        probe.check(url, NATIVE)


def test_the_statistics_of_a_server_are_those_of_all_its_workers():
    with serve(Contestant(Server.AIOHTTP, Paradigm.NATIVE, workers=2)) as running:
        for _ in range(10):
            probe.get(f"{running.base_url}/io/native?delay=0")
        assert {probe.stats(running.base_url).completed for _ in range(10)} == {10}


def test_a_work_of_ones_own_may_take_another_time_than_asked_but_has_to_say_it():
    own = Contestant(Server.AIOHTTP, Paradigm.NATIVE, work="my:work")
    body = io_body(Server.AIOHTTP, Paradigm.NATIVE, "my:work", 0.01)
    quick = {**GOOD, "/io": (200, {**HEADERS, "Server-Timing": "io;dur=0.3"}, body)}
    with answering(quick) as url:
        probe.check(url, own)
    silent = {**GOOD, "/io": (200, HEADERS, body)}
    with answering(silent) as url, pytest.raises(ContractBrokenError, match="Server-Timing"):
        probe.check(url, own)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"", (200, HEADERS, b"no json")])
def test_what_is_no_http_or_no_statistics_is_no_answer(answer):
    with answering({"/stats": answer}) as url, pytest.raises(NoAnswerError, match="/stats"):
        probe.stats(url)


def test_a_target_that_is_down_is_no_answer():
    port = free_port()
    with pytest.raises(NoAnswerError, match="refused"):
        probe.get(f"http://127.0.0.1:{port}/ping")


@pytest.mark.parametrize(
    ("delay_s", "text"), [(0.1, "0.1"), (0.0, "0"), (60.0, "60"), (1e-5, "0.00001"), (0.3, "0.3")]
)
def test_the_path_holds_the_delay_as_the_contract_reads_it(delay_s, text):
    assert probe.io_path(NATIVE, delay_s) == f"/io/native?delay={text}"


@contextmanager
def keeping(*pieces):
    """A server that sends `pieces` for each request of one connection, and closes it where there are none."""
    asked = []

    def run():
        connection, _ = listening.accept()
        with connection:
            while request := connection.recv(65536):
                asked.append(request.split(b"\r\n")[0])
                for piece in pieces:
                    connection.sendall(piece)
                if not pieces:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join()


@pytest.mark.parametrize(("work", "path"), [("sleep", "/io/native?delay=0"), ("mine:work", "/ping")])
def test_a_server_is_warmed_up_by_a_hundred_requests_that_do_not_wait(work, path):
    answer = _http(200, HEADERS, b"0123456789").replace(b"Content-Length", b"content-length")
    with keeping(answer[:20], answer[20:-4], answer[-4:]) as (url, asked):
        probe.warm(url, replace(NATIVE, work=work))
    assert asked == [f"GET {path} HTTP/1.1".encode()] * 100


@pytest.mark.parametrize(
    ("pieces", "why"),
    [((), "it closed the connection"), ((b"HTTP/1.1 200 OK\r\n\r\n",), "its answer has no Content-Length")],
)
def test_a_server_that_ends_its_warm_up_is_named_with_the_reason(pieces, why):
    with keeping(*pieces) as (url, _), pytest.raises(NoAnswerError, match=f"did not answer: {why}"):
        probe.warm(url, NATIVE)


def test_a_server_that_cannot_be_warmed_up_is_named():
    port = free_port()
    with pytest.raises(NoAnswerError, match=rf"127\.0\.0\.1:{port}/io/native\?delay=0 did not answer"):
        probe.warm(f"http://127.0.0.1:{port}", NATIVE)
