"""The loops of one process, with made-up ones: who waits for whom, and what a failure does."""

import asyncio
import contextlib
import os
import signal
import socket
import threading

import pytest

from compare.contract import GcPauses, LoopLag, Stats
from compare.serving.accepting import Listener
from compare.serving.loops import Crew
from compare.serving.workers import summed


@pytest.fixture
def crew():
    with contextlib.ExitStack() as open_:
        yield Crew([open_.enter_context(Listener.of(socket.socket())) for _ in range(3)])


def stats(completed, threads=9):
    return Stats(1, 0, completed, 0, 0, threads, LoopLag(), GcPauses(3, 0.5, 0.1))


async def test_the_first_waits_until_the_others_listen_and_counts_what_they_leave(crew):
    began = threading.Barrier(3)

    def run(part):
        began.wait(60)
        part.listens.set_result(None)
        crew.leave(part, part.number)

    crew.begin(run)
    assert not any(part.listens.done() for part in crew.parts)
    began.wait(60)
    await crew.listening()
    assert await asyncio.to_thread(crew.leave, crew.first, 10) == 10 + 1 + 2
    assert crew.exit_code == 0


async def test_what_keeps_one_from_listening_is_the_servers_failure(crew):
    def run(part):
        if part.number == 2:
            raise OSError("no port for it")
        part.listens.set_result(None)

    crew.begin(run)
    with pytest.raises(OSError, match="no port for it"):
        await crew.listening()


async def test_a_loop_that_fails_later_stops_the_server_with_exit_code_1(crew, monkeypatch, caplog):
    sent = threading.Event()
    monkeypatch.setattr(os, "kill", lambda *what: what == (os.getpid(), signal.SIGTERM) and sent.set())

    def run(part):
        part.listens.set_result(None)
        if part.number == 1:
            raise ValueError("a fault")

    crew.begin(run)
    await crew.listening()
    assert await asyncio.to_thread(sent.wait, 60)
    assert await asyncio.to_thread(crew.leave, crew.first, 0) == 0
    assert crew.exit_code == 1
    assert "loop 1 ended, and the server with it" in caplog.text


def test_rows_add_up_and_what_the_process_has_counts_once(crew):
    for part in crew.parts:
        part.stats = lambda part=part: stats(10 * (part.number + 1))
    everyone = summed(crew.rows())
    assert [row["worker"] for row in everyone.workers] == [0, 1, 2]
    assert (everyone.total["completed"], everyone.total["in_flight"]) == (60, 3)
    assert (everyone.total["threads"], everyone.total["gc"]["collections"]) == (9, 3)
