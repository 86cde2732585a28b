"""The long I/O in every paradigm. Line for line comparable with its twin in `aiohttp_impl`."""

import asyncio
from collections.abc import Awaitable, Generator
from concurrent.futures import Executor
from typing import Any

from compare.contract import Paradigm, Server, io_body, parse_delay, query_of, server_timing
from compare.paradigms.callback import Outcome, long_io
from compare.paradigms.generator import trampoline
from compare.serving.flights import Flight, Flights
from compare.tornado_impl.answers import Handler


class LongIO(Handler):
    """Admit, wait, answer: all that the handlers of the paradigms have in common."""

    paradigm: Paradigm

    def initialize(self, flights: Flights, work: str, pool: Executor) -> None:
        """Take what the routing table hands to every long I/O."""
        self.flights, self.work, self.pool = flights, work, pool

    def wait(self, flight: Flight) -> Awaitable[bytes]:
        """Wait for the work in the way of one paradigm."""
        raise NotImplementedError

    async def get(self) -> None:
        """Answer after the wait."""
        delay_s = parse_delay(query_of(self.request.uri or ""))
        self.task = asyncio.current_task()
        io_s = await self.flights.fly(self.wait, delay_s)
        body = io_body(Server.TORNADO, self.paradigm, self.work, delay_s)
        self.answer(body, headers={"Server-Timing": server_timing(io_s)})

    head = get


class Blocking(LongIO):
    """Do the work on the loop: nobody else is served meanwhile. The anti-pattern, kept as the baseline."""

    paradigm = Paradigm.BLOCKING

    async def wait(self, flight: Flight) -> bytes:
        return flight.blocking()


class Callback(LongIO):
    """Start a thread and return; its callback, back on the loop, answers."""

    paradigm = Paradigm.CALLBACK

    def wait(self, flight: Flight) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()

        def finish(response: Outcome[bytes]) -> None:
            response.settle(answered)

        long_io(flight.blocking, finish, loop)
        return answered


class Generated(LongIO):
    """Yield the long I/O; the trampoline runs it in a thread and sends the response back in."""

    paradigm = Paradigm.GENERATOR

    @trampoline
    def wait(self, flight: Flight) -> Generator[Any, bytes, bytes]:
        def work() -> Generator[bytes, None, None]:
            yield flight.blocking()

        response = yield work()
        return response


class Executed(LongIO):
    """Await the work on the bounded pool: whoever finds it full waits in its queue."""

    paradigm = Paradigm.EXECUTOR

    def wait(self, flight: Flight) -> asyncio.Future[bytes]:
        return asyncio.get_running_loop().run_in_executor(self.pool, flight.blocking)


class Native(LongIO):
    """Await the work's native face: no thread."""

    paradigm = Paradigm.NATIVE

    def wait(self, flight: Flight) -> Awaitable[bytes]:
        return flight.native()


HANDLERS: dict[Paradigm, type[LongIO]] = {
    Paradigm.BLOCKING: Blocking,
    Paradigm.CALLBACK: Callback,
    Paradigm.GENERATOR: Generated,
    Paradigm.EXECUTOR: Executed,
    Paradigm.NATIVE: Native,
}
