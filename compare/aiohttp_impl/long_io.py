"""The long I/O in every paradigm. Line for line comparable with its twin in `tornado_impl`."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Executor
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from compare.aiohttp_impl.answers import answer
from compare.contract import Paradigm, Server, io_body, parse_delay, query_of, server_timing
from compare.paradigms.callback import Outcome, long_io
from compare.paradigms.generator import trampoline
from compare.serving.flights import Flight, Flights

FLIGHTS = web.AppKey("flights", Flights)
WORK = web.AppKey("work", str)
POOL = web.AppKey("pool", Executor)


async def blocking(flight: Flight, _app: web.Application) -> bytes:
    """Do the work on the loop: nobody else is served meanwhile. The anti-pattern, kept as the baseline."""
    return flight.blocking()


def callback(flight: Flight, _app: web.Application) -> asyncio.Future[bytes]:
    """Start a thread and return; its callback, back on the loop, answers."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    def finish(response: Outcome[bytes]) -> None:
        response.settle(answered)

    long_io(flight.blocking, finish, loop)
    return answered


@trampoline
def generator(flight: Flight, _app: web.Application) -> Generator[Any, bytes, bytes]:
    """Yield the long I/O; the trampoline runs it in a thread and sends the response back in."""

    def work() -> Generator[bytes, None, None]:
        yield flight.blocking()

    response = yield work()
    return response


def executor(flight: Flight, app: web.Application) -> asyncio.Future[bytes]:
    """Await the work on the bounded pool: whoever finds it full waits in its queue."""
    return asyncio.get_running_loop().run_in_executor(app[POOL], flight.blocking)


def native(flight: Flight, _app: web.Application) -> Awaitable[bytes]:
    """Await the work's native face: no thread."""
    return flight.native()


Wait = Callable[[Flight, web.Application], Awaitable[bytes]]


def _handler(paradigm: Paradigm, wait: Wait) -> Handler:
    """Make the handler of one paradigm: admit, wait, answer."""

    async def get(request: web.Request) -> web.Response:
        delay_s = parse_delay(query_of(request.raw_path))
        app = request.app
        io_s = await app[FLIGHTS].fly(lambda flight: wait(flight, app), delay_s)
        body = io_body(Server.AIOHTTP, paradigm, app[WORK], delay_s)
        return answer(body, headers={"Server-Timing": server_timing(io_s)})

    return get


_WAITS: dict[Paradigm, Wait] = {
    Paradigm.BLOCKING: blocking,
    Paradigm.CALLBACK: callback,
    Paradigm.GENERATOR: generator,
    Paradigm.EXECUTOR: executor,
    Paradigm.NATIVE: native,
}
HANDLERS = {paradigm: _handler(paradigm, wait) for paradigm, wait in _WAITS.items()}
