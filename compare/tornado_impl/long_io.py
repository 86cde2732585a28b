"""The long I/O in every paradigm. Line for line comparable with its twin in `aiohttp_impl`."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from compare.contract import Paradigm, Server, delay_of, io_bodies, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights
from compare.tornado_impl.answers import Handler, Route


class LongIO(Handler):
    """Admit, wait, answer: one route for each paradigm."""

    def initialize(
        self, paradigm: Paradigm, wait: Wait, body: Callable[[float], bytes], flights: Flights, pool: Executor
    ) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.wait, self.body, self.flights, self.pool = paradigm, wait, body, flights, pool

    async def get(self) -> None:
        """Answer after the wait."""
        delay_s = delay_of(self.request.uri or "")
        with self.flights.admit(self.paradigm, delay_s) as flight:
            self.task = flight.task
            flight.result = await self.wait(flight, self.pool)
        self.answer(self.body(delay_s), headers={"Server-Timing": server_timing(flight.took_s)})

    head = get


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    bodies = {paradigm: io_bodies(Server.TORNADO, paradigm, work) for paradigm in WAITS}
    return [
        (f"/io/{paradigm}", LongIO, {"paradigm": paradigm, "wait": wait, "body": bodies[paradigm], **own})
        for paradigm, wait in WAITS.items()
    ]
