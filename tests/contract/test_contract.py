"""Every promise of the contract, once, on both servers. Cookies have files of their own."""

import asyncio
import re
import threading

import pytest

from compare.contract import (
    DEFAULT_DELAY_S,
    Paradigm,
    WaitThread,
)

THREADED = [one for one in Paradigm if one.thread in {WaitThread.EACH, WaitThread.POOL}]
THREADLESS = [one for one in Paradigm if one.thread is WaitThread.NONE]
OFF_THE_LOOP = [*THREADED, *THREADLESS]


def error(code: str, message: str, field: str | None = None) -> dict:
    return {"error": {"code": code, "message": message, "field": field}}


# --- every answer


@pytest.mark.parametrize("path", ["/ping", "/io/native?delay=0", "/stats", "/nowhere"])
async def test_every_answer_has_the_same_headers(server, path):
    answer = await server.get(path)
    headers = {name: value for name, value in answer.headers.items() if name not in {"Date", "Server"}}
    headers.pop("Server-Timing", None)
    assert headers == {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(await answer.read())),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


@pytest.mark.parametrize(
    "path", ["/ping", "/stats", "/io/callback?delay=0", "/nowhere", "/io/native?delay=x"]
)
async def test_head_gives_the_headers_of_get_and_no_body(server, path):
    head = await server.send(b"HEAD %s HTTP/1.1\r\n\r\n" % path.encode())
    get = await server.send(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
    assert head.endswith(b"\r\n\r\n")
    assert head.splitlines()[0] == get.splitlines()[0]
    names = [line.partition(b":")[0] for line in head.splitlines()]
    assert names == [line.partition(b":")[0] for line in get.split(b"\r\n\r\n")[0].splitlines()] + [b""]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/x.js",
        "/nowhere",
        "/ping/",
        "/io",
        "/io/",
        "/io/quantum",
        "/io/native/x",
        "/PING",
    ],
)
async def test_an_unknown_path_is_not_found_whatever_the_method(server, method, path):
    answer = await server.request(method, path)
    assert answer.status == 404
    assert await answer.json() == error("not_found", "There is nothing at this path.")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/ping", "/stats", "/io/native"])
async def test_a_wrong_method_is_told_which_are_allowed(server, method, path):
    answer = await server.request(method, path)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert await answer.json() == error("method_not_allowed", "This path answers only GET, HEAD.")


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(server):
    answer = await server.send(b"GET /ping HTTP/1.1\r\nContent-Length: 65537\r\n\r\n" + b"x" * 65537)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert (
        body
        == b'{"error":{"code":"body_too_large","message":"The body may have at most 65536 bytes.","field":"body"}}'
    )


async def test_a_chunked_body_that_grows_too_large_is_dropped_and_the_connection_lives(server):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    ping = b"GET /ping HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    answers = await server.send(
        b"POST /ping HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
        + 2 * chunk
        + b"0\r\n\r\n"
        + ping,
        closing=False,
    )
    assert answers.endswith(b'{"pong":true}')


async def test_a_body_nobody_asked_for_is_read_and_ignored(server):
    for content_type in (
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        answer = await server.request(
            "GET", "/ping", data=b"\xff" * 65536, headers={"Content-Type": content_type}
        )
        assert await answer.json() == {"pong": True}


async def test_a_fault_of_the_server_tells_the_client_nothing_and_the_log_everything(
    server, caplog, monkeypatch
):
    def fail(_lag):
        raise ValueError("secret detail")

    monkeypatch.setattr(server.flights, "stats", fail)
    answer = await server.get("/stats")
    assert answer.status == 500
    assert await answer.json() == error("internal", "The server failed to answer this request.")
    assert "secret detail" in caplog.text


# --- long I/O


async def test_ping_answers_at_once(server):
    assert await (await server.get("/ping")).read() == b'{"pong":true}'


@pytest.mark.parametrize("paradigm", Paradigm)
async def test_every_paradigm_waits_and_says_so_in_the_same_bytes(server, paradigm):
    answer = await server.get(f"/io/{paradigm}?delay=0.05")
    assert await answer.read() == (
        f'{{"server":"{server.name}","paradigm":"{paradigm}","work":"sleep","delay_s":0.05}}'.encode()
    )
    took = re.fullmatch(r"io;dur=(\d+\.\d)", answer.headers["Server-Timing"])
    assert took
    assert float(took[1]) >= 50


@pytest.mark.parametrize("paradigm", Paradigm)
async def test_without_a_delay_it_is_a_tenth_of_a_second(server, paradigm):
    answer = await server.get(f"/io/{paradigm}")
    assert (await answer.json())["delay_s"] == DEFAULT_DELAY_S


@pytest.mark.parametrize(
    "delay",
    ["", "x", "-1", "-0", "+1", "60.001", "1e1", "nan", "inf", "1_0", " 1", "1 ", "0x1", "٣", "1,5", "1;2"],
)
async def test_a_bad_delay_is_refused_and_named(server, delay):
    answer = await server.get("/io/native", params={"delay": delay})
    assert answer.status == 400
    assert await answer.json() == error(
        "invalid_parameter", "The parameter delay must be a decimal number of seconds from 0 to 60.", "delay"
    )


async def test_a_delay_given_twice_is_refused(server):
    answer = await server.get("/io/native?delay=0&delay=0")
    assert answer.status == 400
    assert await answer.json() == error(
        "invalid_parameter", "The parameter delay may be given only once.", "delay"
    )


@pytest.mark.parametrize("paradigm", OFF_THE_LOOP)
async def test_req_b_is_answered_while_req_a_waits(start, gate, paradigm):
    server = await start(gate)
    req_a = asyncio.create_task(server.get(f"/io/{paradigm}"))
    await server.until(lambda stats: stats["in_flight"] == 1 and gate.entered == 1)
    req_b = await server.get("/ping")
    assert req_b.status == 200
    assert not req_a.done()
    gate.open()
    assert (await req_a).status == 200


async def test_blocking_blocks_everybody(start):
    loop_thread = threading.get_ident()
    ran_on = []

    class Work:
        name, native = "spy", None

        def blocking(self, _delay_s):
            ran_on.append(threading.get_ident())
            return b""

    server = await start(Work())
    await server.get("/io/blocking")
    assert ran_on == [loop_thread]


async def test_requests_are_logged_only_when_asked_for(start, caplog):
    caplog.set_level("INFO")
    quiet = await start()
    await quiet.get("/ping")
    assert caplog.text == ""
    server = await start(access_log=True)
    await server.get("/io/native?delay=x")
    assert re.search(r"GET /io/native\?delay=x 400 \d+\.\dms", caplog.text)
