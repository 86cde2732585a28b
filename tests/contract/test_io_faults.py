"""Long I/O that goes wrong, on both servers: it fails, hangs, is too much, or its client leaves."""

import asyncio
import threading

import pytest

from compare.contract import Paradigm, WaitThread

THREADED = [one for one in Paradigm if one.thread in {WaitThread.EACH, WaitThread.POOL}]
THREADLESS = [one for one in Paradigm if one.thread is WaitThread.NONE]
OFF_THE_LOOP = [*THREADED, *THREADLESS]


def error(code: str, message: str, field: str | None = None) -> dict:
    return {"error": {"code": code, "message": message, "field": field}}


class Faulty:
    """Fails when asked to wait."""

    name, limit = "faulty", 0

    def blocking(self, delay_s):
        if delay_s:
            raise ConnectionResetError("password=hunter2")
        return b""

    async def native(self, delay_s):
        return self.blocking(delay_s)


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


class Garbage:
    """Returns text where bytes are due."""

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
