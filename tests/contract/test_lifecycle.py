"""Start, ready, stop: both servers as processes, as a user and the harness run them."""

import asyncio
import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from running import EITHER, HANG_S, PAUSE_S, SERVERS, Held, Process, command, running

from compare.contract import Loop, Paradigm, Server
from compare.contract.settings import Settings, default_threads
from compare.serving.binding import StartError, bind
from compare.serving.flights import Flights
from compare.serving.lifecycle import drain
from compare.work.loading import load


def run(name: Server, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name, *options), capture_output=True, text=True, timeout=HANG_S, check=False
    )


@SERVERS
@pytest.mark.parametrize(
    ("loop", "options", "threads"),
    [(Loop.ASYNCIO, (), default_threads()), (Loop.UVLOOP, ("--threads", "3"), 3)],
    ids=["asyncio-pythons_own_pool", "uvloop-pool_of_3"],
)
def test_a_server_says_when_it_is_ready_serves_and_stops_with_0(name, loop, options, threads):
    with running(name, "--loop", loop, *options) as process:
        ready = process.ready
        assert (ready.server, ready.work, ready.threads, ready.loop) == (name, "sleep", threads, loop)
        assert ready.pid == process.popen.pid
        answer = process.exchange(b"GET /io/native?delay=0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        code, stderr = process.stop()
    assert (code, stderr) == (0, "")


@EITHER
def test_a_burst_of_a_thousand_connections_is_taken_while_the_server_does_nothing(name):
    """At the usual backlog of 128 the others would wait a second to send SYN again, which looks like latency."""
    burst = min(1000, int(Path("/proc/sys/net/core/somaxconn").read_text()))
    with running(name) as process, contextlib.ExitStack() as stack:
        process.popen.send_signal(signal.SIGSTOP)
        connecting = [stack.enter_context(socket.socket()) for _ in range(burst)]
        for sock in connecting:
            sock.setblocking(False)
            assert sock.connect_ex(process.address) in {0, errno.EINPROGRESS}
        waiting = {sock.fileno(): sock for sock in connecting}
        watch = select.poll()
        for number in waiting:
            watch.register(number, select.POLLOUT)
        while (
            waiting
        ):  # the kernel connects as many as the backlog holds; the others would wait for the server
            told = watch.poll(HANG_S * 1e3)
            assert told, f"{len(waiting)} of {burst} are not connected"
            for number, _ in told:
                watch.unregister(number)
                assert not waiting.pop(number).getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


@EITHER
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "65536"], "--port must be a whole number from 0 to 65535, not 65536."),
        (["--colour"], "There is no option '--colour'; there are --host, "),
    ],
)
def test_a_bad_option_ends_with_2_and_one_sentence_naming_it(name, options, said):
    done = run(name, *options)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@EITHER
def test_a_port_in_use_ends_with_1_and_says_so(name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(name, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


@EITHER
def test_a_work_that_is_none_ends_with_1_before_anything_listens(name):
    done = run(name, "--port", "0", "--work", "telepathy")
    assert done.returncode == 1
    assert "telepathy" in done.stderr
    assert done.stdout == ""


def holding(name: Server, held: Held) -> contextlib.AbstractContextManager[Process]:
    return running(name, *held.options, env=held.env)


@contextlib.contextmanager
def waiting(process, *targets: str):
    """Hold a request for each target in flight; give a function that returns their answers."""
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(process.address, timeout=HANG_S)) for _ in targets
        ]
        for sock, target in zip(held, targets, strict=True):
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while b'"in_flight":%d,' % len(held) not in process.exchange(
            b"GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ):
            time.sleep(PAUSE_S)
        yield lambda: [sock.makefile("rb").read() for sock in held]


@SERVERS
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_what_is_in_flight_at_the_stop_is_finished(name, number, held):
    with holding(name, held) as process, waiting(process, "/io/native", "/io/callback") as answers:
        process.popen.send_signal(number)
        process.until_refused()
        held.release()
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers())
        assert process.wait() == (0, "")


