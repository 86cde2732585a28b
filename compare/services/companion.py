"""A process that lives beside a server for as long as the process that started it: the upstream, the database.

The lifeline is the companion's standard input. Its starter holds the other end, and the kernel closes that when the
starter ends, however it ends, `kill -9` included; the companion then stops and removes what it made. It runs in a
session of its own, so that a Ctrl-C meant for the starter does not take it away before the servers have drained.
"""

import json
import shutil
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from compare.errors import CompareError
from compare.processes.child import Child

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
        self.ready: dict[str, Any] = {}
        # not bound by a death signal: it has to clean up when its starter is killed
        self._child = Child([sys.executable, *argv], bound=False, cpu=cpu)
        try:
            self.ready = self._await_ready(start_s)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The companion's process."""
        return self._child.pid

    def _await_ready(self, start_s: float) -> dict[str, Any]:
        try:
            ready = json.loads(self._child.line(start_s))
        except ValueError:
            ready = None
        if not isinstance(ready, dict):
            silent = "a process beside the server did not become ready and said nothing: try again."
            raise ServiceError(self._child.last_words() or silent)
        return ready

    def stop(self, wait_s: float = STOP_S) -> None:
        """Close the lifeline and wait until the companion has cleaned up; kill it after `wait_s` seconds."""
        self._child.end(wait_s)
        shutil.rmtree(self.ready.get("folder", ""), ignore_errors=True)  # there is still one if it was killed

    def release(self) -> None:
        """Close the lifeline and do not wait: the companion cleans up, perhaps after this process has ended."""
        self._child.let_go()
        threading.Thread(target=self.stop, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def announce(**facts: object) -> None:
    """Write a companion's ready line."""
    sys.stdout.write(json.dumps({"ready": True, **facts}) + "\n")
    sys.stdout.flush()
