"""The ways to wait for one long I/O, each once: no framework is named here, and both servers use them."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Executor
from typing import Any, Protocol

from compare.contract import Paradigm
from compare.paradigms import coroutine as by_future
from compare.paradigms.callback import Outcome, long_io
from compare.paradigms.generator import trampoline


class LongIO(Protocol):
    """Something slow, to be done in either of two ways."""

    def blocking(self) -> bytes:
        """Do it on the calling thread, which waits meanwhile."""

    def native(self) -> Awaitable[bytes]:
        """Return the awaitable that does it on the loop."""


async def blocking(io: LongIO, _pool: Executor) -> bytes:
    """Do the work on the loop: nobody else is served meanwhile. The anti-pattern, kept as the baseline."""
    return io.blocking()


def callback(io: LongIO, _pool: Executor) -> asyncio.Future[bytes]:
    """Start a thread and return; its callback, back on the loop, answers."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    def finish(response: Outcome[bytes]) -> None:
        response.settle(answered)

    long_io(io.blocking, finish, loop)
    return answered


@trampoline
def generator(io: LongIO, _pool: Executor) -> Generator[Any, bytes, bytes]:
    """Yield the long I/O; the trampoline runs it in a thread and sends the response back in."""

    def work() -> Generator[bytes, None, None]:
        yield io.blocking()

    response = yield work()
    return response


@by_future.coroutine
def coroutine(io: LongIO, _pool: Executor) -> Generator[Any, bytes, bytes]:
    """Yield a future of the work's native face; the trampoline sends its result back in: no thread."""
    response = yield asyncio.ensure_future(io.native())
    return response


def executor(io: LongIO, pool: Executor) -> asyncio.Future[bytes]:
    """Await the work on the bounded pool: when every thread is busy, it waits in the pool's queue."""
    return asyncio.get_running_loop().run_in_executor(pool, io.blocking)


def native(io: LongIO, _pool: Executor) -> Awaitable[bytes]:
    """Await the work's native face: no thread."""
    return io.native()


Wait = Callable[[LongIO, Executor], Awaitable[bytes]]

WAITS: dict[Paradigm, Wait] = {
    Paradigm.BLOCKING: blocking,
    Paradigm.CALLBACK: callback,
    Paradigm.GENERATOR: generator,
    Paradigm.COROUTINE: coroutine,
    Paradigm.EXECUTOR: executor,
    Paradigm.NATIVE: native,
}
