"""Two hundred made-up machines, some of which die or are slow: every round is made exactly once.

    python -m benchmarks.fleet_simulated [MACHINES] [ROUNDS] [RUNS]

No server and no cluster: the engine's own hand-out and bookkeeping under what a large cluster does to it. A machine in
ten dies at a random cell, one in ten is five times as slow, and one in five comes late.
"""

import contextlib
import random
import sys
import time
from collections import Counter

from compare.contract import Paradigm, Server
from compare.engine.many import Finished, MachineLostError, Made, Many
from compare.engine.spread import Attempt, Lost
from compare.records import Cell, Closed, Contestant, Measurement

CELLS, CELL_S = 6, 0.002


class Machine:
    """Measures by waiting; dies when its `dies_at`th cell begins."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self.name, self.turn = name, contextlib.nullcontext()
        self._dies_at = rng.randrange(1, 4 * CELLS) if rng.random() < 0.1 else None
        self._cell_s = CELL_S * (5 if rng.random() < 0.1 else 1)
        self.comes_s = rng.random() * 0.2 if rng.random() < 0.2 else 0.0
        self._made = 0

    def measure(self, cell: Cell, _attempt: Attempt) -> Measurement:
        """Return a measurement after a while."""
        if self._made == self._dies_at:
            raise MachineLostError(f"{self.name} died.")
        self._made += 1
        time.sleep(self._cell_s)
        return Measurement(cell)


def main(machines: int = 200, rounds: int = 1000, runs: int = 5) -> None:
    """Run `runs` simulated benchmarks and print one line for each."""
    contestants = [Contestant(server, one) for server in Server for one in list(Paradigm)[:3]]
    for seed in range(runs):
        rng = random.Random(seed)
        there = [Machine(f"m{number}", rng) for number in range(machines)]
        planned = [[Cell("x", one, Closed(10), round=n) for one in contestants] for n in range(rounds)]
        start = time.monotonic()
        made, finished, lost = Counter[Attempt](), Counter[int](), 0
        many = Many(planned, lambda there=there, start=start: coming(there, start))
        for event in many.events():
            if isinstance(event, Made):
                made[event.attempt] += 1
            elif isinstance(event, Finished):
                finished[event.attempt.round] += 1
                assert made[event.attempt] == CELLS
            elif isinstance(event, Lost):
                lost += 1
        assert finished == dict.fromkeys(range(rounds), 1)
        took_s = time.monotonic() - start
        done = f"{rounds:,} rounds on {machines} machines in {took_s:.1f} s, each once"
        print(f"seed {seed}: {done}; {lost} lost and made again")


def coming(machines: list[Machine], start: float) -> list[Machine]:
    """Return the machines that are there by now."""
    return [one for one in machines if time.monotonic() - start >= one.comes_s]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
