"""The plainest long I/O: a timer. Both faces wait without using the CPU and return the same bytes."""

import asyncio
import math
import time
from collections.abc import Awaitable

SLEPT = b"slept"


class Sleep:
    """Waits at least `delay_s` seconds: on a thread by `time.sleep`, on the loop by `asyncio.sleep`."""

    name = "sleep"
    limit = 0
    _in_milliseconds = False

    @staticmethod
    def blocking(delay_s: float) -> bytes:
        """Put the calling thread to sleep for `delay_s` seconds; without a delay return at once, as the other face.

        `time.sleep(0)` is a trip through the scheduler, about 70 us: two faces would be two different works.
        """
        if delay_s > 0:
            time.sleep(delay_s)
        return SLEPT

    def native(self, delay_s: float) -> Awaitable[bytes]:
        """Return the sleep itself, not a coroutine around it: one frame less for every request.

        Without a delay it does not wait: `asyncio.sleep(0)` would still give up the loop for a turn, whose system call
        costs a request as much as all of the server's own work for it.
        """
        if delay_s <= 0:
            return _nothing()
        return asyncio.sleep(_late_enough_s(delay_s) if self._in_milliseconds else delay_s, SLEPT)

    async def start(self, capacity: int) -> None:  # noqa: ARG002  # a timer has none
        """Learn how the running loop counts time."""
        self._in_milliseconds = type(asyncio.get_running_loop()).__module__.startswith("uvloop")

    async def stop(self) -> None:
        """Nothing to give back."""


async def _nothing() -> bytes:
    return SLEPT


def _late_enough_s(delay_s: float) -> float:
    """Return what to ask uvloop for: it counts whole milliseconds, and the one that has begun is the first."""
    return (math.ceil(delay_s * 1e3) + 1) / 1e3
