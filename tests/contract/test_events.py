"""`GET /events` on both servers: what the loop and the threads do, as it happens."""

import asyncio
import contextlib
import json
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientError
from running import HANG_S

from compare.contract import Paradigm, WaitThread

THREADED = [one for one in Paradigm if one.thread in {WaitThread.EACH, WaitThread.POOL}]
ON_THE_LOOP = [one for one in Paradigm if one.thread is WaitThread.NONE]


class Watching:
    """One open viewer and what it has been sent so far."""

    def __init__(self, response):
        self.response, self.seen = response, []

    async def until(self, *kinds):
        """Read until each of `kinds` has been sent; return the first event of the last of them."""
        while not {*kinds} <= {event["kind"] for event in self.seen}:
            line = await self.response.content.readline()
            assert line, "the server ended the stream"
            if line.startswith(b"data: "):
                self.seen.append(json.loads(line[6:]))
        return self.first(kinds[-1])

    def first(self, kind):
        return next(event for event in self.seen if event["kind"] == kind)

    def of(self, *kinds):
        return [event for event in self.seen if event["kind"] in kinds]


@asynccontextmanager
async def watching(server):
    async with server.get("/events") as response:
        assert response.status == 200
        viewer = Watching(response)
        await viewer.until("hello")
        yield viewer


async def test_it_is_a_stream_that_begins_with_who_is_watched(start):
    server = await start(threads=3)
    async with watching(server) as viewer:
        assert viewer.response.headers["Content-Type"] == "text/event-stream"
        assert viewer.response.headers["Cache-Control"] == "no-store"
        hello = viewer.first("hello")
    assert (hello["server"], hello["work"], hello["slots"], hello["in_flight"]) == (
        server.name,
        "sleep",
        3,
        0,
    )


async def test_head_says_what_get_would_send(server):
    answer = await server.head("/events")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"


@pytest.mark.parametrize("paradigm", THREADED)
async def test_work_in_a_thread_is_told_from_admission_to_answer(start, gate, paradigm):
    server = await start(gate)
    async with watching(server) as viewer:
        asked = asyncio.ensure_future(server.get(f"/io/{paradigm}?delay=0.5"))
        started = await viewer.until("admitted", "started")
        assert (await viewer.until("admitted"))["paradigm"] == paradigm
        assert viewer.first("admitted")["delay_s"] == 0.5
        assert started["thread"] == ("pool 1" if paradigm is Paradigm.EXECUTOR else "thread 1")
        gate.open()
        await viewer.until("answered")
        assert (await asked).status == 200
    told = viewer.of("admitted", "started", "ended", "resumed", "answered")
    assert [event["kind"] for event in told] == ["admitted", "started", "ended", "resumed", "answered"]
    assert {event["flight"] for event in told} == {1}
    times = [event["at_s"] for event in told]
    assert times == sorted(times)
    assert not viewer.first("ended")["orphan"]


@pytest.mark.parametrize("paradigm", ON_THE_LOOP)
async def test_native_work_has_no_thread(server, paradigm):
    async with watching(server) as viewer:
        await server.get(f"/io/{paradigm}?delay=0")
        await viewer.until("answered")
    assert [event["kind"] for event in viewer.of("admitted", "started", "ended", "resumed", "answered")] == [
        "admitted",
        "resumed",
        "answered",
    ]


async def test_blocking_runs_on_the_loop_and_holds_it(server):
    async with watching(server) as viewer:
        await server.get("/io/blocking?delay=0.2")
        await viewer.until("answered")
        while not any(held["at_s"] - held["from_s"] > 0.1 for held in viewer.of("held")):
            viewer.seen.append(await following(viewer))
    assert viewer.first("started")["thread"] == "loop"


async def test_a_client_that_leaves_is_cancelled_and_its_thread_an_orphan(start, gate):
    server = await start(gate)
    async with watching(server) as viewer:
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /io/callback HTTP/1.1\r\nHost: test\r\n\r\n")
        await viewer.until("started")
        writer.close()
        await viewer.until("cancelled", "orphaned")
        gate.open()
        assert (await viewer.until("ended"))["orphan"]


async def test_a_client_that_leaves_native_work_leaves_nothing(start, gate):
    server = await start(gate)
    async with watching(server) as viewer:
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /io/native HTTP/1.1\r\nHost: test\r\n\r\n")
        await viewer.until("admitted")
        writer.close()
        await viewer.until("cancelled")
        await viewer.until("tick")
    assert viewer.of("orphaned") == []


async def test_refusals_timeouts_and_failures_are_told(start, gate):
    server = await start(gate, max_in_flight=1)
    async with watching(server) as viewer:
        first = asyncio.ensure_future(server.get("/io/native"))
        await viewer.until("admitted")
        assert (await server.get("/io/native")).status == 503
        assert (await viewer.until("rejected"))["paradigm"] == "native"
        server.flights.clock = lambda: time.perf_counter() + server.server.settings.io_timeout
        assert (await first).status == 504
        await viewer.until("expired")


async def test_the_lanes_agree_with_the_counters(server):
    async with watching(server) as viewer:
        paths = [f"/io/{paradigm}?delay=0.01" for paradigm in Paradigm for _ in range(5)]
        await asyncio.gather(*(server.get(path) for path in paths))
        while len(viewer.of("answered")) < len(paths):
            await viewer.until("answered")
            viewer.seen.append(await following(viewer))
        stats = await server.stats()
    settled = viewer.of("answered")
    assert len(settled) == stats["completed"] == len(paths)
    assert {event["flight"] for event in settled} == set(range(1, len(paths) + 1))
    threads = [event["thread"] for event in viewer.of("started")]
    assert threads.count("loop") == 5
    assert sum(thread.startswith("pool ") for thread in threads) == 5
    assert sum(thread.startswith("thread ") for thread in threads) == 10


async def following(viewer):
    """Return the next event."""
    while not (line := await viewer.response.content.readline()).startswith(b"data: "):
        assert line, "the server ended the stream"
    return json.loads(line[6:])


async def test_too_many_viewers_are_refused_and_one_that_leaves_makes_room(start):
    server = await start(viewers=1)
    async with watching(server):
        answer = await server.get("/events")
        assert answer.status == 503
        assert await answer.json() == {
            "error": {
                "code": "too_many_viewers",
                "message": "At most 1 may watch at once. Its option --viewers decides how many.",
                "field": None,
            }
        }
    while (answer := await server.get("/events")).status == 503:
        pass
    answer.close()


async def test_a_server_that_nobody_may_watch(start):
    server = await start(viewers=0)
    assert (await server.get("/events")).status == 503


async def test_the_server_stops_although_somebody_watches(server):
    async with watching(server) as viewer:
        await asyncio.wait_for(server.server.close(), HANG_S)
        with contextlib.suppress(ClientError):  # the stream has no proper end
            await viewer.response.content.read()


async def test_of_a_thousand_viewers_eight_watch_and_the_others_are_refused_at_once(server):
    answers = await asyncio.gather(*(server.get("/events") for _ in range(1000)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(503)) == (8, 992)
    assert (await server.get("/ping")).status == 200
    for answer in answers:
        answer.close()
    while (answer := await server.get("/events")).status == 503:
        pass
    answer.close()
