"""The long I/O in every paradigm. Line for line comparable with its twin in `aiohttp_impl`."""

import asyncio
from concurrent.futures import Executor
from typing import Any

from compare.contract import Paradigm, Server, io_body, parse_delay, query_of, server_timing
from compare.paradigms.waits import WAITS
from compare.serving.flights import Flights
from compare.tornado_impl.answers import Handler, Route


class LongIO(Handler):
    """Admit, wait, answer: one route for each paradigm."""

    def initialize(self, paradigm: Paradigm, flights: Flights, work: str, pool: Executor) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.flights, self.work, self.pool = paradigm, flights, work, pool
        self.wait = WAITS[paradigm]

    async def get(self) -> None:
        """Answer after the wait."""
        delay_s = parse_delay(query_of(self.request.uri or ""))
        self.task = asyncio.current_task()
        with self.flights.admit(self.paradigm, delay_s) as flight:
            flight.result = await self.wait(flight, self.pool)
        body = io_body(Server.TORNADO, self.paradigm, self.work, delay_s)
        self.answer(body, headers={"Server-Timing": server_timing(flight.took_s)})

    head = get


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "work": work, "pool": pool}
    return [(f"/io/{paradigm}", LongIO, {"paradigm": paradigm, **own}) for paradigm in WAITS]