@SERVERS
def test_while_it_drains_nothing_new_is_accepted(name, held):
    with holding(name, held) as process, waiting(process, "/io/native") as answers:
        process.popen.send_signal(signal.SIGTERM)
        process.until_refused()
        held.release()
        assert answers()[0].startswith(b"HTTP/1.1 200 ")
        assert process.wait()[0] == 0


@EITHER
def test_what_outlasts_the_grace_is_cancelled_and_said(name):
    each = [f"/io/{paradigm}?delay=30" for paradigm in ("native", "callback", "executor")]
    with running(name, "--grace", "0.2") as process, waiting(process, *each):
        code, stderr = process.stop()
    assert code == 0
    assert "cancelled 3 long I/Os that did not end within the grace of 0.2 s" in stderr
    assert "left 2 long I/Os running in threads" in stderr


@EITHER
def test_a_loop_that_is_blocked_does_not_keep_the_server_alive(name):
    with running(name, "--grace", "0.2") as process, socket.create_connection(process.address) as sock:
        sock.sendall(b"GET /io/blocking?delay=30 HTTP/1.1\r\nHost: x\r\n\r\n")
        asleep(process.popen.pid)
        code, stderr = process.stop()
    assert code == 0
    assert "the loop did not come back within the grace" in stderr


def asleep(pid: int) -> None:
    """Return once the process's main thread sleeps in `time.sleep`, which no /stats could tell."""
    while "nanosleep" not in _wchan(pid):
        time.sleep(PAUSE_S)


def _wchan(pid: int) -> str:
    with open(f"/proc/{pid}/syscall") as file:  # noqa: PTH123  # a Path would read it the same
        return "nanosleep" if file.read().split()[0] in {"35", "230", "115"} else ""


@EITHER
def test_a_second_signal_stops_at_once(name):
    with running(name, "--grace", "60") as process, waiting(process, "/io/native?delay=60"):
        process.popen.send_signal(signal.SIGTERM)
        process.until_refused()
        code, stderr = process.stop()
    assert code == 128 + signal.SIGTERM
    assert "second signal" in stderr


@EITHER
def test_a_signal_is_not_lost_under_a_flood_of_callbacks(name):
    with running(name, "--grace", "1") as process, flood(process.address, "/io/callback?delay=0.01", 100):
        while b'"completed":0' in process.exchange(
            b"GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ):
            time.sleep(PAUSE_S)
        code, stderr = process.stop()
    assert code == 0, stderr


@contextlib.contextmanager
def flood(address, target, connections):
    """Send again and again on many connections, from a thread of its own, until the block ends."""
    stop = threading.Event()

    async def one():
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(*address)
            try:
                while not stop.is_set():
                    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                    await reader.readexactly(length)
            finally:
                writer.close()

    async def many():
        await asyncio.gather(*(one() for _ in range(connections)))

    thread = threading.Thread(target=asyncio.run, args=[many()])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# --- in process


def test_bind_says_what_host_it_cannot_have():
    with pytest.raises(StartError, match=r"Cannot listen on no\.such\.host\.invalid:8001: "):
        bind(Settings(Server.TORNADO, host="no.such.host.invalid"))


def test_ipv6_is_listened_on_too():
    with bind(Settings(Server.TORNADO, host="::1", port=0)) as sock:
        assert sock.getsockname()[0] == "::1"


async def test_the_drain_ends_with_the_last_flight():
    flights = Flights(load("sleep"), 0, 60)

    async def fly():
        with flights.admit(Paradigm.NATIVE, 0.05) as flight:
            flight.result = await flight.native()

    flight = asyncio.create_task(fly())
    await asyncio.sleep(0)
    await drain(flights, 3600)
    assert flight.done()


def test_argv_never_holds_a_secret(tmp_path):
    with running(Server.AIOHTTP, env={"COMPARE_DSN": "postgresql://u:hunter2@h/db"}) as process:
        with open(f"/proc/{process.popen.pid}/cmdline", "rb") as file:  # noqa: PTH123  # as above
            assert b"hunter2" not in file.read()
        assert os.getpid() != process.popen.pid
