"""What an order hears while it is played, from the process that gave it: its start, and that it is to end early."""

import asyncio
import time

from compare.errors import CompareError
from compare.loadgen.protocol import START, START_WITHIN_S


class TooLateError(CompareError):
    """An order that waits was told to begin when that moment had passed, or was told nothing: one sentence."""


class Hearing:
    """The lines heard so far. Waiting for one costs no task: a loop that is flooded turns seldom."""

    def __init__(self) -> None:
        self.cut = False  # the order ends early
        self.start_s: float | None = None  # when one that waits begins
        self._waiter: asyncio.Future[None] | None = None

    def hear(self, said: bytes) -> None:
        """Take the lines that were written."""
        for line in said.splitlines():
            if line.startswith(START):
                self.start_s = float(line.removeprefix(START))
            else:
                self.cut = True
        if self._waiter is not None:
            _release(self._waiter)

    async def within(self, wait_s: float) -> None:
        """Return when something is heard, or after `wait_s`."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(wait_s, _release, self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()

    async def start(self) -> float:
        """Return the start that is told, or this moment where the order is cut first; raises TooLateError."""
        patience_s = time.monotonic() + START_WITHIN_S
        while self.start_s is None and not self.cut:
            left_s = patience_s - time.monotonic()
            if left_s <= 0:
                raise TooLateError(f"No start was told within {START_WITHIN_S:g} s.")
            await self.within(left_s)
        now_s = time.monotonic()
        if self.start_s is None:
            return now_s
        if self.start_s <= now_s:
            raise TooLateError(f"The start was told {(now_s - self.start_s) * 1e3:.3g} ms after its moment.")
        return self.start_s


def _release(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
