"""Records made by hand, small enough to compute by head what must come of them."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec.structs import replace

from compare.analysis.intervals import Estimate
from compare.analysis.metrics import METRICS
from compare.analysis.observed import Observed
from compare.analysis.rounds import RoundFigures
from compare.analysis.summary import Summary
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import LoopLag, Paradigm, Server
from compare.records import (
    Abandoned,
    Cell,
    Closed,
    Contestant,
    Environment,
    GeneratorReport,
    Load,
    Measurement,
    Moment,
    Noise,
    Open,
    Run,
    Samples,
    Soak,
    Usage,
)
from compare.records.loads import Timing

NATIVE = Contestant(Server.AIOHTTP, Paradigm.NATIVE)
CALLBACK = Contestant(Server.AIOHTTP, Paradigm.CALLBACK)
BLOCKING = Contestant(Server.AIOHTTP, Paradigm.BLOCKING)
NAN = math.nan

ENVIRONMENT = Environment(
    cpu_model="abacus",
    cpus=2,
    affinity=(0, 1),
    governor="performance",
    kernel="Linux 6.1",
    memory_bytes=8 << 30,
    python="3.11.7",
    implementation="CPython",
    gil=True,
    switch_interval_s=0.005,
    versions={"aiohttp": "3.14.0", "tornado": "6.6"},
    open_files_limit=1024,
    commit="abc",
    dirty=False,
)

Row = tuple[float, float, float, int, float]  # intended, sent, done, status, what the server said it took


def samples(rows: Iterable[Row], window_s: float = 1.0, end_s: float = 2.0) -> Samples:
    intended, sent, done, status, io_s = zip(*rows, strict=True)
    return Samples(
        np.array(intended, dtype=np.float64),
        np.array(sent, dtype=np.float64),
        np.array(done, dtype=np.float64),
        np.array(status, dtype=np.int16),
        np.array(io_s, dtype=np.float32),
        window_s,
        end_s,
    )


def answered(
    intended_s: float, took_s: float, status: int = 200, lag_s: float = 0.0, io_s: float = NAN
) -> Row:
    return intended_s, intended_s + lag_s, intended_s + took_s, status, io_s


def closed_loop(connections: int, took_s: float, window_s: float = 1.0, io_s: float = NAN) -> Samples:
    """Connections that send again when answered, each out of step with the last by a part of a wait."""
    rows = [
        answered(start, took_s, io_s=io_s)
        for connection in range(connections)
        for number in range(-1, math.ceil(window_s / took_s) + 1)
        if -took_s < (start := (number + (connection + 0.5) / connections) * took_s) < window_s
    ]
    return samples(sorted(rows), window_s, window_s + 1)


def opened(load: Timing, rate: float, **more) -> Open:
    """The same load as an open loop."""
    return Open(load.concurrency, load.delay_s, load.duration_s, load.warmup_s, rate_rps=rate, **more)


def abandoned(load: Timing) -> Abandoned:
    """The same load, whose clients leave at the end of the window."""
    return Abandoned(load.concurrency, load.delay_s, load.duration_s, load.warmup_s)


def cell(contestant: Contestant = NATIVE, load: Load | None = None, round_: int = 0, side: str = "") -> Cell:
    return Cell("concurrency", contestant, load or Closed(10, delay_s=0.1, duration_s=1.0), round_, side)


def measurement(
    where: Cell | None = None, stamps: Samples | None = None, *, noisy: bool = False, **more
) -> Measurement:
    usual = {
        "usage": Usage(0.5, 1.0, 30_000_000, 31_000_000, 7, 200, 50, 20),
        "generator": GeneratorReport(0.2, 10, 0),
        "loop_lag_s": LoopLag(0.001, 0.004, 0.01),
    }
    return Measurement(
        where or cell(),
        ENVIRONMENT,
        samples=closed_loop(10, 0.1, io_s=0.1) if stamps is None else stamps,
        noise=Noise(0.1, 0.0, 0.0, 1.0, noisy),
        **(usual | more),
    )


def seen(where: Cell | None = None, stamps: Samples | None = None, **more) -> Observed:
    one = measurement(where, stamps, **more)
    assert one.samples is not None
    return Observed(one, one.samples, ENVIRONMENT)


def rounds(count: int) -> list[Measurement]:
    """Rounds of three connections beside a bystander, each a little slower than the one before."""
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    return [
        measurement(cell(round_=number), closed_loop(3, 0.1 + number / 1000), bystander=pings)
        for number in range(count)
    ]


def run(measurements: Sequence[Measurement], **more) -> Run:
    usual = {"name": "made", "created": "2025-01-01T00:00:00+00:00", "command": "compare bench", "seed": 1}
    return Run(environment=ENVIRONMENT, measurements=tuple(measurements), **(usual | more))


def figures(
    throughput_rps: float = 100.0,
    round_: int = 0,
    contestant: Contestant = NATIVE,
    load: Load | None = None,
    **more,
) -> RoundFigures:
    numbers = {"throughput_rps": throughput_rps, **{name: more.pop(name) for name in METRICS if name in more}}
    where = cell(contestant, load, round_)
    return RoundFigures(where, numbers, **({"intended": 100} | more))


def estimated(row: Summary, **numbers: Estimate) -> Summary:
    """The row with these estimates, by the name of the metric."""
    return replace(row, estimates=row.estimates | numbers)


def summary(
    throughputs: Sequence[float],
    contestant: Contestant = NATIVE,
    in_flight: int = 10,
    *,
    cpu: Sequence[float] | None = None,
    valid: bool = True,
    warnings: tuple[Warning, ...] = (),
    failure: str | None = None,
    side: str = "",
) -> Summary:
    load = Closed(in_flight, delay_s=0.1)
    rounds = tuple(
        figures(value, number, contestant, load, cpu_s_per_request=cpu[number] if cpu else NAN)
        for number, value in enumerate(throughputs)
    )
    return Summary(
        "concurrency",
        contestant,
        load,
        rounds=rounds,
        valid=valid,
        warnings=warnings,
        failure=failure,
        side=side,
    )


def soaked(per_minute_mb: float, *, minutes: float = 10, threads: int = 7, files: int = 8, step_mb=0) -> Soak:
    """A course of memory that grows by so much, and by a step in its last tenth, one reading a second."""
    seconds = int(minutes * 60)
    course = tuple(
        Moment(
            float(at),
            round((40 + per_minute_mb * at / 60 + step_mb * (at > 0.9 * seconds)) * 1_000_000),
            9,
            60,
        )
        for at in range(seconds + 1)
    )
    before = Moment(-1.0, 40 * 1_000_000, 7, 8)
    after = Moment(seconds + 1.0, course[-1].rss_bytes, threads, files)
    return Soak(before, after, course, {"native": 100}, {}, 10)
