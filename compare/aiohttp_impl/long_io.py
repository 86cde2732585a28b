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


async def blocking(flight: Flight, _pool: Executor) -> bytes:
    """Do the work on the loop: nobody else is served meanwhile. The anti-pattern, kept as the baseline."""
    return flight.blocking()


def callback(flight: Flight, _pool: Executor) -> asyncio.Future[bytes]:
    """Start a thread and return; its callback, back on the loop, answers."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    def finish(response: Outcome[bytes]) -> None:
        response.settle(answered)

    long_io(flight.blocking, finish, loop)
    return answered


@trampoline
def generator(flight: Flight, _pool: Executor) -> Generator[Any, bytes, bytes]:
    """Yield the long I/O; the trampoline runs it in a thread and sends the response back in."""

    def work() -> Generator[bytes, None, None]:
        yield flight.blocking()

    response = yield work()
    return response


def executor(flight: Flight, pool: Executor) -> asyncio.Future[bytes]:
    """Await the work on the bounded pool: whoever finds it full waits in its queue."""
    return asyncio.get_running_loop().run_in_executor(pool, flight.blocking)


def native(flight: Flight, _pool: Executor) -> Awaitable[bytes]:
    """Await the work's native face: no thread."""
    return flight.native()


Wait = Callable[[Flight, Executor], Awaitable[bytes]]


def handler(paradigm: Paradigm, wait: Wait, flights: Flights, work: str, pool: Executor) -> Handler:
    """Make the handler of one paradigm: admit, wait, answer."""

    def start(flight: Flight) -> Awaitable[bytes]:
        return wait(flight, pool)

    async def get(request: web.Request) -> web.Response:
        delay_s = parse_delay(query_of(request.raw_path))
        io_s = await flights.fly(start, delay_s)
        body = io_body(Server.AIOHTTP, paradigm, work, delay_s)
        return answer(body, headers={"Server-Timing": server_timing(io_s)})

    return get


HANDLERS: dict[Paradigm, Wait] = {
    Paradigm.BLOCKING: blocking,
    Paradigm.CALLBACK: callback,
    Paradigm.GENERATOR: generator,
    Paradigm.EXECUTOR: executor,
    Paradigm.NATIVE: native,
}
