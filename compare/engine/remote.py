"""What runs on a cluster's worker: one open session per run, and one cell after the other in it.

Functions here are pickled by reference, so a worker needs the same version of this package; `inventory` is how the
engine finds out. An attempt leaves a marker on the worker's disk before it measures: should the scheduler ever start
the same task again, the second start says so in place of measuring under the first one's name.
"""

import contextlib
import os
import platform
import socket
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import psutil

from compare.engine.many import MachineLostError
from compare.engine.ready import Ready, Seen
from compare.engine.spread import Attempt
from compare.records import Cell, Measurement

VERSIONS = ("tornado-aiohttp-compare", "distributed", "dask", "msgpack", "cloudpickle", "msgspec", "numpy")

Open = Callable[[Any], contextlib.AbstractContextManager[Ready]]


class Inventory(msgspec.Struct, frozen=True):
    """What a worker is: its host, its interpreter, its packages, and the CPUs it may use."""

    host: str
    pid: int
    python: str
    versions: dict[str, str]
    cpus: int


class Rerun(msgspec.Struct, frozen=True):
    """A task that the scheduler started a second time; it measured nothing. `first` tells who began it."""

    first: str


class _Session(msgspec.Struct):
    stack: contextlib.ExitStack
    ready: Ready


_sessions: dict[str, _Session] = {}


def inventory() -> Inventory:
    """Return what this worker is."""
    found = {name: _version(name) for name in VERSIONS}
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Inventory(socket.gethostname(), os.getpid(), platform.python_version(), found, cpus)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def prepare(run: str, opened: Open, order: msgspec.Struct) -> Seen:
    """Open the session of `run`, in which its cells are measured; return what was seen of its works."""
    return _opened(run, opened, order).ready.seen


def _opened(run: str, opened: Open, order: msgspec.Struct) -> _Session:
    """Return the session of `run`, opened unless it is open."""
    session = _sessions.get(run)
    if session is None:
        stack = contextlib.ExitStack()
        session = _sessions[run] = _Session(stack, stack.enter_context(opened(order)))
    return session


def measure(
    run: str, opened: Open, order: msgspec.Struct, cell: Cell, attempt: Attempt, index: int
) -> Measurement | Rerun:
    """Measure `cell`, the `index`th of its round, in the session of `run`, which is opened unless it is open."""
    first = _mark(run, attempt, index)
    if first is not None:
        return Rerun(first)
    session = _opened(run, opened, order)
    try:
        return session.ready.measure(cell)
    except MachineLostError:  # another machine, which the session knows: the next attempt opens one anew
        del _sessions[run]
        session.stack.close()
        raise


def _mark(run: str, attempt: Attempt, index: int) -> str | None:
    """Leave the marker of this try; return what the one before left when there is one."""
    folder = Path(tempfile.gettempdir()) / f"compare-{os.getuid()}" / run
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker = folder / f"{attempt.round}-{index}-{attempt.number}"
    try:
        with marker.open("x") as file:
            file.write(f"{socket.gethostname()}, process {os.getpid()}")
    except FileExistsError:
        return marker.read_text() or "unknown"
    return None


def end(run: str) -> None:
    """Close the session of `run` and remove its markers; a task like the others, so that no cell runs meanwhile."""
    session = _sessions.pop(run, None)
    if session is not None:
        session.stack.close()
    folder = Path(tempfile.gettempdir()) / f"compare-{os.getuid()}" / run
    for marker in folder.glob("*"):
        marker.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def drop() -> int:
    """End the processes of the cell that runs now, so that it fails at once; return how many there were.

    Called beside the task queue, because a task waits for the cell. A cancelled future stops nothing on a worker.
    """
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    return len(children)
