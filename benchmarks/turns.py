"""CPU time of jobs that take turns, in turns so short that another program's hour falls on all of them alike."""

import statistics
import time
import timeit
from collections.abc import Callable, Mapping

Job = Callable[[], object]
ROUNDS, CALLS = 80, 1_000


def cpu_us(jobs: Mapping[str, Job], rounds: int = ROUNDS, calls: int = CALLS) -> dict[str, list[float]]:
    """Return microseconds of this process's CPU a call, of each job one a round; every second round goes backwards."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name, job in list(jobs.items())[:: -1 if number % 2 else 1]:
            spent_s = timeit.timeit(job, number=calls, timer=time.process_time)
            found[name].append(spent_s / calls * 1e6)
    return found


def ratio(slow: list[float], fast: list[float]) -> float:
    """Return how many times as long `slow` takes: the median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(slow, fast, strict=True))
