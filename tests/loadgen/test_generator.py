"""The generator's process: its limits, its life and what it writes."""

import asyncio
import contextlib
import gc
import io
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time

import msgspec
import pytest
import uvloop

from compare.loadgen import generator
from compare.loadgen.ledger import ROW_BYTES, Ledger
from compare.loadgen.protocol import START, Opened, Order, Outcome, Said, StreamOrder, StreamOutcome

pytest.importorskip("resource")


def test_the_share_of_a_cpu_is_seconds_used_per_second():
    earlier, later = generator.Mark(), generator.Mark()
    earlier.at_s, earlier.cpu_s = 10.0, 1.0
    later.at_s, later.cpu_s = 12.0, 1.5
    assert later.share_since(earlier) == 0.25


def test_room_is_made_for_the_whole_schedule_of_an_open_loop():
    stream = StreamOrder(2, ("", 0), b"", 1, 1, rate_rps=1000.0)
    order = Order((stream,), warmup_s=1.0, duration_s=5.0, timeout_s=1.0)
    assert generator.first_rows(stream, order) >= 6000
    assert generator.first_rows(msgspec.structs.replace(stream, rate_rps=None), order) >= 10_000


@pytest.fixture
def silent():
    """A port that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def order(listening, duration_s):
    address = listening.getsockname()
    return Order(
        (StreamOrder(socket.AF_INET, address, b"GET / HTTP/1.1\r\n\r\n", 3, 3),), 0.0, duration_s, 0.1
    )


def start():
    return subprocess.Popen(
        [sys.executable, "-m", "compare.loadgen.generator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_it_reads_orders_and_writes_an_outcome_and_the_rows_for_each_until_its_stdin_ends(silent):
    with start() as process:
        for _ in range(2):
            process.stdin.write(msgspec.json.encode(order(silent, 0.1)) + b"\n")
            process.stdin.flush()
            outcome = msgspec.json.decode(process.stdout.readline(), type=Outcome)
            rows = process.stdout.read(outcome.streams[0].rows * (8 + 8 + 8 + 2 + 4))
            assert outcome.streams[0].connections == 3
            assert len(rows) == 3 * ROW_BYTES
            assert outcome.clean
        process.stdin.close()
        assert (process.stdout.read(), process.wait()) == (b"", 0)


def test_a_generator_that_holds_on_to_a_file_is_not_clean(silent, monkeypatch):
    monkeypatch.setattr(generator, "live_no_longer_than", lambda *_: os.dup(0))
    monkeypatch.setattr(generator, "live_on", lambda *_: None)
    outcome, _ = generator.played(order(silent, 0.05))
    assert not outcome.clean


def test_what_an_order_does_to_the_garbage_collector_is_undone(silent, monkeypatch):
    monkeypatch.setattr(generator, "live_no_longer_than", lambda *_: None)
    monkeypatch.setattr(generator, "live_on", lambda *_: None)
    gc.unfreeze()
    gc.collect()
    before = (
        gc.get_threshold(),
        gc.get_freeze_count(),
    )  # Python 3.12 freezes its immortal objects at a collection
    generator.played(order(silent, 0.05))
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_no_moment_comes_before_its_time():
    async def look():
        for _ in range(40):
            at_s = time.monotonic() + 0.0023
            await generator.until(at_s)
            assert time.monotonic() >= at_s

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(look())


def test_all_rows_arrive_through_a_pipe_that_takes_less_than_it_is_given():
    class Narrow(io.RawIOBase):
        taken = b""

        def writable(self):
            return True

        def write(self, data):
            self.taken += bytes(data[:1000])
            return min(1000, len(data))

    ledger, narrow = Ledger(), Narrow()
    for number in range(5000):
        ledger.add(number, number, number, 200)
    outcome = Outcome((StreamOutcome(5000, 1, 0),), (1.0, 2.0), 3.0, 0.1)
    generator.emit(io.BufferedWriter(narrow), outcome, [ledger])
    line, _, rows = narrow.taken.partition(b"\n")
    assert msgspec.json.decode(line, type=Outcome) == outcome
    assert rows == b"".join(ledger.parts())


def test_it_ends_when_whoever_started_it_closes_the_pipe(silent):
    with start() as process:
        process.stdin.write(msgspec.json.encode(order(silent, 600.0)) + b"\n")
        process.stdin.flush()
        silent.accept()[0].close()  # it is at work
        process.stdin.close()
        assert process.wait() == 1


def test_it_ends_when_whoever_started_it_is_killed(silent):
    port = silent.getsockname()[1]
    parent_code = textwrap.dedent(f"""
        from compare.harness import load
        from compare.records import Closed
        load.run("http://127.0.0.1:{port}/", Closed(concurrency=1, duration_s=600.0, delay_s=0.0))
    """)
    with subprocess.Popen([sys.executable, "-c", parent_code]) as parent:
        connection = silent.accept()[0]
        with connection:
            parent.kill()
            parent.wait()
            connection.settimeout(30)
            data = connection.recv(1000)
            while data:  # the request, then the end: nobody holds the connection any more
                try:
                    data = connection.recv(1000)
                except ConnectionResetError:
                    break


def test_it_does_not_outlive_the_longest_time_a_run_can_take(silent):
    code = textwrap.dedent("""
        import asyncio, sys
        from compare.loadgen import generator
        async def hang():
            generator.live_no_longer_than(sys.stdin.buffer, 0.0)
            await asyncio.Event().wait()
        asyncio.run(hang())
    """)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        handle = os.pidfd_open(process.pid)
        select.select([handle], [], [], 30)
        os.close(handle)
        assert process.poll() == -signal.SIGALRM


def test_an_order_that_waits_says_so_when_its_connections_are_open_and_begins_when_it_is_told(silent):
    waiting = msgspec.structs.replace(order(silent, 0.1), waits=True)
    with start() as process:
        process.stdin.write(msgspec.json.encode(waiting) + b"\n")
        process.stdin.flush()
        assert msgspec.json.decode(process.stdout.readline(), type=Said) == Opened()
        connections = [silent.accept()[0] for _ in range(3)]
        with contextlib.ExitStack() as open_:
            for connection in connections:
                open_.enter_context(connection)
                connection.setblocking(False)
                with pytest.raises(BlockingIOError):  # nothing was sent yet
                    connection.recv(1)
            start_s = time.monotonic() + 1.0
            process.stdin.write(START + repr(start_s).encode() + b"\n")
            process.stdin.flush()
            outcome = msgspec.json.decode(process.stdout.readline(), type=Said)
        assert outcome.window[0] == pytest.approx(start_s, abs=1e-6)
        process.stdin.close()
