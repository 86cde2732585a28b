"""The plainest long I/O: a timer. Both faces wait without using the CPU and return the same bytes."""

import asyncio
import time
from collections.abc import Awaitable

SLEPT = b"slept"


class Sleep:
    """Waits `delay_s` seconds: on a thread by `time.sleep`, on the loop by `asyncio.sleep`."""

    name = "sleep"
    limit = 0

    @staticmethod
    def blocking(delay_s: float) -> bytes:
        """Put the calling thread to sleep for `delay_s` seconds."""
        time.sleep(delay_s)
        return SLEPT

    @staticmethod
    def native(delay_s: float) -> Awaitable[bytes]:
        """Return the sleep itself, not a coroutine around it: one frame less for every request.

        No delay is no wait: `asyncio.sleep(0)` would still give up the loop for a turn, whose system call costs a
        request as much as all of the server's own work for it.
        """
        return asyncio.sleep(delay_s, SLEPT) if delay_s > 0 else _nothing()

    async def start(self, capacity: int) -> None:
        """Nothing to prepare: a timer has no capacity."""

    async def stop(self) -> None:
        """Nothing to give back."""


async def _nothing() -> bytes:
    return SLEPT
