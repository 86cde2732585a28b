"""What a cluster's worker does as a source of load: it tells its time, and sends what it is told when it is told.

For `compare load` it opens its connections and waits for a common start; for `compare bench --load-from` it plays the
orders of a server's machine. Functions here are pickled by reference, as in `remote`. One command at a time.
"""

import os
import time
from contextlib import closing

import msgspec

from compare.engine.clocks import Clock, ClockError
from compare.errors import CompareError
from compare.harness.generators import Generator
from compare.harness.load import LoadResult
from compare.harness.together import Part, Prepared, generator_cpu
from compare.loadgen.protocol import START_WITHIN_S, Order, Outcome

BETWEEN_S = 600.0  # between two orders of one benchmark: then its command is gone


class SeatError(CompareError):
    """A worker that cannot take part in a load: one sentence."""


class Place(msgspec.Struct, frozen=True):
    """Where a worker is: the address that others reach it at, and which of `crowd` workers on its host it is."""

    host: str
    number: int = 0
    crowd: int = 1


class Far(msgspec.Struct, frozen=True):
    """Where the load on a server comes from: another worker's address in the cluster, its name, and its clock.

    `token` is what its clock asks for, `listen` the address of the server's machine that the load reaches.
    """

    run: str
    address: str
    name: str
    clock: tuple[str, int]
    token: bytes
    listen: str


class _Seat(msgspec.Struct):
    """What a worker holds for one command; it may be taken over after `until_s`, when the command is gone."""

    clock: Clock
    until_s: float
    prepared: Prepared | None = None
    generator: Generator | None = None

    @property
    def over(self) -> bool:
        waits = self.prepared.waits if self.prepared else time.monotonic() < self.until_s
        return not waits

    def close(self) -> None:
        self.clock.close()
        for one in (self.prepared, self.generator):
            if one is not None:
                one.close()


_seats: dict[str, _Seat] = {}


def join(run: str, place: Place, token: bytes) -> tuple[str, int]:
    """Take part in the load `run`; return where this worker's clock answers to those who have `token`."""
    for other, seat in list(_seats.items()):
        if seat.over:
            leave(other)
    if _seats:
        raise SeatError("it takes part in another load, and in one at a time: wait for its end.")
    try:
        clock = Clock(place.host, token)
    except OSError as error:
        raise ClockError(f"its clock cannot listen at {place.host}: {error.strerror}.") from error
    _seats[run] = _Seat(clock, time.monotonic() + START_WITHIN_S)
    return clock.address


def prepare(run: str, part: Part, place: Place) -> None:
    """Open the connections of `part`; raises LoadError."""
    seat = _seat(run)
    seat.prepared = Prepared(part, _cpu(place))


def begin(run: str, start_s: float) -> LoadResult:
    """Send from `start_s` on this worker's clock; return what came. Raises LoadError."""
    prepared = _seat(run).prepared
    if prepared is None:
        raise SeatError("it was to begin a load that it had not prepared.")
    with closing(prepared):
        return prepared.begin(start_s)


def play(run: str, order: Order) -> tuple[Outcome, bytes]:
    """Play an order for a server on another machine, in one generator for all; raises GeneratorError."""
    seat = _seat(run)
    seat.generator = seat.generator or Generator(_cpu(Place("")))
    seat.until_s = time.monotonic() + order.longest_s + BETWEEN_S
    outcome, rows = seat.generator.play(order)
    seat.until_s = time.monotonic() + BETWEEN_S
    return outcome, bytes(rows)


def cut(run: str) -> None:
    """End the load early; called beside the task queue, because a task waits for it."""
    seat = _seats.get(run)
    if seat is not None and seat.prepared is not None:
        seat.prepared.cut()


def leave(run: str) -> None:
    """End what belongs to `run` on this worker; called beside the task queue too."""
    seat = _seats.pop(run, None)
    if seat is not None:
        seat.close()


def _cpu(place: Place) -> int | None:
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return generator_cpu(cpus, place.number, place.crowd)


def _seat(run: str) -> _Seat:
    seat = _seats.get(run)
    if seat is None:
        raise SeatError("its worker was begun anew after it had joined the load.")
    return seat
