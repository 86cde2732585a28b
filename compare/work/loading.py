"""From the `--work` name to the object that does the long I/O: one of the three kinds, or the user's own.

A user's own work is named `package.module:attribute`. The attribute is an object (an instance, a module, or a class
that needs no arguments) with a blocking face, a native face, or both:

    blocking(delay_s: float) -> bytes               runs on a thread, may block it
    async native(delay_s: float) -> bytes           runs on the event loop, must not block it

`name`, `limit`, `async start(capacity)` and `async stop()` are optional.
"""

import asyncio
import functools
import importlib
import inspect
import itertools
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from compare.contract import Paradigm, WaitThread
from compare.work.promise import Blocking, Kind, Native, Work, WorkError
from compare.work.sleep import Sleep


def load(name: str, *, upstream: str = "", dsn: str = "") -> Work:
    """Return the work called `name`: a `Kind`, or a user's own as `package.module:attribute`.

    `upstream` is the URL of the slow service for `http` and `dsn` the database for `postgres`; each starts its own
    when it is empty. Raises WorkError.
    """
    if ":" in name:
        return own(name)
    try:
        kind = Kind(name)
    except ValueError as error:
        kinds = ", ".join(Kind)
        raise WorkError(
            f"There is no work {name!r}: give one of {kinds}, or your own as package.module:attribute."
        ) from error
    return _KINDS[kind](upstream, dsn)


def _http(upstream: str, _dsn: str) -> Work:
    from compare.work.http import Http  # noqa: PLC0415  # its client libraries are an extra

    return Http(upstream)


def _postgres(_upstream: str, dsn: str) -> Work:
    from compare.work.postgres import Postgres  # noqa: PLC0415  # its driver is an extra

    return Postgres(dsn)


_KINDS: dict[Kind, Callable[[str, str], Work]] = {
    Kind.SLEEP: lambda _upstream, _dsn: Sleep(),
    Kind.HTTP: _http,
    Kind.POSTGRES: _postgres,
}


@dataclass(frozen=True)
class Own:
    """A user's object in the shape of `Work`; the faces are the user's own functions, with nothing around them."""

    name: str
    blocking: Blocking | None
    native: Native | None
    found: object = None
    on_start: Callable[[int], Awaitable[None]] | None = None
    on_stop: Callable[[], Awaitable[None]] | None = None

    @property
    def limit(self) -> int:
        """What the user's object says now: a pool opened by its `start` may decide it."""
        limit = getattr(self.found, "limit", 0)
        return limit if isinstance(limit, int) else 0

    async def start(self, capacity: int) -> None:
        """Run the user's `start`, if there is one; what it raises becomes a WorkError."""
        if self.on_start is None:
            return
        try:
            await self.on_start(capacity)
        except Exception as error:
            raise WorkError(f"{self.name}: its start() raised {_worded(error)}; make it succeed.") from error

    async def stop(self) -> None:
        """Run the user's `stop`, if there is one."""
        if self.on_stop is not None:
            await self.on_stop()


def own(name: str) -> Own:
    """Return the user's work at `package.module:attribute`; raises WorkError."""
    found = _attribute(name)
    blocking, native = (_function(name, found, face) for face in ("blocking", "native"))
    if blocking is None and native is None:
        raise WorkError(
            f"{name} has neither blocking(delay_s) nor async native(delay_s): give it at least one of the two."
        )
    if inspect.iscoroutinefunction(blocking):
        raise WorkError(f"{name}: blocking(delay_s) is an async function, make it a plain one that blocks.")
    if inspect.isgeneratorfunction(native) or inspect.isasyncgenfunction(native):
        raise WorkError(f"{name}: native(delay_s) is a generator, make it an async function.")
    on_start, on_stop = (_coroutine_function(name, found, hook) for hook in ("start", "stop"))
    return Own(name, blocking, native, found, on_start, on_stop)


def _attribute(name: str) -> Any:
    path, _, attribute = name.partition(":")
    if not path or path.startswith("."):
        raise WorkError(f"--work {name} names no module: write package.module:attribute.")
    found: Any = _module(name, path)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise WorkError(f"The module {path} has no attribute {attribute!r}: check --work {name}.")
        found = getattr(found, part)
    return _instance(name, found) if inspect.isclass(found) else found


def _module(name: str, path: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)  # a console script, unlike `python -m`, does not look in the current folder
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path == error.name or path.startswith(error.name + ".")):
            raise WorkError(
                f"--work {name}: there is no module {path} in {here} or among the installed packages; "
                "run the command in the folder that holds it, or install it."
            ) from error
        raise WorkError(f"--work {name}: importing {path} needs {error.name}, install it.") from error
    except (Exception, SystemExit) as error:
        raise WorkError(f"--work {name}: importing {path} raised {_worded(error)}; mend it.") from error


