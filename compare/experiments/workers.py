"""What do more processes give? One server in 1, 2, 4 and as many workers as CPUs, in both ways of sharing the port.

Two stages. First how many each answers (a closed loop), then how long a user waits (an open loop, whose schedule no
answer can delay), at a share of what one worker of the same server answers. Each round opens connections of its own,
at least 32 for each worker: which worker the kernel gives a connection to is part of what varies.
"""

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import decisions
from compare.analysis.intervals import NOT_MEASURED, Estimate
from compare.analysis.metrics import IMBALANCE, P50, RSS_WHOLE, THROUGHPUT, Metric
from compare.analysis.outcome import OBSERVE_S
from compare.analysis.quantiles import Percentile
from compare.analysis.summary import Summary
from compare.contract import Accept, Paradigm, Server
from compare.experiments import schedule
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Arrivals, Cell, Closed, Contestant, Environment, Open, Run
from compare.report import headline
from compare.report.figures import charts
from compare.report.figures.charts import Chart, View
from compare.report.verdict import factor_text, match, name
from compare.report.words import of, servers, versus

NAME = "workers"
QUESTION = "What do more processes give?"
WORKERS = {Preset.QUICK: (1, 2), Preset.DEFAULT: (1, 2, 4), Preset.FULL: (1, 2, 4)}
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 3, Preset.FULL: 8}
WINDOW_S = {Preset.QUICK: 0.8, Preset.DEFAULT: 2.0, Preset.FULL: 3.0}
WAIT_S = 0.01  # with 512 in flight a ceiling of 51,200/s, above what four workers answer
IN_FLIGHT = 512
EACH = 32  # connections for each worker: with fewer their hash decides more than the workers do
SHARE = 0.7  # of one worker's capacity, at which queues form in one worker and need not in several
SECOND_STAGE = dict.fromkeys(Preset, 1.0)
MOST = 256  # workers that a server takes


@functools.cache  # while it measures, this process keeps to one
def usable_cpus() -> int:
    """Return how many CPUs this process may run on, as it was when it was first asked."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan(options: Options) -> list[Cell]:
    counts = _counts(options.preset)
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], _wait_s(options))
    return [
        Cell(
            NAME,
            variant,
            Closed(in_flight, _wait_s(options), window_s, warmup_s=schedule.WARMUP_S, timeout_s=OBSERVE_S),
        )
        for in_flight in options.concurrency or (max(IN_FLIGHT, EACH * counts[-1]),)
        for contestant in _contestants(options, in_flight)
        for variant in _variants(contestant, counts)
    ]


def then(options: Options, summaries: Sequence[Summary]) -> list[Cell]:
    """Return the open loops at a share of what one worker of each server answers; none where that is not known."""
    counts = _counts(options.preset)
    window_s = options.duration_s or WINDOW_S[options.preset]
    return [
        Cell(
            NAME,
            variant,
            Open(
                row.in_flight,
                _wait_s(options),
                window_s,
                warmup_s=schedule.WARMUP_S,
                rate_rps=float(f"{SHARE * row.throughput_rps.value:.3g}"),
                arrivals=Arrivals.POISSON,
                timeout_s=OBSERVE_S,
            ),
        )
        for row in _closed(summaries)
        if row.contestant.workers == 1 and row.valid and row.throughput_rps.value > 0
        for variant in _variants(row.contestant, counts)
    ]


def _wait_s(options: Options) -> float:
    return options.wait_or(WAIT_S)


def _counts(preset: Preset) -> list[int]:
    """Return how many workers are tried: the preset's numbers, and one per CPU."""
    every = () if preset is Preset.QUICK else (min(usable_cpus(), MOST),)
    return sorted({*WORKERS[preset], *every})


def _contestants(options: Options, in_flight: int) -> list[Contestant]:
    """Return native alone unless others were asked for: what processes give, threads may take again."""
    own = options.paradigms_or((Paradigm.NATIVE,))
    return [
        replace(one, pinned=False) for one in options.contestants(threads=in_flight) if one.paradigm in own
    ]


def _variants(contestant: Contestant, counts: Sequence[int]) -> list[Contestant]:
    """Return the contestant with so many workers, in each way of sharing the port where there is one to share."""
    return [
        replace(contestant, workers=count, accept=accept)
        for count in counts
        for accept in Accept
        if count > 1 or accept is Accept.REUSEPORT
    ]


def _only(rows: str, metric: Metric) -> View:
    """Return the view of a metric over the rows of the closed or of the open loop."""

    def number(row: Summary) -> Estimate | Percentile:
        return row.number(metric) if (row.rate_rps is None) == (rows == "closed") else NOT_MEASURED

    return View(metric.axis_label, number, metric.scale)


