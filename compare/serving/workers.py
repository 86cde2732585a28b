"""A server as one worker of several: what its supervisor gave it, and what it asks and tells over their socket."""

import asyncio
import contextlib
import marshal
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from compare.contract import Stats
from compare.contract.settings import Settings
from compare.serving.accepting import Listener

VARIABLE = "COMPARE_WORKER"
ROOT = Path(__file__).parents[2]
ANSWER_S = 2.0  # longer than the supervisor lets the workers take


class Given(msgspec.Struct, frozen=True):
    """What a worker inherits: its number, and the descriptors of its listener and of the supervisor's socket."""

    slot: int
    listener: int
    control: int


class Everyone(msgspec.Struct, frozen=True):
    """What `GET /stats?all=1` answers: sums over all workers, the worst lag, and a row for each."""

    workers: list[dict[str, Any]]
    total: dict[str, Any]


def given(environ: Mapping[str, str] = os.environ) -> Given | None:
    """Return what the supervisor gave, None for a server that has none."""
    text = environ.get(VARIABLE)
    return Given(*map(int, text.split())) if text else None


def supervise(settings: Settings) -> NoReturn:
    """Become the supervisor of `settings.workers` servers. Does not return."""
    words = [
        str(settings.workers),
        settings.accept,
        settings.host,
        str(settings.port),
        str(settings.grace),
        "end" if settings.no_restart else "restart",
        *[sys.executable, "-P", "-m", f"compare.{settings.server}_impl", *settings.to_argv()],
    ]
    # -S leaves out what site-packages bring, 1 MB of it, so the code's own folder has to be named
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from compare.serving.supervisor import main; sys.exit(main(*sys.argv[1:]))"
    )
    argv = [sys.executable, "-I", "-S", "-c", start, *words]
    os.execve(sys.executable, argv, os.environ | settings.environ())  # noqa: S606  # no shell


def listener(worker: Given) -> Listener:
    """Return the listening socket that the supervisor holds for this worker."""
    inherited = socket.socket(fileno=worker.listener)
    os.set_inheritable(worker.listener, False)
    made = Listener.of(inherited)
    made.setblocking(False)
    return made


class Control:
    """The worker's end of the socket to its supervisor; without one, a server that is alone."""

    def __init__(
        self,
        stats: Callable[[], Stats],
        worker: Given | None = None,
        rows: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        """Take how this server is, who it is to its supervisor, and how all its loops are where it has several."""
        self._stats, self._rows = stats, rows
        self._socket: socket.socket | None = None
        if worker is not None:
            self._socket = socket.socket(fileno=worker.control)
            os.set_inheritable(worker.control, False)
            self._socket.setblocking(False)
        self._waiting: dict[int, asyncio.Future[list[dict[str, Any]]]] = {}
        self._asking: asyncio.Task[Everyone] | None = None
        self._number = 0

    def begin(self) -> None:
        """Listen to the supervisor on the running loop."""
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._read, self._socket)

    async def everyone(self) -> Everyone:
        """Return how all workers are; a worker that does not answer in a second is named as silent.

        Who asks while an answer is on its way shares it: a crowd would fill the sockets by which the workers live.
        """
        if self._socket is None:
            return alone(self._stats()) if self._rows is None else summed(self._rows())
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask(self._socket))
        return await asyncio.shield(self._asking)

    async def _ask(self, supervisor: socket.socket) -> Everyone:
        self._number += 1
        number, future = self._number, asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            supervisor.send(marshal.dumps({"ask": number}))
            return summed(await asyncio.wait_for(future, ANSWER_S))
        except (OSError, TimeoutError):
            return alone(self._stats())
        finally:
            del self._waiting[number]

    def _read(self, supervisor: socket.socket) -> None:
        try:
            data = supervisor.recv(1 << 20)
        except OSError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(supervisor)
            return
        message = marshal.loads(data)  # noqa: S302  # our own supervisor's
        if "how" in message:
            said = {"number": message["how"], "is": msgspec.to_builtins(self._stats())}
            with contextlib.suppress(
                BlockingIOError
            ):  # it reads nothing now, and will name this worker as silent
                supervisor.send(marshal.dumps(said))
        elif (future := self._waiting.get(message.get("all", 0))) and not future.done():
            future.set_result(message["workers"])


def alone(stats: Stats) -> Everyone:
    """Return the answer of a server without a supervisor."""
    return summed([{"worker": 0, "pid": os.getpid(), **msgspec.to_builtins(stats)}])


def summed(rows: list[dict[str, Any]]) -> Everyone:
    """Add up counts and take the worst of each lag."""
    heard = [row for row in rows if not row.get("silent")]
    total = {name: _together(name, [row[name] for row in heard]) for name in Stats.__struct_fields__}
    return Everyone(rows, total)


def _together(name: str, values: list[Any]) -> Any:
    if not all(isinstance(value, dict) for value in values):
        return sum(values)
    names = dict.fromkeys(key for value in values for key in value)
    add = max if name == "loop_lag_s" else sum
    return {key: add(value.get(key, 0) for value in values) for key in names}
