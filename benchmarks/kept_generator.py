"""What a cell costs beside its load, and whether a kept generator measures what a fresh one does.

Each round measures one cell (a fresh aiohttp server, `native`) twice, by a generator of its own and by the one kept
since the start, in mirrored turns; the ratio of their answers a second is an A/A comparison, and its twin with two
fresh generators says how large such a ratio is where there is nothing to find.
Run: ``python -m benchmarks.kept_generator [ROUNDS]``.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
from msgspec.structs import replace

from compare.contract import Paradigm, Server
from compare.harness import environment
from compare.harness.generators import Generator
from compare.harness.measure import Harness
from compare.records import Cell, Closed, Contestant, Measurement

ROUNDS = 11
WAIT_S = 0.01
LOAD = Closed(200, WAIT_S, duration_s=1.0, warmup_s=0.3, timeout_s=1.0)
BESIDE_S = LOAD.warmup_s + LOAD.duration_s + WAIT_S + WAIT_S  # warm-up, window, ramp and the last answers

Measure = Callable[[Cell], Measurement]


def measured(measure: Measure, number: int) -> tuple[float, float]:
    """Return answers a second of one cell and the seconds it took beside its load."""
    cell = Cell("kept", Contestant(Server.AIOHTTP, Paradigm.NATIVE), LOAD, round=number)
    began_s = time.monotonic()
    made = measure(cell)
    took_s = time.monotonic() - began_s
    if made.failure or made.samples is None:
        raise SystemExit(made.failure)
    done_s = made.samples.done_s[made.samples.status == 200]
    return float(
        np.count_nonzero((done_s >= 0) & (done_s < LOAD.duration_s))
    ) / LOAD.duration_s, took_s - BESIDE_S


def compared(name: str, rounds: int, one: Measure, other: Measure) -> None:
    """Print the ratio of answers, one over other, with its range, and the overhead of both."""
    ratios, took = [], {one: list[float](), other: list[float]()}
    for number in range(rounds):
        rates = {}
        for measure in (one, other) if number % 2 else (other, one):
            rates[measure], beside_s = measured(measure, number)
            took[measure].append(beside_s)
        ratios.append(rates[one] / rates[other])
    overheads = f"overhead {told(took[one])} s against {told(took[other])} s"
    print(f"{name:16} answers/s {told(ratios)}   {overheads}", flush=True)


def told(values: Sequence[float]) -> str:
    """Return the median and, in brackets, what half of the values lie in."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    """Print a row for kept over fresh, and one for fresh over fresh."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    pins = environment.pinning()
    with closing(Generator(pins.generator)) as generator:
        fresh = Harness(pins)
        compared("kept / fresh", rounds, replace(fresh, generator=generator).measure, fresh.measure)
        compared("fresh / fresh", rounds, replace(fresh, seed=0).measure, fresh.measure)


if __name__ == "__main__":
    main()
