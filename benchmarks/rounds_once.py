"""Runs of eight rounds on workers in four namespaces, one of them killed at a random moment: every round exactly once.

    sudo python -m benchmarks.rounds_once [RUNS]

Real scheduler, real workers, TLS; the cells wait instead of measuring, so that a run takes a second. The killed machine
comes back for the next run.
"""

import random
import sys
import threading
import time
from collections import Counter

from benchmarks import apart
from benchmarks.apart import Site, Waiting
from compare.contract import Paradigm, Server
from compare.engine.cluster import Cluster, connect
from compare.engine.many import Finished, Made, Many
from compare.engine.spread import Attempt, Lost
from compare.network import hosts
from compare.records import Cell, Closed, Contestant

MACHINES, ROUNDS, CELL_S = 4, 8, 0.2
CONTESTANTS = [Contestant(server, Paradigm.NATIVE) for server in Server]
LIKELY_S = ROUNDS / MACHINES * len(CONTESTANTS) * CELL_S  # of a run in which nobody dies


def one(number: int, there: Site, cluster: Cluster, rng: random.Random) -> bool:
    """Drive one run and print a line; return whether every round was made exactly once."""
    rounds = [[Cell("x", one, Closed(10), round=at) for one in CONTESTANTS] for at in range(ROUNDS)]
    victim, after_s = rng.choice(list(there.workers)), rng.uniform(0.0, LIKELY_S)
    killing = threading.Timer(after_s, there.kill, [victim])
    name, began_s = f"once-{number}-{time.time_ns():x}", time.monotonic()
    many = Many(rounds, lambda: cluster.machines(name, apart.opened, Waiting(CELL_S)))
    finished, cells, lost = Counter[int](), Counter[Attempt](), 0
    killing.start()
    for event in many.events():
        if isinstance(event, Made):
            cells[event.attempt] += 1
        elif isinstance(event, Finished):
            finished[event.attempt.round] += cells[event.attempt] == len(CONTESTANTS)
        elif isinstance(event, Lost):
            lost += 1
    killing.join()
    cluster.end(name)
    good = finished == dict.fromkeys(range(ROUNDS), 1)
    told = f"{victim.name.rpartition('-')[2]} killed after {after_s:.2f} s, {lost} lost and made again"
    print(
        f"run {number}: {told}, {time.monotonic() - began_s:.1f} s: {'each once' if good else finished}",
        flush=True,
    )
    there.begin(victim)
    there.ready()
    return good


def main(runs: int = 20) -> None:
    """Print a line for each run, then in how many every round was made once."""
    rng = random.Random(17)
    with (
        apart.site(MACHINES) as there,
        hosts.inside(there.network.hub),
        connect(there.where, there.certs) as cluster,
    ):
        good = sum(one(number, there, cluster, rng) for number in range(1, runs + 1))
    print(f"{good} of {runs} runs made each of {ROUNDS} rounds once")
    if good < runs:
        sys.exit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
