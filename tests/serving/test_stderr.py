"""What a log does when nobody reads it: pipes, sockets and files, full, read late, or without a reader."""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import threading

import pytest

from compare.serving.stderr import AT_ONCE_BYTES, Stderr

PAGE = 4096
LINE = "x" * 99 + "\n"


@pytest.fixture
def pipe():
    """A pipe that holds 4096 bytes."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PAGE)
    yield read, write
    for end in (read, write):
        with contextlib.suppress(OSError):
            os.close(end)


def test_what_is_read_arrives_at_once_and_in_order(pipe):
    read, write = pipe
    stderr = Stderr(write)
    stderr.write("a\n")
    stderr.write("b\udcff\n")
    assert os.read(read, PAGE) == b"a\nb\\udcff\n"


def test_a_full_pipe_makes_nobody_wait_and_what_is_too_much_is_counted(pipe):
    read, write = pipe
    stderr = Stderr(write, kept_bytes=1000)
    for _ in range(100):
        stderr.write(LINE)
    got = b""
    while b"dropped" not in got:
        got += os.read(read, PAGE)
        stderr.flush()
    lines = got.decode().splitlines(keepends=True)
    kept = lines.count(LINE)
    assert lines[-1] == f"WARNING compare.serving: dropped {100 - kept} lines: nobody read stderr\n"
    assert PAGE // 100 <= kept <= PAGE // 100 + 10
    stderr.write("again\n")
    assert os.read(read, PAGE) == b"again\n"


def test_one_text_longer_than_the_pipe_arrives_whole(pipe):
    read, write = pipe
    stderr = Stderr(write)
    text = "".join(f"{number}\n" for number in range(3 * AT_ONCE_BYTES // 5))
    stderr.write(text)
    got = b""
    while len(got) < len(text):
        got += os.read(read, PAGE)
        stderr.flush()
    assert got.decode() == text


def test_the_pipe_of_others_stays_as_it_was(pipe):
    _, write = pipe
    stderr = Stderr(write)
    stderr.write("a\n")
    assert not fcntl.fcntl(write, fcntl.F_GETFL) & os.O_NONBLOCK


def test_a_reader_that_is_gone_is_no_fault(pipe):
    read, write = pipe
    stderr = Stderr(write)
    os.close(read)
    stderr.write("a\n")
    stderr.write("b\n")


def test_a_socket_is_written_to_without_waiting():
    left, right = socket.socketpair()
    with left, right:
        stderr = Stderr(left.fileno())
        for _ in range(20_000):
            stderr.write(LINE)
        right.settimeout(60)
        assert right.recv(len(LINE)).decode() == LINE
        stderr.close()


def test_a_file_is_appended_to(tmp_path):
    path = tmp_path / "log"
    path.write_text("before\n")
    with path.open("a") as file:
        stderr = Stderr(file.fileno())
        stderr.write("after\n")
        stderr.close()
    assert path.read_text() == "before\nafter\n"


def test_the_end_waits_for_a_reader_but_not_for_long(pipe):
    read, write = pipe
    stderr = Stderr(write)
    stderr.write(LINE * 100)
    stderr.finish(0.05)
    got = []

    def reader():
        while chunk := os.read(read, PAGE):
            got.append(chunk)

    thread = threading.Thread(target=reader)
    thread.start()
    stderr.finish(60)
    os.close(write)
    stderr.close()
    thread.join(60)
    assert b"".join(got).decode() == LINE * 100


def test_where_a_standard_file_is_closed_the_null_device_takes_its_place():
    code = (
        "import os, sys; from compare.serving.stderr import Stderr; Stderr.install(); "
        "sys.stderr.write('into the void'); print([os.readlink(f'/proc/self/fd/{n}') for n in (0, 2)])"
    )
    closing = ["sh", "-c", 'exec "$0" -c "$1" 0<&- 2>&-', sys.executable, code]
    done = subprocess.run(closing, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout == "['/dev/null', '/dev/null']\n"
