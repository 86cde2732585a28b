"""The long I/O in every paradigm. Line for line comparable with its twin in `tornado_impl`."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from compare.aiohttp_impl.answers import Route, answer
from compare.contract import Server, delay_of, io_bodies, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights

Body = Callable[[float], bytes]


class LongIO:
    """Admit, wait, answer: one route for each paradigm."""

    def __init__(self, flights: Flights, wait: Wait, body: Body, pool: Executor) -> None:
        """Take what the routing table hands to every long I/O."""
        self.flights, self.wait, self.body, self.pool = flights, wait, body, pool

    async def get(self, request: web.Request) -> web.Response:
        """Answer after the wait."""
        delay_s = delay_of(request.raw_path)
        with self.flights.admit(delay_s) as flight:
            flight.result = await self.wait(flight, self.pool)
        return answer(self.body(delay_s), headers={"Server-Timing": server_timing(flight.took_s)})


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    return [
        web.get(f"/io/{name}", LongIO(wait=wait, body=io_bodies(Server.AIOHTTP, name, work), **own).get)
        for name, wait in WAITS.items()
    ]
