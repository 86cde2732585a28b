"""Every promise of the contract, once, on both servers. Cookies have files of their own."""

import asyncio
import re
import threading

import pytest

from compare.contract import (
    DEFAULT_DELAY_S,
    ContractError,
    Paradigm,
    Ready,
    Server,
    delay_of,
    io_bodies,
    io_body,
    last_segment,
    path_of,
    query_of,
    query_values,
    read_ready,
    server_timing,
    targets,
)

THREADED = [Paradigm.CALLBACK, Paradigm.GENERATOR, Paradigm.EXECUTOR]
THREADLESS = [Paradigm.COROUTINE, Paradigm.NATIVE]
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


async def test_stats_count_what_became_of_each_long_io(start):
    server = await start(Faulty())
    await server.get("/io/native?delay=0")
    await server.get("/io/native?delay=1")
    await server.get("/io/callback?delay=1")
    stats = await server.stats()
    assert {key: stats[key] for key in ("in_flight", "orphaned", "completed", "failed", "rejected")} == {
        "in_flight": 0,
        "orphaned": 0,
        "completed": 1,
        "failed": 2,
        "rejected": 0,
    }
    assert stats["threads"] >= 1
    assert list(stats["loop_lag_s"]) == ["p50", "p99", "max"]
    assert list(stats["gc"]) == ["collections", "total_s", "longest_s"]


# --- faults


class Faulty:
    """Fails when asked to wait."""

    name, limit = "faulty", 0

    def blocking(self, delay_s):
        if delay_s:
            raise ConnectionResetError("password=hunter2")
        return b""

    async def native(self, delay_s):
        return self.blocking(delay_s)


class Garbage:
    """Returns what is no bytes."""

    name, limit = "garbage", 0

    def blocking(self, _delay_s):
        return "text"

    async def native(self, _delay_s):
        return None


@pytest.mark.parametrize("work", [Faulty, Garbage])
@pytest.mark.parametrize("paradigm", Paradigm)
async def test_work_that_fails_or_returns_garbage_is_a_bad_gateway(start, paradigm, work):
    server = await start(work())
    answer = await server.get(f"/io/{paradigm}?delay=1")
    assert answer.status == 502
    assert await answer.json() == error("io_failed", "The long I/O failed; the server's log says why.")
    assert (await server.get("/ping")).status == 200


@pytest.mark.parametrize("paradigm", OFF_THE_LOOP)
async def test_work_that_hangs_is_answered_at_the_timeout(start, gate, paradigm):
    server = await start(gate, io_timeout=0.05)
    server.flights.clock = lambda: 0.0  # it stands still until the work has begun
    asked = asyncio.create_task(server.get(f"/io/{paradigm}"))
    await server.until(lambda stats: stats["in_flight"] == 1 and gate.entered == 1)
    server.flights.clock = lambda: 1.0
    answer = await asked
    assert answer.status == 504
    assert await answer.json() == error("io_timeout", "The long I/O did not end within 0.05 seconds.")
    orphans = 0 if paradigm in THREADLESS else 1
    assert (await server.stats())["orphaned"] == orphans
    gate.open()
    await server.until(lambda stats: stats["orphaned"] == 0 and stats["in_flight"] == 0)


async def test_past_the_limit_a_long_io_is_refused_and_nothing_is_queued(start, gate):
    server = await start(gate, max_in_flight=2)
    waiting = [asyncio.create_task(server.get("/io/native")) for _ in range(2)]
    await server.until(lambda stats: stats["in_flight"] == 2)
    answer = await server.get("/io/native")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert await answer.json() == error("overloaded", "The server already has 2 long I/Os in flight.")
    assert (await server.stats())["rejected"] == 1
    assert gate.entered == 2
    gate.open()
    assert [(await task).status for task in waiting] == [200, 200]
    assert (await server.get("/io/native")).status == 200


