"""What goes wrong at the other end of a server's waits, on both: the upstream and the database."""

import asyncio
import contextlib
import logging
import shutil
import socketserver
import threading
import urllib.request

import embedded
import pytest
from running import KEEPING

from compare.contract import Paradigm
from compare.services.cluster import folder
from compare.services.companion import Companion
from compare.work.http import UPSTREAM, Http
from compare.work.postgres import Postgres

FACES = pytest.mark.parametrize("paradigm", ["native", "callback"])


# --- the upstream


@pytest.fixture(scope="module")
def upstream():
    with Companion(UPSTREAM) as companion:
        yield companion.ready["url"]


@pytest.fixture
async def http(upstream):
    work = Http(upstream)
    await work.start(20)
    yield work
    control(upstream, "failure_rate=0")
    await work.stop()


def control(url: str, query: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/control?{query}", method="PUT")).close()


@FACES
@pytest.mark.parametrize("fail", ["error", "reset", "half", "garbage"])
async def test_an_upstream_that_fails_is_a_bad_gateway_and_served_again_once_it_is_well(
    start, http, paradigm, fail, caplog
):
    server = await start(http)
    control(http.upstream, f"fail={fail}")
    failed = await server.get(f"/io/{paradigm}?delay=0")
    assert (failed.status, (await failed.json())["error"]["code"]) == (502, "io_failed")
    assert "long I/O failed: " in caplog.text
    assert "Traceback" not in caplog.text
    assert (await server.get("/ping")).status == 200
    control(http.upstream, "failure_rate=0")
    assert (await server.get(f"/io/{paradigm}?delay=0")).status == 200
    assert (await server.stats())["failed"] == 1


@FACES
async def test_an_upstream_that_refuses_is_a_bad_gateway(start, paradigm):
    with Companion(UPSTREAM) as companion:
        work = Http(companion.ready["url"])
        await work.start(20)
        server = await start(work)
        control(work.upstream, "fail=refuse")
        for _ in range(2):  # the first on a connection that the upstream resets, the second refused outright
            failed = await server.get(f"/io/{paradigm}?delay=0")
            assert (failed.status, (await failed.json())["error"]["code"]) == (502, "io_failed")
        assert (await server.get("/ping")).status == 200
        await work.stop()


@FACES
async def test_an_upstream_that_hangs_is_given_up_at_the_timeout(start, http, paradigm):
    server = await start(http, io_timeout=0.1)
    control(http.upstream, "fail=hang")
    hung = await server.get(f"/io/{paradigm}?delay=0")
    assert (hung.status, (await hung.json())["error"]["code"]) == (504, "io_timeout")


GARBAGE = {
    "a line without a colon": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header\r\n\r\nok",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\nok",
    "a NUL in a value": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\x00b\r\n\r\nok",
}


class Speaking(socketserver.StreamRequestHandler):
    """Answers each request on a connection with the bytes that its server is to say."""

    def handle(self):
        with contextlib.suppress(ConnectionError):
            while self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(self.server.says)


@pytest.fixture
def speaking():
    """An upstream on a thread of its own: `blocking` keeps the test's loop."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Speaking) as upstream:
        upstream.daemon_threads, upstream.block_on_close = True, False
        upstream.says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        serving = threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield upstream
        upstream.shutdown()
        serving.join()


@pytest.mark.parametrize("paradigm", Paradigm)
async def test_a_malformed_head_of_the_upstream_is_a_bad_gateway_however_it_is_waited_for(
    start, speaking, paradigm, caplog
):
    work = Http(f"http://127.0.0.1:{speaking.server_address[1]}/")
    await work.start(20)
    server = await start(work)
    assert (await server.get(f"/io/{paradigm}?delay=0")).status == 200
    for says in GARBAGE.values():
        speaking.says = says
        caplog.clear()
        failed = await server.get(f"/io/{paradigm}?delay=0")
        assert (failed.status, (await failed.json())["error"]["code"]) == (502, "io_failed")
        (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert line.getMessage().startswith("long I/O failed: ")
        assert line.exc_info is None
    await work.stop()


# --- the database


@pytest.fixture
def cluster():
    """A folder for a database that outlives its server; its path is short enough for a Unix socket."""
    path = folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@embedded.needed
@pytest.mark.alone  # another test's database starting or ending meanwhile was seen to take this one along
@pytest.mark.parametrize("paradigm", ["native", pytest.param("callback", marks=pytest.mark.full)])
async def test_while_the_database_is_down_requests_fail_and_once_it_is_back_they_succeed(
    start, paradigm, cluster
):
    with Companion(["-c", KEEPING, str(cluster)]) as database:
        work = Postgres(database.ready["dsn"])
        await work.start(3)
        server = await start(work)
        assert (await server.get(f"/io/{paradigm}?delay=0")).status == 200
        waiting = [asyncio.create_task(server.get(f"/io/{paradigm}?delay=60")) for _ in range(2)]
        await server.until(lambda stats: stats["in_flight"] == 2)
    assert [(await request).status for request in waiting] == [502, 502], "killed in the middle of a wait"
    assert (await server.get("/ping")).status == 200
    meanwhile = asyncio.create_task(server.get(f"/io/{paradigm}?delay=0"))
    await server.until(lambda stats: stats["in_flight"] == 1 or meanwhile.done())
    with Companion(["-c", KEEPING, str(cluster)]):
        assert (await meanwhile).status in {200, 502}, "it met a broken connection, or waited for a new one"
        while (await server.get(f"/io/{paradigm}?delay=0")).status != 200:
            pass  # the pool's last broken connections
        again = await asyncio.gather(*(server.get(f"/io/{paradigm}?delay=0") for _ in range(9)))
        assert {answer.status for answer in again} == {200}
        await work.stop()
