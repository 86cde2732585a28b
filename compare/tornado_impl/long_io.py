"""The long I/O in every paradigm. Line for line comparable with its twin in `aiohttp_impl`."""

from concurrent.futures import Executor
from typing import Any

from compare.contract import IoReader, Paradigm, Server, io_reader, server_timing
from compare.paradigms.waits import WAITS, Wait
from compare.serving.flights import Flights

from compare.tornado_impl.answers import Handler, Route


class LongIO(Handler):
    """Admit, wait, answer: one route for each paradigm."""

    def initialize(
        self, paradigm: Paradigm, wait: Wait, read: IoReader, flights: Flights, pool: Executor
    ) -> None:
        """Take what the routing table hands to every long I/O."""
        self.paradigm, self.wait, self.read, self.flights, self.pool = paradigm, wait, read, flights, pool

    async def get(self) -> None:
        """Answer after the wait."""
        delay_s, body = self.read(self.request.uri or "")
        with self.flights.admit(self.paradigm, delay_s) as flight:
            self.task = flight.task
            flight.result = await self.wait(flight, self.pool)
        self.answer(body, headers={"Server-Timing": server_timing(flight.took_s)})

    head = get


def routes(flights: Flights, work: str, pool: Executor) -> list[Route]:
    """Return one route for each paradigm; their long I/Os are those of `flights`."""
    own: dict[str, Any] = {"flights": flights, "pool": pool}
    readers = {paradigm: io_reader(Server.TORNADO, paradigm, work) for paradigm in WAITS}
    return [
        (f"/io/{paradigm}", LongIO, {"paradigm": paradigm, "wait": wait, "read": readers[paradigm], **own})
        for paradigm, wait in WAITS.items()
    ]
