"""Several machines put one load on one target: compare clocks, prepare all, agree on a start, begin, compare again.

A latency is the difference of two stamps of one machine. Clocks are compared for two things only: that all begin
together, and which part of their windows is common to all.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import msgspec

from compare.engine.clocks import Offset
from compare.harness.load import LoadResult
from compare.harness.together import Part, split

LEAD_S, LEAD_TRIPS = (
    1.0,
    20,
)  # between the agreement on a start and the start: so long, or so many round trips

T = TypeVar("T")


class Presser(Protocol):
    """A machine that takes part."""

    @property
    def name(self) -> str:
        """How reports call it."""

    def offset(self) -> Offset:
        """Return how far its clock is ahead of this machine's."""

    def prepare(self, part: Part) -> None:
        """Have it open its connections; raises CompareError."""

    def begin(self, start_s: float) -> LoadResult:
        """Have it send from `start_s` on its own clock; return what came. Raises CompareError."""

    def cut(self) -> None:
        """Have it end early; `begin` returns then."""


class Pressed(msgspec.Struct, frozen=True):
    """What one machine gave, and how far its clock was ahead of this machine's before and after."""

    name: str
    part: Part
    result: LoadResult
    before: Offset
    after: Offset

    @property
    def ahead_s(self) -> float:
        """How far its clock was ahead in the middle of the load."""
        return (self.before.ahead_s + self.after.ahead_s) / 2

    @property
    def drift_s(self) -> float:
        """By how much its clock gained on this machine's meanwhile."""
        return self.after.ahead_s - self.before.ahead_s

    @property
    def unsure_s(self) -> float:
        """How far `ahead_s` may be from the truth."""
        return max(self.before.unsure_s, self.after.unsure_s) + abs(self.drift_s) / 2

    @property
    def opens_s(self) -> float:
        """When its window opened, on this machine's clock."""
        return self.result.window[0] - self.ahead_s


def press(
    machines: Sequence[Presser],
    whole: Part,
    *,
    clock: Callable[[], float] = time.monotonic,
    lead_s: float = LEAD_S,
) -> list[Pressed]:
    """Have `machines` put `whole` on its target together; return what each gave, in their order.

    A first Ctrl-C ends the load early and what was measured is returned. Raises CompareError when one of them cannot
    take part or is lost: the others end early then.
    """
    parts = split(whole, len(machines))
    with ThreadPoolExecutor(len(machines)) as threads:
        before = _all(threads.submit(one.offset) for one in machines)
        _all(threads.submit(one.prepare, part) for one, part in zip(machines, parts, strict=True))
        start_s = clock() + max(lead_s, LEAD_TRIPS * 2 * max(offset.unsure_s for offset in before))
        running = [
            threads.submit(one.begin, start_s + offset.ahead_s)
            for one, offset in zip(machines, before, strict=True)
        ]
        results = _ended(running, machines)
        after = _all(threads.submit(one.offset) for one in machines)
    made = zip(machines, parts, results, before, after, strict=True)
    return [Pressed(one.name, part, result, early, late) for one, part, result, early, late in made]


def _all(tasks: Iterable[Future[T]]) -> list[T]:
    """Return all results once all have ended; raises the first failure."""
    asked = list(tasks)
    futures.wait(asked)
    return [one.result() for one in asked]


def _ended(running: Sequence[Future[T]], machines: Sequence[Presser]) -> list[T]:
    """Return the results; Ctrl-C or the failure of one machine ends the load on the others."""
    try:
        done, late = futures.wait(running, return_when=futures.FIRST_EXCEPTION)
    except KeyboardInterrupt:
        _cut(machines)
        return _all(running)
    if late:
        _cut(machines)
        futures.wait(late)
    for one in done:
        one.result()  # it may be the failure
    return _all(running)


def _cut(machines: Sequence[Presser]) -> None:
    for one in machines:
        with contextlib.suppress(Exception):  # one that is gone has ended already
            one.cut()
