"""The long I/O in every paradigm. Line for line comparable with its twin in `tornado_impl`."""

from concurrent.futures import Executor
from typing import Any

from aiohttp import web
from multidict import istr

from compare.contract import IoReader, Paradigm, Server, io_reader, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights

from compare.aiohttp_impl.answers import Route, answer

_TIMING = istr("Server-Timing")


class LongIO:
    """Admit, wait, answer: one route for each paradigm."""

    def __init__(
        self, paradigm: Paradigm, wait: Wait, read: IoReader, flights: Flights, pool: Executor
    ) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.wait, self.read, self.flights, self.pool = paradigm, wait, read, flights, pool

    async def get(self, request: web.Request) -> web.Response:
        """Answer after the wait."""
        delay_s, body = self.read(request.raw_path)
        with self.flights.admit(self.paradigm, delay_s) as flight:
            flight.result = await self.wait(flight, self.pool)
        return answer(body, headers={_TIMING: server_timing(flight.took_s)})


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    readers = {paradigm: io_reader(Server.AIOHTTP, paradigm, work) for paradigm in WAITS}
    return [
        web.get(f"/io/{paradigm}", LongIO(paradigm, wait, readers[paradigm], **own).get)
        for paradigm, wait in WAITS.items()
    ]
