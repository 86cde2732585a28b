"""When the next request is due: schedules that never wait for answers. Pure, so tested by rows and without sleeping.

A schedule is an endless iterator of times in seconds after the start, in order. An open loop that waits for answers
sends less when the server is slow, and its latencies look good exactly when they are bad (coordinated omission).
"""

import itertools
import random
from collections.abc import Iterator


def constant(rate_rps: float) -> Iterator[float]:
    """Yield 0, 1/rate, 2/rate, ...: multiplied, not added up, so that no rounding error grows."""
    return (number / rate_rps for number in itertools.count())


def poisson(rate_rps: float, seed: int) -> Iterator[float]:
    """Yield arrivals of independent users: gaps are exponential with mean 1/rate; the same seed, the same times."""
    gap = random.Random(seed).expovariate
    return itertools.accumulate(gap(rate_rps) for _ in itertools.repeat(None))


def ramp(count: int, span_s: float, seed: int) -> list[float]:
    """Return when each of `count` connections sends first: one at a random moment of each of `count` equal slots.

    Started together, connections that wait equally long would stay in step forever and arrive as one burst.
    """
    moment = random.Random(seed).random
    return [(number + moment()) * span_s / count for number in range(count)]


def shifted(schedule: Iterator[float], start_s: float, until_s: float) -> Iterator[float]:
    """Yield the times of `schedule` with its start at `start_s`, those before `until_s`."""
    return itertools.takewhile(lambda at_s: at_s < until_s, (start_s + at_s for at_s in schedule))
