"""What drives a handler written as a generator: send a result in, start what the handler yields, wait, and again.

`driven_by` is the part that `generator` (yields long I/Os, which run in threads) and `coroutine` (yields futures)
share. It adds what a first sketch of such a runtime leaves out: any number of yields, exceptions thrown in at the
yield, the handler's return value, cancellation, a clear error for a yield of something else, and the rule that a
handler's code runs on the loop's thread only.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Generator
from typing import Any, ParamSpec, TypeVar

from compare.paradigms.callback import Outcome

P = ParamSpec("P")
T = TypeVar("T")

Step = Callable[[Outcome[Any]], None]
Start = Callable[[Any, Step, asyncio.AbstractEventLoop], Callable[[], object] | None]


def driven_by(start: Start) -> Callable[[Callable[P, Generator[Any, Any, T]]], Callable[P, Awaitable[T]]]:
    """Return a decorator that makes a coroutine function of a generator function.

    `start(yielded, step, loop)` starts what the handler yields and has `step(outcome)` called once, on the loop's
    thread, when it ends. It returns what cancels it, None when nothing can. Its TypeError (not something to wait
    for) and RuntimeError (it cannot start) are raised at the handler's yield.
    """

    def decorate(handler: Callable[P, Generator[Any, Any, T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(handler)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            runner = _Runner(handler(*args, **kwargs), start, asyncio.get_running_loop())
            runner.step(Outcome(None))
            try:
                return await runner.finished  # type: ignore[no-any-return]  # it is the handler's return value
            except asyncio.CancelledError:
                runner.cancel()
                raise

        return run

    return decorate


class _Runner:
    """One running handler: `step` sends an outcome in and acts on what comes out."""

    __slots__ = ("_cancel_yielded", "_generator", "_loop", "_start_yielded", "finished")

    def __init__(
        self, generator: Generator[Any, Any, Any], start: Start, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._generator, self._start_yielded, self._loop = generator, start, loop
        self._cancel_yielded: Callable[[], object] | None = None
        self.finished: asyncio.Future[Any] = loop.create_future()

    def step(self, outcome: Outcome[Any]) -> None:
        """Run the handler to its next yield and start what it yields. Runs on the loop's thread only."""
        if self.finished.done():  # the caller left while the handler waited
            return
        self._cancel_yielded = None
        try:
            self._start(self._resume(outcome))
        except StopIteration as stop:
            self.finished.set_result(stop.value)
        except BaseException as error:  # noqa: BLE001  # delivered: raised where `finished` is awaited
            Outcome[Any](error=error).settle(self.finished)

    def _resume(self, outcome: Outcome[Any]) -> Any:
        try:
            value = outcome.result()
        except BaseException as error:  # noqa: BLE001  # delivered: raised at the handler's yield
            return self._generator.throw(error)
        return self._generator.send(value)

    def _start(self, yielded: Any) -> None:
        while True:
            try:
                self._cancel_yielded = self._start_yielded(yielded, self.step, self._loop)
            except (TypeError, RuntimeError) as error:
                yielded = self._generator.throw(error)
            else:
                return

    def cancel(self) -> None:
        """Cancel what the handler waits for and raise CancelledError at its yield: `except` and `finally` run."""
        if self._cancel_yielded is not None:
            self._cancel_yielded()
        try:
            self._generator.throw(asyncio.CancelledError())
        except (asyncio.CancelledError, StopIteration):
            return
        self._generator.close()  # it swallowed the cancellation and yielded again: GeneratorExit ends it