@pytest.mark.parametrize("paradigm", THREADED)
async def test_when_no_thread_can_start_one_request_fails_and_the_server_lives(start, paradigm, monkeypatch):
    server = await start()

    def refuse(_self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        answer = await server.get(f"/io/{paradigm}?delay=0")
    assert answer.status == 503
    assert (await answer.json())["error"]["message"] == "The server has no thread left for this long I/O."
    assert (await server.get(f"/io/{paradigm}?delay=0")).status == 200


@pytest.mark.parametrize("paradigm", OFF_THE_LOOP)
async def test_when_the_client_leaves_native_work_is_cancelled_and_threads_count_as_orphaned(
    start, gate, paradigm, caplog
):
    server = await start(gate)
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(f"GET /io/{paradigm} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await server.until(lambda stats: stats["in_flight"] == 1 and gate.entered == 1)
    writer.close()
    orphans = 0 if paradigm in THREADLESS else 1
    await server.until(lambda stats: stats["in_flight"] == 0 and stats["orphaned"] == orphans)
    assert gate.cancelled == 1 - orphans
    gate.open()
    await server.until(lambda stats: stats["orphaned"] == 0)
    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


async def test_requests_are_logged_only_when_asked_for(start, caplog):
    caplog.set_level("INFO")
    quiet = await start()
    await quiet.get("/ping")
    assert caplog.text == ""
    server = await start(access_log=True)
    await server.get("/io/native?delay=x")
    assert re.search(r"GET /io/native\?delay=x 400 \d+\.\dms", caplog.text)


# --- the pure parts


@pytest.mark.parametrize(
    ("target", "path", "query", "segment"),
    [
        ("/ping", "/ping", "", "ping"),
        ("/a/b?c=d?e#f", "/a/b", "c=d?e", "b"),
        ("/p%69ng", "/ping", "", "ping"),
        ("/a%2Fb", "/a%2Fb", "", "a/b"),
        ("/a%2541", "/a%2541", "", "a%41"),
        ("/%ff%", "/%ff%", "", "\ufffd%"),
        ("http://host:1/ping?x", "/ping", "x", "ping"),
        ("http://host", "/", "", ""),
        ("*", "*", "", "*"),
    ],
)
def test_a_target_is_taken_apart_as_rfc_3986_has_it(target, path, query, segment):
    assert (path_of(target), query_of(target), last_segment(target)) == (path, query, segment)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", []),
        ("a=1", ["1"]),
        ("a=1&b=2&a=3", ["1", "3"]),
        ("a", [""]),
        ("a=", [""]),
        ("%61=x+y%20z", ["x y z"]),
        ("a=%", ["%"]),
        ("a=%zz", ["%zz"]),
        ("a=%ff", ["\ufffd"]),
        ("a=1;a=2", ["1;a=2"]),
        ("&&a=b=c&", ["b=c"]),
    ],
)
def test_a_query_is_read_as_a_browser_writes_it(query, values):
    assert query_values(query, "a") == values


@pytest.mark.parametrize(
    ("query", "delay_s"), [("delay=0", 0), ("delay=60", 60), ("delay=.5", 0.5), ("delay=1.", 1)]
)
def test_a_delay_is_a_decimal_number_of_seconds(query, delay_s):
    assert delay_of(f"/io/native?{query}") == delay_s


def test_a_long_target_is_read_and_not_kept():
    before = targets._kept.cache_info().currsize
    assert delay_of(f"/io/native?delay=2&{'x' * 60_000}") == 2
    assert targets._kept.cache_info().currsize == before


def test_an_error_knows_its_status_and_body():
    with pytest.raises(ContractError) as caught:
        delay_of("/?delay=61")
    assert caught.value.status == 400


def test_the_body_does_not_depend_on_how_long_it_took():
    assert io_body(Server.TORNADO, Paradigm.NATIVE, "sleep", 1.0) == (
        b'{"server":"tornado","paradigm":"native","work":"sleep","delay_s":1.0}'
    )
    assert io_bodies(Server.TORNADO, Paradigm.NATIVE, "sleep")(1.0) == io_body(
        Server.TORNADO, Paradigm.NATIVE, "sleep", 1.0
    )


@pytest.mark.parametrize(
    ("io_s", "said"),
    [(0.0, "0.0"), (0.00004, "0.0"), (0.00006, "0.1"), (0.10034, "100.3"), (65.0, "65000.0")],
)
def test_server_timing_tells_milliseconds_with_one_decimal(io_s, said):
    assert server_timing(io_s) == f"io;dur={said}"


def test_the_ready_line_is_read_back_as_it_was_written():
    line = (
        '{"ready":true,"server":"aiohttp","url":"http://127.0.0.1:8002","pid":123,"work":"sleep",'
        '"threads":6,"loop":"asyncio","python":"3.11.7","gil":true,"switch_interval_s":0.005,"workers":2,"loops":1,'
        '"pids":[4,5]}'
    )
    ready = read_ready(line)
    assert ready.url == "http://127.0.0.1:8002"
    assert ready.line() == line
    assert isinstance(ready, Ready)
