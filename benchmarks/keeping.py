"""What keeping a run after each of its cells costs, early and late in it, in CPU time of this process.

Cells are made up: each with so many requests, and the pings of its bystander. Run: ``python -m benchmarks.keeping``.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from compare.contract import Paradigm, Server
from compare.harness import environment
from compare.records import Cell, Closed, Contestant, Keeper, Measurement, Run, Samples

RUNS = ((100, 15_000), (300, 1_000))  # cells, and requests of each
PINGS, WINDOW_S, PARTS = 100, 2.0, 5


def samples(requests: int, rng: np.random.Generator) -> Samples:
    """Return made-up stamps with the digits of real ones."""
    intended_s = np.sort(rng.uniform(0.0, WINDOW_S, requests))
    sent_s = intended_s + rng.exponential(3e-5, requests)
    io_s = (0.1 + rng.exponential(3e-4, requests)).round(4)
    done_s = sent_s + io_s + rng.exponential(0.02, requests)
    status = np.full(requests, 200, np.int16)
    return Samples(intended_s, sent_s, done_s, status, io_s.astype(np.float32), WINDOW_S, WINDOW_S + 0.5)


def costs_s(cells: int, requests: int) -> list[float]:
    """Return the CPU seconds of keeping the run after each of its cells."""
    rng, here, keeper = np.random.default_rng(1), environment.read(), Keeper()
    contestant, load = Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(1000, duration_s=WINDOW_S)
    made = [
        Measurement(
            Cell("concurrency", contestant, load, round=number),
            environment=here,
            samples=samples(requests, rng),
            bystander=samples(PINGS, rng),
        )
        for number in range(cells)
    ]
    spent_s = []
    with tempfile.TemporaryDirectory() as folder:
        for count in range(1, cells + 1):
            run = Run("kept", "2026-11-27", "compare bench", 1, here, tuple(made[:count]), cells)
            before_s = time.process_time()
            keeper.save(run, Path(folder))
            spent_s.append(time.process_time() - before_s)
    return spent_s


def main() -> None:
    """Print, for each kind of run, the mean cost of a cell in each fifth of it."""
    for cells, requests in RUNS:
        fifths = np.array_split(np.array(costs_s(cells, requests)) * 1e3, PARTS)
        told = ", ".join(f"{fifth.mean():.1f}" for fifth in fifths)
        print(f"{cells} cells of {requests:,} requests: {told} ms of CPU a cell, by fifths of the run")


if __name__ == "__main__":
    main()
