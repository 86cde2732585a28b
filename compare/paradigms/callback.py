"""A thread per request and a callback: `longIO(finish)` of the course note, made to work.

The note's sketch starts a thread that does the work and calls `finish(response)`. Taken literally that runs
`finish` on the worker thread, where neither Tornado's nor aiohttp's objects may be touched, and an exception
in the work ends in the thread's traceback while the client waits forever. Here the thread hands over an
outcome, value or exception, by `loop.call_soon_threadsafe`, the one call of a loop that another thread may make.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Outcome(Generic[T]):
    """The outcome of a piece of work: a value or the exception it raised, delivered on by `result`."""

    __slots__ = ("_error", "_value")

    def __init__(self, value: T | None = None, error: BaseException | None = None) -> None:
        self._value, self._error = value, error

    def result(self) -> T:
        """Return the value, or raise what the work raised."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # without an error the value is the work's own

    def settle(self, future: asyncio.Future[T]) -> None:
        """Resolve `future` with this outcome; a future that nobody waits for any more is left alone."""
        if future.done():
            return
        if self._error is not None:
            future.set_exception(_awaitable(self._error))
        else:
            future.set_result(self._value)  # type: ignore[arg-type]  # as in `result`


def _awaitable(error: BaseException) -> BaseException:
    """A future cannot carry StopIteration (PEP 479), and SystemExit in one would end the loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    wrapped = RuntimeError(f"the work raised {type(error).__name__}")
    wrapped.__cause__ = error
    return wrapped


def long_io(
    work: Callable[[], T], finish: Callable[[Outcome[T]], None], loop: asyncio.AbstractEventLoop
) -> threading.Thread:
    """Run `work` in a new thread; when it ends, `finish(outcome)` runs on the thread of `loop`.

    `finish` is called exactly once, whatever `work` raises. The thread is a daemon: a server that stops does not
    wait for it. Raises RuntimeError when the system has no thread left; `finish` is not called then.
    """

    def run() -> None:
        try:
            outcome = Outcome(value=work())
        except BaseException as error:  # noqa: BLE001  # delivered: `finish` gets it
            outcome = Outcome(error=error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody left to tell
            loop.call_soon_threadsafe(finish, outcome)

    thread = threading.Thread(target=run, name="long-io", daemon=True)
    thread.start()
    return thread
