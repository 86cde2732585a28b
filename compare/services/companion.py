"""A process that lives beside a server for as long as the process that started it: the upstream, the database.

The lifeline is the companion's standard input. Its starter holds the other end, and the kernel closes that when the
starter ends, however it ends, `kill -9` included; the companion then stops and removes what it made. It runs in a
session of its own, so that a Ctrl-C meant for the starter does not take it away before the servers have drained.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any, Self

from compare.errors import CompareError

START_S = 30.0
STOP_S = 10.0  # longer than any companion gives what it stops itself


class ServiceError(CompareError):
    """A process beside the server did not start: its last words."""


class Companion:
    """One started companion; use it as a context manager, or call `stop`.

    `argv` follows the interpreter (`-m module ...`). The companion writes one JSON line once it is ready, which
    becomes `ready`. `cpu` pins it, children included. Raises ServiceError with its own last words when it does
    not start within `start_s` seconds.
    """

    def __init__(self, argv: Sequence[str], *, cpu: int | None = None, start_s: float = START_S) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by stop
        self.ready: dict[str, Any] = {}
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
            [sys.executable, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        try:
            if cpu is not None and hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(self._process.pid, {cpu})
            self.ready = self._await_ready(time.monotonic() + start_s)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The companion's process."""
        return self._process.pid

    def _await_ready(self, deadline: float) -> dict[str, Any]:
        line = _line(self._process.stdout, deadline)
        try:
            ready = json.loads(line)
        except ValueError:
            ready = None
        if not isinstance(ready, dict):
            raise ServiceError(self._last_words())
        return ready

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return said or "a process beside the server did not become ready and said nothing: try again."

    def stop(self, wait_s: float = STOP_S) -> None:
        """Close the lifeline and wait until the companion has cleaned up; kill it after `wait_s` seconds."""
        process = self._process
        if process.stdin and not process.stdin.closed:
            process.stdin.close()
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(self.ready.get("folder", ""), ignore_errors=True)  # there is still one if it was killed
        if process.stdout:
            process.stdout.close()
        self._errors.close()

    def release(self) -> None:
        """Close the lifeline and do not wait: the companion cleans up, perhaps after this process has ended."""
        if self._process.stdin:
            self._process.stdin.close()
        threading.Thread(target=self.stop, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _line(stream: IO[bytes] | None, deadline: float) -> bytes:
    """Return one line, or what came of it when the stream ended or the deadline (`time.monotonic`) passed."""
    received = b""
    while stream and not received.endswith(b"\n"):
        readable, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(stream.fileno(), 4096) if readable else b""
        if not piece:
            break
        received += piece
    return received


def announce(**facts: object) -> None:
    """Write a companion's ready line."""
    sys.stdout.write(json.dumps({"ready": True, **facts}) + "\n")
    sys.stdout.flush()
