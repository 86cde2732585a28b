"""The long I/O in every paradigm. Line for line comparable with its twin in `tornado_impl`."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from compare.aiohttp_impl.answers import Route, answer
from compare.contract import Paradigm, Server, delay_of, io_bodies, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights


class LongIO:
    """Admit, wait, answer: one route for each paradigm."""

    def __init__(
        self, paradigm: Paradigm, wait: Wait, body: Callable[[float], bytes], flights: Flights, pool: Executor
    ) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.wait, self.body, self.flights, self.pool = paradigm, wait, body, flights, pool

    async def get(self, request: web.Request) -> web.Response:
        """Answer after the wait."""
        delay_s = delay_of(request.raw_path)
        with self.flights.admit(self.paradigm, delay_s) as flight:
            flight.result = await self.wait(flight, self.pool)
        return answer(self.body(delay_s), headers={"Server-Timing": server_timing(flight.took_s)})


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    bodies = {paradigm: io_bodies(Server.AIOHTTP, paradigm, work) for paradigm in WAITS}
    return [
        web.get(f"/io/{paradigm}", LongIO(paradigm, wait, bodies[paradigm], **own).get)
        for paradigm, wait in WAITS.items()
    ]
