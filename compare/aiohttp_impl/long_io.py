"""The long I/O in every paradigm. Line for line comparable with its twin in `tornado_impl`."""

from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from compare.aiohttp_impl.answers import Route, answer
from compare.contract import Paradigm, Server, io_body, parse_delay, query_of, server_timing
from compare.paradigms.waits import WAITS
from compare.serving.flights import Flights


class LongIO:
    """Admit, wait, answer: one route for each paradigm."""

    def __init__(self, paradigm: Paradigm, flights: Flights, work: str, pool: Executor) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.flights, self.work, self.pool = paradigm, flights, work, pool
        self.wait = WAITS[paradigm]

    async def get(self, request: web.Request) -> web.Response:
        """Answer after the wait."""
        delay_s = parse_delay(query_of(request.raw_path))
        with self.flights.admit(self.paradigm, delay_s) as flight:
            flight.result = await self.wait(flight, self.pool)
        body = io_body(Server.AIOHTTP, self.paradigm, self.work, delay_s)
        return answer(body, headers={"Server-Timing": server_timing(flight.took_s)})


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "work": work, "pool": pool}
    return [web.get(f"/io/{paradigm}", LongIO(paradigm, **own).get) for paradigm in WAITS]
