"""The long I/O in every paradigm. Line for line comparable with its twin in `aiohttp_impl`."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from compare.contract import Server, delay_of, io_bodies, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights
from compare.tornado_impl.answers import Handler, Route

Body = Callable[[float], bytes]


class LongIO(Handler):
    """Admit, wait, answer: one route for each paradigm."""

    def initialize(self, flights: Flights, wait: Wait, body: Body, pool: Executor) -> None:
        """Take what the routing table hands to every long I/O."""
        self.flights, self.wait, self.body, self.pool = flights, wait, body, pool

    async def get(self) -> None:
        """Answer after the wait."""
        delay_s = delay_of(self.request.uri or "")
        with self.flights.admit(delay_s) as flight:
            self.task = flight.task
            flight.result = await self.wait(flight, self.pool)
        self.answer(self.body(delay_s), headers={"Server-Timing": server_timing(flight.took_s)})

    head = get


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    return [
        (f"/io/{name}", LongIO, {"wait": wait, "body": io_bodies(Server.TORNADO, name, work), **own})
        for name, wait in WAITS.items()
    ]
