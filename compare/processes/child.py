"""One way to start a process that lives no longer than this one, read its ready line, and end it.

A child hangs on its standard input, whose other end this process holds: however this process ends, `kill -9` included,
the kernel closes it, and the child cleans up and ends. Where nothing has to be cleaned up, the kernel's death signal
binds it too (`launch`). It runs in a session of its own, so that a Ctrl-C in the terminal reaches this process alone,
which then ends the child. What it writes to stderr is kept in a file: a pipe that nobody reads would stop it.
"""

import contextlib
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import IO, Self

from compare.processes import launch


def _any(_line: bytes) -> bool:
    return True


class Child:
    """A started process; as a context manager it is ended at the end of the block.

    `bound` asks for the death signal, which the kernel ties to the thread that starts the child. `cpu` pins it and
    what it starts, None = anywhere. `env` is added to this process's environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        bound: bool = True,
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        self._process = subprocess.Popen(  # noqa: S603  # the arguments are ours, and there is no shell
            launch.argv(command, cpu=cpu) if bound else list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        if cpu is not None and not bound and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {cpu})

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def line(self, within_s: float, accepts: Callable[[bytes], bool] = _any) -> bytes:
        """Return the first line on stdout that `accepts` takes; b"" when it ends or the time passes without one."""
        stdout, deadline, received = self._process.stdout, time.monotonic() + within_s, b""
        while stdout and select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            piece = os.read(stdout.fileno(), 65536)
            *lines, received = (received + piece).split(b"\n")
            for line in lines:
                if accepts(line):
                    return line
            if not piece:
                break
        return b""

    def last_words(self) -> str:
        """Return the last line it wrote to stderr, "" when it wrote nothing."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def let_go(self) -> None:
        """Close its standard input and do not wait: it cleans up and ends, perhaps after this process."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):  # it ended before it read what was written
                self._process.stdin.close()

    def end(self, wait_s: float = 0.0) -> None:
        """Close its standard input, wait until it has cleaned up, kill it after `wait_s` seconds. Twice is fine."""
        self.let_go()
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