def _instance(name: str, kind: type) -> Any:
    try:
        return kind()
    except Exception as error:
        raise WorkError(
            f"{name} is a class and {name.rpartition(':')[2]}() raised {_worded(error)}; "
            "name an instance, or a class that needs no arguments."
        ) from error


def _function(name: str, found: Any, face: str) -> Any:
    function = getattr(found, face, None)
    if function is not None and not callable(function):
        raise WorkError(f"{name}: {face} is {type(function).__name__}, make it a function of delay_s.")
    return function


def _coroutine_function(name: str, found: Any, hook: str) -> Any:
    function = _function(name, found, hook)
    if function is not None and not inspect.iscoroutinefunction(function):
        raise WorkError(f"{name}: {hook} is not an async function, make it one.")
    return function


def _worded(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


SHORTEST_S = 0.005  # a face that is done sooner than this blocks nobody
STANDSTILL = 0.8  # of the time a face takes: a loop that stood still for so much of it was blocked by it
QUICK_S = 0.05  # beyond the wait that was asked for: a face that takes longer is asked twice


def faces_missing(work: Work) -> dict[Paradigm, str]:
    """Return the paradigms that cannot be measured with this work, each with the reason in a sentence."""
    missing: dict[Paradigm, str] = {}
    if work.blocking is None:
        reason = f"not measured: {work.name} has no blocking face"
        missing |= {paradigm: reason for paradigm in Paradigm if paradigm.thread is not WaitThread.NONE}
    if work.native is None:
        reason = f"not measured: {work.name} has no native face"
        missing |= {paradigm: reason for paradigm in Paradigm if paradigm.thread is WaitThread.NONE}
    return missing


async def check_faces(work: Work, delay_s: float = 0.0) -> float:
    """Do the work by each face it has and return how many seconds the slower one takes.

    Raises WorkError unless both return the same bytes. A face that takes longer than `delay_s` is asked twice and its
    second answer counts: the first may have opened connections.

    The work must have been started. The blocking face runs on a thread of the loop's default pool.
    """
    results: dict[str, bytes] = {}
    took_s: list[float] = []
    for name, face in _faces(work).items():
        for _ in range(2):
            began_s = time.monotonic()
            results[name] = await _result(work, name, face(delay_s))
            lasted_s = time.monotonic() - began_s
            if lasted_s < delay_s + QUICK_S:
                break
        took_s.append(lasted_s)
    if len(set(results.values())) > 1:
        raise WorkError(
            f"{work.name}: the faces do not do the same work, blocking returned {_shortened(results['blocking'])} "
            f"and native {_shortened(results['native'])}; make them return the same bytes."
        )
    return max(took_s)


async def blocks_loop(work: Work, delay_s: float = 0.05) -> bool:
    """Return whether the native face blocks the loop: the loop stood still for nearly all of it, three times of three.

    The work must have been started, and its faces checked.
    """
    if work.native is None:
        return False
    for _ in range(3):
        stood_s, lasted_s = await _standstill(work.native, delay_s)
        if lasted_s < SHORTEST_S or stood_s < STANDSTILL * lasted_s:
            return False  # once is enough: what blocks always does
    return True


async def _standstill(native: Native, delay_s: float) -> tuple[float, float]:
    """Return for how long the loop stood still at most while `native` was awaited, and how long that took."""
    beats = [time.monotonic()]

    async def beat() -> None:
        while True:
            await asyncio.sleep(SHORTEST_S / 5)
            beats.append(time.monotonic())

    beating = asyncio.ensure_future(beat())
    try:
        await asyncio.sleep(0)
        await native(delay_s)
    finally:
        beating.cancel()
    beats.append(time.monotonic())
    return max(later - one for one, later in itertools.pairwise(beats)), beats[-1] - beats[0]


def _faces(work: Work) -> dict[str, Callable[[float], Awaitable[Any]]]:
    """Return how each face is awaited: the blocking one on a thread of the loop's default pool."""
    faces: dict[str, Callable[[float], Awaitable[Any]]] = {}
    if work.blocking is not None:
        faces["blocking"] = functools.partial(_on_a_thread, work.blocking)
    if work.native is not None:
        faces["native"] = work.native
    return faces


def _on_a_thread(blocking: Blocking, delay_s: float) -> Awaitable[bytes]:
    return asyncio.to_thread(blocking, delay_s)


async def _result(work: Work, face: str, waiting: Awaitable[Any]) -> bytes:
    if not inspect.isawaitable(waiting):
        raise WorkError(f"{work.name}: {face} returned no awaitable, make it an async function.")
    try:
        result = await waiting
    except Exception as error:
        raise WorkError(f"{work.name}: its {face} face raised {_worded(error)}; make it succeed.") from error
    if not isinstance(result, bytes):
        raise WorkError(
            f"{work.name}: its {face} face returned {type(result).__name__}, make it return bytes."
        )
    return result


def _shortened(result: bytes) -> str:
    return repr(result) if len(result) <= 40 else f"{result[:40]!r}... ({len(result)} bytes)"
