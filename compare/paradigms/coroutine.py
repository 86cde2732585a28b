"""The same trampoline over futures of the native I/O: `gen.coroutine` and `asyncio.coroutine`, by hand.

The handler reads as in `generator`, yet there is no thread: what made async code cheap is not its syntax.

    @coroutine
    def handler(request):
        response = yield asyncio.ensure_future(fetch())
        return response
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any, ParamSpec, TypeVar

from compare.paradigms.callback import Outcome
from compare.paradigms.trampoline import Step, driven_by

P = ParamSpec("P")
T = TypeVar("T")


def coroutine(
    handler: Callable[P, Generator["asyncio.Future[Any]", Any, T]],
) -> Callable[P, Awaitable[T]]:
    """Make a coroutine function of a generator function whose yields are futures of the running loop.

    What a future holds is sent in, or raised, at the handler's `yield`. When the caller is cancelled, so are the
    future, whose result is dropped, and the handler, at its yield.
    """
    return driven_by(_await_future)(handler)


def _await_future(yielded: Any, step: Step, loop: asyncio.AbstractEventLoop) -> Callable[[], object]:
    if not asyncio.isfuture(yielded) or yielded.get_loop() is not loop:
        raise TypeError(f"a handler may yield only futures of its own loop, not {yielded!r}")
    yielded.add_done_callback(lambda future: step(_outcome(future)))
    return yielded.cancel


def _outcome(future: "asyncio.Future[T]") -> Outcome[T]:
    """Take over what a finished future holds, so that an exception in it counts as seen."""
    try:
        return Outcome(value=future.result())
    except BaseException as error:  # noqa: BLE001  # delivered: raised at the handler's yield
        return Outcome(error=error)
