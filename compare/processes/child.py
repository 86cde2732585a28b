"""One way to start a process that lives no longer than this one, read its ready line, and end it.

A child hangs on its standard input, whose other end this process holds: however this process ends, `kill -9` included,
the kernel closes it, and the child cleans up and ends. Where nothing has to be cleaned up, the kernel's death signal
binds it too (`launch`). It runs in a session of its own, so that a Ctrl-C in the terminal reaches this process alone,
which then ends the child. What it writes to stderr is read to its end, and the last lines are kept.

Nothing here sleeps or polls, since a benchmark starts hundreds of servers: the end comes through a pidfd.
"""

import contextlib
import os
import queue
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from compare.processes import launch
from compare.processes.tail import Tail

if TYPE_CHECKING:
    import resource  # there is none on Windows


def _any(_line: bytes) -> bool:
    return True


class Child:
    """A started process; as a context manager it is ended at the end of the block.

    `bound` asks for the death signal, which the kernel ties to the thread that starts the child. `cpu` pins it and
    what it starts, None = anywhere. `env` is added to this process's environment; without `inherits` it is all there
    is. Without `hangs` its standard input is empty. `popen` are further arguments of `subprocess.Popen`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        bound: bool = True,
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
        inherits: bool = True,
        hangs: bool = True,
        **popen: Any,
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # the arguments are ours, and there is no shell
            launch.argv(command, cpu=cpu) if bound else list(command),
            stdin=subprocess.PIPE if hangs else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**(os.environ if inherits else {}), **(env or {})},
            start_new_session=True,
            **popen,
        )
        assert self._process.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
        assert self._process.stderr is not None  # noqa: S101  # as above
        self.stdout: IO[bytes] = self._process.stdout
        self._errors = Tail(self._process.stderr)
        self._rest: Tail | None = None
        self.hung_up = False  # whether `line` ended because its stdout did
        if cpu is not None and not bound and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {cpu})

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for the signal that killed it; None while it runs."""
        return self._process.poll()

    def write(self, data: bytes) -> None:
        """Write to its standard input; to one that has ended, nothing: it may have said why."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(data)
                self._process.stdin.flush()

    def line(self, within_s: float, accepts: Callable[[bytes], bool] = _any) -> bytes:
        """Return the first line on stdout that `accepts` takes; b"" when it ends or the time passes without one.

        What it writes afterwards is read on and forgotten, so that it never waits: a user's code may print.
        """
        lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        deadline, self._rest = time.monotonic() + within_s, Tail(self.stdout, lines.put)
        with contextlib.suppress(queue.Empty):
            while (line := lines.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
                if line.endswith(b"\n") and accepts(line[:-1]):
                    return line[:-1]
            self.hung_up = True
        return b""

    def last_lines(self) -> list[str]:
        """Return the last lines it wrote to stderr."""
        return self._errors.lines()

    def last_words(self) -> str:
        """Return the last line it wrote to stderr, "" when it wrote nothing."""
        return next(reversed(self._errors.lines()), "").strip()

    def let_go(self) -> None:
        """Close its standard input and do not wait: it cleans up and ends, perhaps after this process."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):  # it ended before it read what was written
                self._process.stdin.close()

    def ends_within(self, wait_s: float) -> bool:
        """Return whether it has ended by then."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "pidfd_open"):  # macOS
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(wait_s)
            return self._process.returncode is not None
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:  # somebody else has reaped it
            return self.exit_code is not None
        try:
            watch = select.poll()
            watch.register(handle, select.POLLIN)
            return bool(watch.poll(wait_s * 1e3))
        finally:
            os.close(handle)

    def end(
        self, wait_s: float = 0.0, *, ask: signal.Signals | None = None
    ) -> "resource.struct_rusage | None":
        """Close its standard input, send it `ask` unless None, kill it and its group after `wait_s` seconds.

        Returns what the kernel accounted to it over its whole life, None if it had ended before. Twice is fine.
        """
        self.let_go()
        if self.exit_code is None:
            if ask is not None:
                self._process.send_signal(ask)
            if not self.ends_within(wait_s):
                self._process.kill()
        usage = self._reap()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing was left of its group
            os.killpg(self.pid, signal.SIGKILL)
        for stream in (self._rest, self._errors):
            if stream is not None:
                stream.close()
        if self._rest is None:
            self.stdout.close()
        return usage

    def _reap(self) -> "resource.struct_rusage | None":
        if self._process.returncode is not None:
            return None
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:  # somebody else has reaped it
            self._process.wait()
            return None
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