CHART = Chart(
    NAME,
    QUESTION,
    (
        _only("closed", THROUGHPUT),
        _only("open", P50),
        _only("closed", RSS_WHOLE),
        _only("closed", IMBALANCE),
    ),
    across=lambda summary: summary.contestant.workers,
    across_label="workers",
    line=lambda summary: f"{summary.contestant.paradigm}, {summary.contestant.accept}",
    note=f"p50: open loop at {SHARE:.0%} of what one worker answers.",
)


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    return charts.draw(CHART, _mine(summaries), answer(summaries, run), run, folder)


def answer(summaries: Sequence[Summary], run: Run) -> str:
    """Return how native scales up to what the machine can tell: each worker needs a CPU, and the generator one."""
    cpus = len(run.environment.affinity) or run.environment.cpus
    counts = [one.contestant.workers for one in _closed(summaries) if one.contestant.workers < max(2, cpus)]
    most = max(counts, default=0)
    if most < 2:
        return f"One cannot tell on {cpus} {'CPU' if cpus == 1 else 'CPUs'}: workers and load generator need one each."
    rows = [one for one in _closed(summaries) if one.contestant.accept is Accept.REUSEPORT]
    pairs = [
        pair
        for server in servers(rows)
        for pair in match(
            [one for one in of(rows, server) if one.contestant.workers == most],
            [one for one in of(rows, server) if one.contestant.workers == 1],
        )
    ]
    return headline.tally(decisions(pairs), f"{most} workers", "one")


def say(summaries: Sequence[Summary]) -> list[str]:
    return _gains(summaries, MOST) + _costs(summaries)


def say_on(summaries: Sequence[Summary], where: Environment) -> list[str]:
    """Return the answer as far as that machine can give it: each worker needs a CPU, and the load generator one."""
    cpus = len(where.affinity) or where.cpus
    beyond = sorted({one.contestant.workers for one in _mine(summaries)} - set(range(1, max(2, cpus))))
    return _cannot_tell(beyond, cpus) + _gains(summaries, max(1, cpus - 1)) + _costs(summaries)


def _cannot_tell(beyond: Sequence[int], cpus: int) -> list[str]:
    if not beyond:
        return []
    has = f"This machine has {cpus} {'CPU' if cpus == 1 else 'CPUs'}, one of them for the load generator"
    *first, last = map(str, beyond)
    counts = f"{', '.join(first)} and {last}" if first else last
    cannot = (
        f"what {counts} workers answer more than one, and how long a user waits then, cannot be told here"
    )
    return [f"{has}: {cannot}; memory and imbalance can."]


def _gains(summaries: Sequence[Summary], most: int) -> list[str]:
    """Return what up to `most` workers answer and make wait against one, and one way of sharing against the other."""
    return [
        sentence
        for loop, metric in ((_closed, THROUGHPUT), (_open, P50))
        for contestant, rows in _by_variant(loop(summaries)).items()
        if 1 < contestant.workers <= most
        for other in _others(contestant)
        for sentence in versus(
            match(rows, _by_variant(loop(summaries)).get(other, [])), (name(contestant), name(other)), metric
        )
    ]


def _others(contestant: Contestant) -> list[Contestant]:
    """Return whom a contestant is compared with: one worker, and the same number with a socket each."""
    one, own = (
        replace(contestant, workers=count, accept=Accept.REUSEPORT) for count in (1, contestant.workers)
    )
    return [one] if contestant.accept is Accept.REUSEPORT else [one, own]


def _costs(summaries: Sequence[Summary]) -> list[str]:
    """Return a sentence for each server on what its workers take and how evenly they share the load."""
    rows = [one for one in _closed(summaries) if one.valid and one.of(RSS_WHOLE).measured]
    return [f"{server}: {'; '.join(_cost(row) for row in of(rows, server))}." for server in servers(rows)]


def _cost(row: Summary) -> str:
    count = row.contestant.workers
    memory = f"{row.of(RSS_WHOLE).value * RSS_WHOLE.scale:.0f} MB in {count} {'process' if count == 1 else 'workers'}"
    if not row.of(IMBALANCE).measured:
        return memory
    uneven = f"the fullest of which answers {factor_text(row.of(IMBALANCE).value)} times the mean"
    return f"{memory} ({row.contestant.accept}), {uneven}"


def _mine(summaries: Sequence[Summary]) -> list[Summary]:
    return [one for one in summaries if one.experiment == NAME]


def _closed(summaries: Sequence[Summary]) -> list[Summary]:
    return [one for one in _mine(summaries) if one.rate_rps is None]


def _open(summaries: Sequence[Summary]) -> list[Summary]:
    return [one for one in _mine(summaries) if one.rate_rps is not None]


def _by_variant(rows: Sequence[Summary]) -> dict[Contestant, list[Summary]]:
    """Return the rows of each contestant, by server, number of workers and way of sharing."""

    def order(row: Summary) -> tuple[Server, int, Accept]:
        return row.contestant.server, row.contestant.workers, row.contestant.accept

    found: dict[Contestant, list[Summary]] = {}
    for row in sorted(rows, key=order):
        found.setdefault(row.contestant, []).append(row)
    return found
