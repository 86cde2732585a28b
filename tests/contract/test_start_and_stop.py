"""What a parent can do to a server: logs nobody reads, a closed or full stdout, masked signals, few open files."""

import contextlib
import fcntl
import os
import resource
import select
import signal
import socket
import subprocess
import time

import pytest
from running import (
    EITHER,
    HANG_S,
    NAMES,
    PAUSE_S,
    PING,
    READY_S,
    SECRET,
    SERVERS,
    command,
    interrupted_at,
    running,
)

from compare.contract import Server, read_ready

MALFORMED = b"GET /ping HTTP/1.1\r\nno colon\r\n\r\n"
BAD_REQUESTS = 120  # each a line of 50 bytes and more: a pipe of 4096 bytes is full long before


def shell(name: Server, before: str, *options: str) -> list[str]:
    """Return the command that runs `before` in a shell, which then becomes the server."""
    return ["sh", "-c", f'{before}; exec "$0" "$@"', *command(name, "--port", "0", *options)]


@contextlib.contextmanager
def unread(name: Server, *options: str):
    """Start a server whose stderr nobody reads, and fill it."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    argv = command(name, "--port", "0", *NAMES, *options)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=write, env=os.environ | SECRET) as popen:
        os.close(write)
        try:
            assert popen.stdout is not None
            assert select.select([popen.stdout], [], [], READY_S)[0], "no ready line"
            host, _, port = read_ready(popen.stdout.readline()).url.removeprefix("http://").rpartition(":")
            for _ in range(BAD_REQUESTS):
                assert b" 400 " in exchange((host, int(port)), MALFORMED)
            yield popen, (host, int(port)), read
        finally:
            popen.kill()
            os.close(read)


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address, timeout=HANG_S) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65536), b""))


@SERVERS
def test_a_log_that_nobody_reads_stops_neither_requests_nor_the_stop(name):
    with unread(name) as (popen, address, _):
        assert exchange(address, PING).endswith(b'{"pong":true}')
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(HANG_S) == 0


@EITHER
def test_with_a_log_that_nobody_reads_a_blocked_loop_and_a_second_signal_end_the_server_too(name):
    for grace, signals, code in (("0.2", 1, 0), ("60", 2, 128 + signal.SIGTERM)):
        with unread(name, "--grace", grace) as (popen, address, _), socket.create_connection(address) as sock:
            sock.sendall(b"GET /io/native?delay=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            while b'"in_flight":1' not in exchange(address, PING.replace(b"/ping", b"/stats")):
                time.sleep(PAUSE_S)
            for _ in range(signals):
                popen.send_signal(signal.SIGTERM)
                with contextlib.suppress(ConnectionError):
                    while signals == 2:  # until the first has arrived
                        socket.create_connection(address, timeout=HANG_S).close()
                        time.sleep(PAUSE_S)
            assert popen.wait(HANG_S) == code


@EITHER
@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("exec >&-", "it is closed"),
        ("exec >/dev/full", "No space left on device"),
    ],
    ids=["closed", "full"],
)
def test_a_stdout_that_cannot_be_written_is_one_sentence(name, before, said):
    argv = shell(name, before)
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=HANG_S, env=os.environ | SECRET, check=False
    )
    assert (done.returncode, done.stderr) == (1, f"Cannot write the ready line to stdout: {said}.\n")


@EITHER
def test_a_stdout_without_a_reader_is_one_sentence(name):
    read, write = os.pipe()
    os.close(read)
    argv = command(name, "--port", "0")
    done = subprocess.run(
        argv,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=HANG_S,
        env=os.environ | SECRET,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "Cannot write the ready line to stdout: Broken pipe.\n")


@SERVERS
@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.full) for one in (signal.SIGINT, signal.SIGHUP))],
)
def test_a_signal_that_the_parent_blocked_is_heard_and_drains(name, number, held):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        with running(name, *held.options, env=held.env) as process, process.connected() as client:
            client.sendall(b"GET /io/native HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            held.until(1)
            process.popen.send_signal(number)
            process.until_refused()
            held.release()
            assert client.makefile("rb").read().startswith(b"HTTP/1.1 200 ")
            assert process.wait() == (0, "")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@EITHER
def test_what_nohup_ignores_stays_ignored(name):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(name) as process:
            process.popen.send_signal(signal.SIGHUP)
            assert process.exchange(PING).endswith(b'{"pong":true}')
            assert process.stop() == (0, "")
    finally:
        signal.signal(signal.SIGHUP, before)


@SERVERS
def test_ctrl_c_in_the_middle_of_the_imports_is_silent(name, tmp_path):
    assert interrupted_at("asyncio", tmp_path, f"compare.{name}_impl", "--port", "0") == (130, b"")


@EITHER
def test_the_limit_on_open_files_is_raised_and_said_where_it_stays_too_low(name):
    argv = shell(name, "ulimit -Sn 100; ulimit -Hn 300", "--max-in-flight", "1000")
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | SECRET
    ) as popen:
        assert popen.stdout is not None
        popen.stdout.readline()
        assert resource.prlimit(popen.pid, resource.RLIMIT_NOFILE) == (300, 300)
        popen.send_signal(signal.SIGTERM)
        said = popen.communicate(timeout=HANG_S)[1]
    assert said == (
        "WARNING compare.serving: --max-in-flight 1000 needs about 1050 open files, and this process may have 300: "
        "connections beyond that are closed unserved. Raise the hard limit, as root: ulimit -Hn 1050\n"
    )
