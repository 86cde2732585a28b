"""Run one contestant in a process of its own: wait for its ready line, always stop it.

A fresh process is the benchmark's unit of replication, so this is done hundreds of times a run.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compare.contract import Ready, read_ready
from compare.contract.settings import Settings
from compare.errors import CompareError
from compare.harness.companions import NOTHING_NEEDED
from compare.network.hosts import Host
from compare.processes import interpreters
from compare.processes.child import Child
from compare.processes.tail import CLOSED_S
from compare.records import Contestant

if TYPE_CHECKING:
    import resource

READY_TIMEOUT_S = 20.0  # an embedded PostgreSQL starts in 0.7 s, on a busy machine in several
GRACE_S = 0.1  # after the load nobody waits for an answer any more
SUPERVISED_S = 0.8  # the supervisor of several workers kills so much after the grace
KILL_S = 0.4  # beyond the grace: a loop that is blocked by queued work does not hear SIGTERM


class ServerError(CompareError):
    """A server did not start, did not get ready or ended by itself: one sentence, then its last stderr lines."""


class Running:
    """A server that listens.

    `exit_usage` is what the kernel accounted to the process over its whole life: None until it was stopped.
    """

    def __init__(self, child: Child, ready: Ready) -> None:
        self._child, self.ready = child, ready
        self.exit_usage: resource.struct_rusage | None = None

    @property
    def pid(self) -> int:
        """The process id: of the server itself, or of the parent of its workers."""
        return self._child.pid

    @property
    def base_url(self) -> str:
        """Where it listens: scheme, host and port."""
        return self.ready.url

    def check_alive(self, within_s: float = 0.0) -> None:
        """Raise ServerError when the process has ended although nobody stopped it, or ends within so many seconds."""
        if within_s:
            self._child.ends_within(within_s)
        code = self._child.exit_code
        if code is not None:
            raise ServerError(_ended("The server ended during the measurement", code, self._child))


class Starting:
    """A server's process that was started and may not be ready yet: enter `running`, or `end` it."""

    def __init__(self, child: Child, contestant: Contestant, grace_s: float) -> None:
        self._child, self._contestant, self._grace_s = child, contestant, grace_s

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Yield the server once it listens and end it with the block; raises ServerError when it does not get ready."""
        running = None
        try:
            running = Running(self._child, _await_ready(self._child))
            yield running
        finally:
            exit_usage = self.end()
            if running is not None:
                running.exit_usage = exit_usage

    def end(self) -> "resource.struct_rusage | None":
        """End its whole process group and return what the kernel accounted to it.

        All that is recorded of a server was read before, so one that only slept is killed: in the time of an orderly
        stop the next one starts. A work with another end may have something to close, and a supervisor waits for its
        workers, whose use of the machine is then added to its own: both are asked by SIGTERM first.
        """
        if self._contestant.workers == 1 and self._contestant.work in NOTHING_NEEDED:
            return self._child.end()
        supervised_s = SUPERVISED_S if self._contestant.workers > 1 else 0.0
        return self._child.end(self._grace_s + supervised_s + KILL_S, ask=signal.SIGTERM)


def start(
    contestant: Contestant,
    *,
    cpu: int | None = None,
    upstream: str = "",
    dsn: str = "",
    grace_s: float = GRACE_S,
    python: str = "",
    code: str = "",
    host: Host | None = None,
    listen: str = "",
) -> Starting:
    """Start `contestant`'s server, pinned to `cpu` unless that is None, on a free port of `listen`, else of loopback.

    `python` is the path of another interpreter than this one, which finds this project's packages in the folder `code`;
    `host` is where it runs when it is not this one. It lives no longer than the thread that calls this.
    """
    settings = _settings(contestant, upstream, dsn, grace_s)
    environ = settings.environ() | (interpreters.finds(code) if python else {})
    if listen:
        settings = replace(settings, host=listen)
    words = command(contestant, settings, python)
    if host is not None:
        words = host.command(command(contestant, replace(settings, host=host.address), python))
    return Starting(Child(words, cpu=cpu, env=environ, hangs=False), contestant, grace_s)


def serve(contestant: Contestant, **more: Any) -> AbstractContextManager[Running]:
    """Run `contestant`'s server in a block, from when it listens; the arguments are those of `start`.

    Raises ServerError when it does not get ready.
    """
    return start(contestant, **more).running()


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
        loops=contestant.loops,
        no_restart=True,  # nothing is begun anew in a measurement: the cell says what happened
        gc=contestant.gc,
        switch_interval=contestant.switch_interval_s,
    )


def _await_ready(child: Child) -> Ready:
    """Return the ready line; other lines on stdout, which a user's own work may print, are passed over."""
    line = child.line(READY_TIMEOUT_S, _is_ready)
    if line:
        return read_ready(line)
    if not child.hung_up:
        raise ServerError(_with_tail(f"The server was not ready within {READY_TIMEOUT_S:g} s.", child))
    code = child.exit_code if child.ends_within(CLOSED_S) else None
    raise ServerError(_ended("The server ended before it was ready", code, child))


def _is_ready(line: bytes) -> bool:
    try:
        read_ready(line)
    except ValueError:
        return False
    return True


def _ended(what: str, code: int | None, child: Child) -> str:
    how = "its stdout closed" if code is None else f"exit code {code}"
    if code is not None and code < 0:
        how = f"killed by {signal.Signals(-code).name}"
    return _with_tail(f"{what} ({how}).", child)


def _with_tail(sentence: str, child: Child) -> str:
    lines = child.last_lines()
    return (
        f"{sentence} Its last words: " + " | ".join(lines)
        if lines
        else f"{sentence} It wrote nothing on stderr."
    )
