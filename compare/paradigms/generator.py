"""A hand-written trampoline that drives generators: `@gengoruntine` of the course note, made to work.

The note drives two generators with one thread: the handler's, which yields a long I/O, and the long I/O's own,
which does the blocking work and yields the response. `trampoline` keeps that shape and adds what the sketch
leaves out: any number of yields, exceptions thrown in at the yield, the handler's return value, cancellation,
a clear error for a yield that is no long I/O, and the rule that a handler's code runs on the loop's thread only.

    def long_io():                    # runs in a thread
        response = fetch()
        yield response

    @trampoline
    def handler(request):             # runs on the loop
        response = yield long_io()
        return response
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Generator
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar

from compare.paradigms.callback import Outcome, long_io

P = ParamSpec("P")
T = TypeVar("T")


def trampoline(handler: Callable[P, Generator[Any, Any, T]]) -> Callable[P, Awaitable[T]]:
    """Make a coroutine function of a generator function whose yields are long I/Os.

    A long I/O is itself a generator: its body runs in a thread of its own up to its first yield, which is the
    response (or to its end: then its return value is). What it raises is raised at the handler's `yield`. When the
    caller is cancelled, so is the handler, at its yield; the thread ends by itself and its response is dropped.
    """

    @functools.wraps(handler)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        runner = _Runner(handler(*args, **kwargs), loop)
        runner.step(Outcome(None))
        try:
            return await runner.finished  # type: ignore[no-any-return]  # it is the handler's return value
        except asyncio.CancelledError:
            runner.cancel()
            raise

    return run


class _Runner:
    """One running handler: `step` sends an outcome in and acts on what comes out."""

    __slots__ = ("_generator", "_loop", "finished")

    def __init__(self, generator: Generator[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> None:
        self._generator, self._loop = generator, loop
        self.finished: asyncio.Future[Any] = loop.create_future()

    def step(self, outcome: Outcome[Any]) -> None:
        """Run the handler to its next yield and start what it yields. Runs on the loop's thread only."""
        if self.finished.done():  # the caller left while the thread worked
            return
        try:
            self._start(self._resume(outcome))
        except StopIteration as stop:
            self.finished.set_result(stop.value)
        except BaseException as error:  # noqa: BLE001  # delivered: whoever awaits `finished` gets it
            Outcome[Any](error=error).settle(self.finished)

    def _resume(self, outcome: Outcome[Any]) -> Any:
        try:
            value = outcome.result()
        except BaseException as error:  # noqa: BLE001  # delivered: raised at the handler's yield
            return self._generator.throw(error)
        return self._generator.send(value)

    def _start(self, yielded: Any) -> None:
        """Start a long I/O; a yield that is none, or a thread that cannot start, is raised at that yield."""
        while True:
            try:
                if not isinstance(yielded, GeneratorType):
                    raise TypeError(f"a handler may yield only long I/Os (generators), not {yielded!r}")  # noqa: TRY301  # caught below on purpose: it goes to the yield
                long_io(functools.partial(_response, yielded), self.step, self._loop)
            except (TypeError, RuntimeError) as error:
                yielded = self._generator.throw(error)
            else:
                return

    def cancel(self) -> None:
        """Raise CancelledError at the handler's yield, so that its `except` and `finally` run."""
        try:
            self._generator.throw(asyncio.CancelledError())
        except (asyncio.CancelledError, StopIteration):
            return
        self._generator.close()  # it swallowed the cancellation and yielded again: GeneratorExit ends it


def _response(work: Generator[T, None, T]) -> T:
    """Drive a long I/O to its response. Runs on the worker thread, where the generator is closed too."""
    try:
        return next(work)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # StopIteration carries the generator's own return value
    finally:
        work.close()
