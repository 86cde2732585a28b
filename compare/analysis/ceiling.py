"""What waiting alone allows: how many answers a second, and how many in a window. Pure."""

import math

from compare.contract import WaitThread
from compare.records import Contestant, Environment, Load, Measurement, rate_rps


def ceiling_rps(contestant: Contestant, load: Load, pool: int, limit: int = 0) -> float | None:
    """Return the most that waiting allows, min(in flight, threads, limit) / wait; None where the wait is 0 or unknown.

    `pool` is how many threads Python's own pool has (`default_pool`). `limit` is how many the
    work does at once in one server process, such as a pool of connections; 0 = any number. The connections of an open
    loop are a reserve and no load: there only threads and limits make a ceiling.
    """
    if load.delay_s <= 0 or not contestant.waits_as_asked:
        return None
    threads = slots(contestant, pool)
    servers = contestant.workers * contestant.loops
    at_once = servers * min(threads, contestant.max_in_flight or math.inf, limit or math.inf)
    most = min(load.concurrency if rate_rps(load) is None else math.inf, at_once)
    return most / load.delay_s if math.isfinite(most) else None


def slots(contestant: Contestant, pool: int) -> float:
    """Return how many waits of one server may overlap, as far as its threads decide it."""
    return {
        WaitThread.LOOP: 1,
        WaitThread.POOL: contestant.threads or pool,
    }.get(contestant.paradigm.thread, math.inf)


def threads_of(contestant: Contestant, in_flight: int, pool: int = 0) -> int:
    """Return about how many threads a contestant has at a load: as many as wait, or as its pool has."""
    return {
        WaitThread.EACH: in_flight,
        WaitThread.POOL: min(contestant.threads or pool, in_flight),
    }.get(contestant.paradigm.thread, 0)


def default_pool(one: Measurement, environment: Environment) -> int:
    """Return the threads of the server's own pool: as it said itself, else as Python up to 3.12 counts them.

    From 3.13 on Python counts the CPUs a process may use, so that a pinned server has fewer than its machine suggests.
    """
    return one.pool_threads or min(32, environment.cpus + 4)


def effective_limit(contestant: Contestant, load: Load, pool: int, limit: int) -> int:
    """Return the work's own `limit` where it lowers the ceiling, else 0."""
    without, within = ceiling_rps(contestant, load, pool), ceiling_rps(contestant, load, pool, limit)
    return limit if within and within < (without or math.inf) else 0


def most_successes(ceiling: float | None, wait_s: float, window_s: float) -> float:
    """Return how many answers waiting allows: a window of 2.5 waits has room for 3 of each connection."""
    if ceiling is None:
        return math.inf
    return ceiling * wait_s * math.ceil(window_s / wait_s - 1e-6)
