"""Run one contestant in a process of its own: wait for its ready line, always stop it.

A fresh process is the benchmark's unit of replication, so this is done hundreds of times a run: nothing here sleeps or
polls. The ready line comes through a queue, the end through a pidfd.
"""

import os
import queue
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from compare.contract import Ready, read_ready
from compare.contract.settings import Settings
from compare.errors import CompareError
from compare.processes import interpreters, launch
from compare.records import Contestant

READY_TIMEOUT_S = 20.0  # an embedded PostgreSQL starts in 0.7 s, on a busy machine in several
GRACE_S = 0.1  # after the load nobody waits for an answer any more
SUPERVISED_S = 0.8  # the supervisor of several workers kills so much after the grace
KILL_S = 0.4  # beyond the grace: a loop that is blocked by queued work does not hear SIGTERM
TAIL_LINES = 8
PIPE_S = 1.0  # how long the pipes of an ended process may stay open: a grandchild may hold them

Process = subprocess.Popen[bytes]


class ServerError(CompareError):
    """A server did not start, did not get ready or ended by itself: one sentence, then its last stderr lines."""


class Running:
    """A server that listens.

    `exit_usage` is what the kernel accounted to the process over its whole life: None until it was stopped.
    """

    def __init__(self, process: Process, ready: Ready, stderr: "_Pipe") -> None:
        self._process, self._stderr, self.ready = process, stderr, ready
        self.exit_usage: resource.struct_rusage | None = None

    @property
    def pid(self) -> int:
        """The process id: of the server itself, or of the parent of its workers."""
        return self._process.pid

    @property
    def base_url(self) -> str:
        """Where it listens: scheme, host and port."""
        return self.ready.url

    def check_alive(self, within_s: float = 0.0) -> None:
        """Raise ServerError when the process has ended although nobody stopped it, or ends within so many seconds."""
        if within_s and self._process.poll() is None:
            _ends_within(self._process, within_s)
        code = self._process.poll()
        if code is not None:
            raise ServerError(_ended("The server ended during the measurement", code, self._stderr))


@contextmanager
def serve(
    contestant: Contestant,
    *,
    cpu: int | None = None,
    upstream: str = "",
    dsn: str = "",
    grace_s: float = GRACE_S,
    python: str = "",
    code: str = "",
) -> Iterator[Running]:
    """Run `contestant`'s server, pinned to `cpu` unless that is None, on a free port of the loopback interface.

    Yields once the server listens. However the block is left, the server's whole process group is ended: by
    SIGTERM, and by SIGKILL `grace_s` + `KILL_S` later. `python` is the path of another interpreter than this one,
    which finds this project's packages in the folder `code`. Raises ServerError when it does not get ready.
    """
    settings = _settings(contestant, upstream, dsn, grace_s)
    environ = settings.environ() | (interpreters.finds(code) if python else {})
    process = _start(command(contestant, settings, python), cpu, environ)
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    stdout, stderr = _Pipe(process.stdout, lines.put), _Pipe(process.stderr)
    running = None
    try:
        running = Running(process, _await_ready(process, lines, stderr), stderr)
        yield running
    finally:
        supervised_s = SUPERVISED_S if contestant.workers > 1 else 0.0
        exit_usage = _stop(process, grace_s + supervised_s)
        if running is not None:
            running.exit_usage = exit_usage
        stdout.close()
        stderr.close()


def command(contestant: Contestant, settings: Settings, python: str = "") -> list[str]:
    """Return the argv of `contestant`'s server, run by this interpreter or by the one at the path `python`."""
    return [
        python or sys.executable,
        "-P",  # no module of the current folder runs
        "-m",
        f"compare.{contestant.server}_impl",
        *settings.to_argv(),
    ]


def _settings(contestant: Contestant, upstream: str, dsn: str, grace_s: float) -> Settings:
    return Settings(
        contestant.server,
        port=0,
        loop=contestant.loop,
        work=contestant.work,
        upstream=upstream,
        dsn=dsn,
        threads=contestant.threads,
        max_in_flight=contestant.max_in_flight,
        grace=grace_s,
        workers=contestant.workers,
        accept=contestant.accept,
        no_restart=True,  # nothing is begun anew in a measurement: the cell says what happened
        gc=contestant.gc,
        switch_interval=contestant.switch_interval_s,
    )


def _start(command: list[str], cpu: int | None, environ: dict[str, str]) -> Process:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603  # the arguments are ours, and there is no shell
        launch.argv(command, cpu=cpu),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=os.environ | environ,
        start_new_session=True,  # Ctrl-C in the terminal reaches the benchmark alone, which then stops the server
    )


class _Pipe:
    """Reads a process's stream to its end, so that the process never blocks on it, and keeps the last lines."""

    def __init__(self, stream: IO[bytes] | None, put: Callable[[bytes | None], None] | None = None) -> None:
        self._stream, self._put = stream, put
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._thread = threading.Thread(target=self._read, daemon=True, name="server-pipe")
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream or ():
            self._tail.append(line.decode("utf-8", "replace").rstrip())
            if self._put:
                self._put(line)
        if self._put:
            self._put(None)

    def tail(self) -> list[str]:
        """Return the last lines; called when the process has ended or is stuck, so all it wrote is in."""
        self._thread.join(0.2)
        return list(self._tail)

    def close(self) -> None:
        """Close the stream unless somebody else still writes to it."""
        self._thread.join(PIPE_S)
        if self._stream is not None and not self._thread.is_alive():
            self._stream.close()


def _await_ready(process: Process, lines: "queue.SimpleQueue[bytes | None]", stderr: _Pipe) -> Ready:
    """Return the ready line; other lines on stdout, which a user's own work may print, are passed over."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            why = f"The server was not ready within {READY_TIMEOUT_S:g} s"
            raise ServerError(_with_tail(f"{why}.", stderr)) from None
        if line is None:
            code = process.wait() if _ends_within(process, PIPE_S) else None
            raise ServerError(_ended("The server ended before it was ready", code, stderr))
        with suppress(ValueError):
            return read_ready(line)


def _ended(what: str, code: int | None, stderr: _Pipe) -> str:
    how = "its stdout closed" if code is None else f"exit code {code}"
    if code is not None and code < 0:
        how = f"killed by {signal.Signals(-code).name}"
    return _with_tail(f"{what} ({how}).", stderr)


def _with_tail(sentence: str, stderr: _Pipe) -> str:
    lines = stderr.tail()
    return (
        f"{sentence} Its last words: " + " | ".join(lines)
        if lines
        else f"{sentence} It wrote nothing on stderr."
    )


def _stop(process: Process, grace_s: float) -> resource.struct_rusage | None:
    """End the process and what it started; return what the kernel accounted to it, None if it ended before."""
    if process.poll() is None:
        process.terminate()
        if not _ends_within(process, grace_s + KILL_S):
            process.kill()
    usage = _reap(process)
    with suppress(ProcessLookupError):  # nothing was left of its group
        os.killpg(process.pid, signal.SIGKILL)
    return usage


def _ends_within(process: Process, timeout_s: float) -> bool:
    handle = os.pidfd_open(process.pid)
    try:
        watch = select.poll()
        watch.register(handle, select.POLLIN)
        return bool(watch.poll(timeout_s * 1e3))
    finally:
        os.close(handle)


def _reap(process: Process) -> resource.struct_rusage | None:
    if process.returncode is not None:
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage
