"""A measurer without servers: what a small queueing model would answer, in the form of a real measurement.

It exists so that plans, summaries, figures and reports can be tried in seconds and without noise: `bench` takes
the measuring function as an argument, and this is the other one. Its numbers are not results: a run made with it
says so in its environment. The capacities are rough figures of one machine, so that the figures look real.
"""

import heapq
import math
from collections.abc import Callable, Iterator

import numpy as np
from msgspec.structs import replace

from compare.contract import Gc, GcPauses, LoopLag, Server, WaitThread
from compare.records import (
    Abandoned,
    Arrivals,
    Cell,
    Contestant,
    Environment,
    GeneratorReport,
    Load,
    Measurement,
    Mixed,
    Noise,
    Open,
    Orphans,
    Run,
    Samples,
    SampleStatus,
    Usage,
)

Capacity = Callable[[Contestant], float]

# Requests a second one CPU can carry, however long they wait, by the thread that a wait takes.
CPU_RPS = {
    (Server.TORNADO, WaitThread.LOOP): 4200,
    (Server.TORNADO, WaitThread.EACH): 1500,
    (Server.TORNADO, WaitThread.POOL): 2100,
    (Server.TORNADO, WaitThread.NONE): 4100,
    (Server.AIOHTTP, WaitThread.LOOP): 9500,
    (Server.AIOHTTP, WaitThread.EACH): 2600,
    (Server.AIOHTTP, WaitThread.POOL): 3400,
    (Server.AIOHTTP, WaitThread.NONE): 8800,
}
TRAMPOLINE = 0.9  # of them are left beside a handler that is driven by hand
# The share of its CPU that the garbage collector takes.
COLLECTING = {Gc.DEFAULT: 0.12, Gc.FREEZE: 0.10, Gc.TUNED: 0.02, Gc.OFF: 0.0}
THREADED = frozenset({WaitThread.EACH, WaitThread.POOL})
DEFAULT_POOL = 6  # of a machine with two CPUs


def capacity(contestant: Contestant) -> float:
    """Return the requests a second this contestant's CPU carries in the model."""
    faster = 1.25 if contestant.loop == "uvloop" else 1.0
    collecting = (1 - COLLECTING[contestant.gc]) / (1 - COLLECTING[Gc.DEFAULT])
    processes = 1 + 0.9 * (contestant.workers - 1)  # as if there were CPUs enough
    driven = TRAMPOLINE if contestant.paradigm.trampoline else 1.0
    rps = CPU_RPS[contestant.server, contestant.paradigm.thread]
    return rps * driven * faster * collecting * processes


def slots(contestant: Contestant) -> float:
    """Return how many waits may overlap in the model."""
    return {
        WaitThread.LOOP: 1,
        WaitThread.POOL: contestant.threads or DEFAULT_POOL,
    }.get(contestant.paradigm.thread, math.inf)


def measurer(seed: int = 0, speed: Capacity = capacity, drift: float = 0.0) -> Callable[[Cell], Measurement]:
    """Return a measuring function for `bench`: the same seed gives the same measurements.

    `drift` makes each cell that much slower than the one before, as a machine that heats up does.
    """
    made = iter(range(10**9))

    def measure(cell: Cell) -> Measurement:
        number = next(made)
        rng = np.random.default_rng((seed, number))
        pace = speed(cell.contestant) * rng.normal(1, 0.015) / (1 + drift) ** number
        return measurement(cell, pace, rng)

    return measure


def measurement(cell: Cell, cpu_rps: float, rng: np.random.Generator) -> Measurement:
    """Return what `cell` would give on a server whose CPU carries `cpu_rps`."""
    load, contestant = cell.load, cell.contestant
    samples = (
        _open(load, contestant, cpu_rps, rng)
        if isinstance(load, Open | Mixed)
        else _closed(load, contestant, cpu_rps, rng)
    )
    answered = int(np.sum((samples.done_s <= load.duration_s) & (samples.status == 200)))
    rate = answered / load.duration_s
    in_flight = min(load.concurrency, slots(contestant), max(1.0, rate * load.delay_s))
    threads = 2 + int(in_flight) if contestant.paradigm.thread in THREADED else 2
    busy = min(1.0, rate / cpu_rps)
    idle_bytes = 38_000_000 * contestant.workers
    lag = load.delay_s if contestant.paradigm.thread is WaitThread.LOOP else 0.0004 + 0.02 * busy**6
    return Measurement(
        cell=cell,
        usage=Usage(
            cpu_s=busy * load.duration_s,
            window_s=load.duration_s,
            rss_idle_bytes=idle_bytes,
            rss_peak_bytes=int(idle_bytes + load.concurrency * 11_000 + threads * 24_000),
            threads_peak=threads,
            voluntary_switches=answered,
            involuntary_switches=int(40 * busy),
            open_files_peak=load.concurrency + 12,
        ),
        generator=GeneratorReport(
            cpu_share=min(0.6, rate * 13e-6), connections=load.concurrency, reconnects=0
        ),
        loop_lag_s=LoopLag(lag / 2, lag, lag * 1.2),
        gc=GcPauses(answered // 50, busy * load.duration_s * COLLECTING[contestant.gc], 0.02),
        noise=Noise(load_1m=0.4, steal_share=0.0, pressure_share=0.01, spin_ratio=1.0),
        samples=samples,
        shares=_shares(answered, load, contestant, rng),
        bystander=_bystander(load, lag, rng),
        finding=Orphans(tuple(_orphans(load, contestant))) if isinstance(load, Abandoned) else None,
    )


def _shares(answered: int, load: Load, contestant: Contestant, rng: np.random.Generator) -> tuple[int, ...]:
    """Return what each of several workers answered: as many as the connections that a hash gave to it send."""
    if contestant.workers == 1:
        return ()
    connections = rng.multinomial(load.concurrency, [1 / contestant.workers] * contestant.workers)
    return tuple(int(answered * count / load.concurrency) for count in connections)


def _closed(load: Load, contestant: Contestant, cpu_rps: float, rng: np.random.Generator) -> Samples:
    """Answers leave evenly at the rate of the bottleneck; a connection sends again when it is answered."""
    many = load.concurrency
    each_s = max(load.delay_s + 1 / cpu_rps, many / cpu_rps, many * load.delay_s / slots(contestant))
    rate = many / each_s
    count = int(rate * (load.duration_s + load.timeout_s)) + 3 * many + 2
    wobble = rng.normal(0, 0.02 if each_s > 1.05 * load.delay_s else 0.002, count) * load.delay_s
    done = np.sort((np.arange(count) - 2 * many + rng.random()) / rate + wobble)
    sent = np.concatenate([done[:many] - each_s, done[:-many]])
    keep = (done > 0) & (sent < load.duration_s)
    return _samples(sent[keep], sent[keep], done[keep], np.full(keep.sum(), 200), load)


def _open(load: Open | Mixed, contestant: Contestant, cpu_rps: float, rng: np.random.Generator) -> Samples:
    rate = load.rate_rps
    count = int(rate * load.duration_s)
    gaps = rng.exponential(1 / rate, count) if load.arrivals is Arrivals.POISSON else np.full(count, 1 / rate)
    intended = np.cumsum(gaps) - gaps[0]
    done, status = np.empty(count), np.full(count, 200)
    cpu_free, waiting = 0.0, [0.0] * int(min(slots(contestant), load.concurrency))
    limit = contestant.max_in_flight
    flying: list[float] = []
    for index, due in enumerate(intended):
        while flying and flying[0] <= due:
            heapq.heappop(flying)
        refused = bool(limit) and len(flying) >= limit
        cpu_free = max(cpu_free, float(due)) + (0.25 if refused else 1.0) / cpu_rps
        if refused:
            done[index], status[index] = cpu_free, 503
            continue
        start = max(cpu_free, heapq.heappop(waiting))
        done[index] = start + load.delay_s
        heapq.heappush(waiting, done[index])
        heapq.heappush(flying, done[index])
    return _samples(intended, intended + 4e-5, done, status, load)


def _samples(
    intended: np.ndarray, sent: np.ndarray, done: np.ndarray, status: np.ndarray, load: Load
) -> Samples:
    end_s = load.duration_s + load.timeout_s
    order = np.argsort(intended, kind="stable")
    late = done[order] > end_s
    return Samples(
        intended_s=intended[order].astype(np.float64),
        sent_s=sent[order].astype(np.float64),
        done_s=np.where(late, np.nan, done[order]),
        status=np.where(late, SampleStatus.UNANSWERED, status[order]).astype(np.int16),
        io_s=np.where(late, np.nan, load.delay_s).astype(np.float32),
        window_s=load.duration_s,
        end_s=end_s,
    )


def _bystander(load: Load, lag_s: float, rng: np.random.Generator) -> Samples:
    intended = np.arange(0, load.duration_s, 0.02)
    took = 0.0006 + lag_s * rng.random(intended.size)
    return _samples(intended, intended + 4e-5, intended + took, np.full(intended.size, 200), load)


def _orphans(load: Load, contestant: Contestant) -> Iterator[tuple[float, int]]:
    """Yield how many threads still wait for clients that left when the generator stopped waiting."""
    left = min(load.concurrency, slots(contestant)) if contestant.paradigm.thread in THREADED else 0
    leave_s = load.duration_s + load.timeout_s  # they leave in the middle of their waits
    for tick in range(int((load.delay_s + 0.5) / 0.05)):
        yield leave_s + tick * 0.05, max(0, round(left * (1 - tick * 0.05 / max(load.delay_s, 0.001))))


def run(
    cells: list[Cell], measure: Callable[[Cell], Measurement], rounds: int = 3, name: str = "simulated"
) -> Run:
    """Return the run that `rounds` rounds of `cells` would give; no file is written."""
    again = [replace(cell, round=number) for number in range(rounds) for cell in cells]
    made = tuple(measure(cell) for cell in again)
    return Run(name, "2025-01-01T00:00:00+00:00", "simulated", 0, ENVIRONMENT, made, len(again))


ENVIRONMENT = Environment(
    cpu_model="simulated CPU",
    cpus=2,
    affinity=(0, 1),
    governor="unknown",
    kernel="Linux 6.1.0",
    memory_bytes=8 << 30,
    python="3.11.2",
    implementation="CPython",
    gil=True,
    switch_interval_s=0.005,
    versions={"aiohttp": "3.14.5", "tornado": "6.6.1", "uvloop": "0.22.1"},
    open_files_limit=65536,
    commit="0000000",
    dirty=False,
    server_cpus=(0,),
    generator_cpus=(1,),
)
