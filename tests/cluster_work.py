"""What a cluster's workers do in tests: pickled by reference, so it is a module of its own."""

import contextlib
import time
from collections.abc import Iterator

import msgspec

from compare.engine.ready import Ready
from compare.records import Cell, Measurement


class Order(msgspec.Struct, frozen=True):
    """How long a made-up cell takes, in seconds."""

    seconds: float


@contextlib.contextmanager
def opened(order: Order) -> Iterator[Ready]:
    """Measure by waiting."""

    def measure(cell: Cell) -> Measurement:
        time.sleep(order.seconds)
        return Measurement(cell)

    yield Ready(measure)
