"""How large a pool do I need? The executor with ever more threads under one load, against what they allow."""

from collections.abc import Sequence
from pathlib import Path

from compare.analysis.decide import SMALLEST_EFFECT, decisions
from compare.analysis.metrics import CPU, THROUGHPUT
from compare.analysis.summary import Summary
from compare.analysis.units import count_text
from compare.contract import Paradigm
from compare.experiments import schedule
from compare.experiments.options import Options, Preset
from compare.records import Cell, Run
from compare.report.figures import charts
from compare.report.figures.charts import Chart, view
from compare.report.verdict import wait_text
from compare.report.words import of, servers

NAME = "pool"
QUESTION = "How large a pool do I need?"
THREADS = {
    Preset.QUICK: (4, 32, 256),
    Preset.DEFAULT: (2, 8, 32, 128, 192, 256, 384, 512),
    Preset.FULL: (1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384, 512, 1024),
}
IN_FLIGHT = {Preset.QUICK: 256, Preset.DEFAULT: 512, Preset.FULL: 1024}
QUICK_S = 0.5
START_S = 0.3  # in which hundreds of connections are opened


def plan(options: Options) -> list[Cell]:
    warmup_s = schedule.warmup_s(options.wait_s, start_s=START_S)
    return [
        schedule.cell(
            NAME,
            options,
            options.contestant(server, Paradigm.EXECUTOR, threads=threads),
            in_flight,
            warmup_s=warmup_s,
            quick_s=QUICK_S,
        )
        for in_flight in options.concurrency or (IN_FLIGHT[options.preset],)
        for server in options.servers
        for threads in THREADS[options.preset]
    ]


def rounds_of(cell: Cell, options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured: small pools once, where no number was asked for."""
    small = (cell.contestant.threads or 0) <= schedule.PREDICTED
    return 1 if small and options.rounds is None else rounds


CHART = Chart(
    "pool",
    QUESTION,
    (
        view(THROUGHPUT, ceiling="ceiling: threads / wait"),
        view(CPU, title="CPU"),
    ),
    across=lambda summary: summary.contestant.threads or 0,
    across_label="threads in the pool",
    line=lambda summary: f"executor, {summary.in_flight:,} in flight",
)


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = _rows(summaries)
    return charts.draw(CHART, rows, answer(rows, run), run, folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    """Return the smallest pool that is enough for the largest load, for each server."""
    rows = [row for row in _rows(summaries) if row.valid and row.rounds]
    top = max((row.in_flight for row in rows), default=0)
    found = {
        server: _smallest([row for row in of(rows, server) if row.in_flight == top])
        for server in servers(rows)
    }
    if not found:
        return "No pool gave a result."
    told = " and ".join(f"{enough.contestant.threads:,} ({server})" for server, (enough, _) in found.items())
    most = max(most.contestant.threads or 0 for _, most in found.values())
    return f"With {top:,} in flight answers grow up to {told} threads; {most:,} were the most measured."


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [row for row in _rows(summaries) if row.valid and row.rounds]
    return [
        _enough([row for row in of(rows, server) if row.in_flight == in_flight])
        for server in servers(rows)
        for in_flight in sorted({row.in_flight for row in of(rows, server)})
    ]


def _rows(summaries: Sequence[Summary]) -> list[Summary]:
    return [summary for summary in summaries if summary.experiment == NAME]


def _enough(rows: Sequence[Summary]) -> str:
    """Say from how many threads on no more is answered: the smallest pool not measurably below the best."""
    enough, most = _smallest(rows)
    where = f"With a {wait_text(most.load.delay_s)} wait and {most.in_flight:,} in flight, {most.contestant.server}"
    told = (
        f"{enough.contestant.threads:,} threads ({count_text(enough.throughput_rps.value)} answers a second)"
    )
    if enough is most:
        return f"{where} gains from every thread up to {told}, the most that was measured."
    return f"{where} gains from threads up to {told}; with more, no further gain was measured."


def _smallest(rows: Sequence[Summary]) -> tuple[Summary, Summary]:
    """Return the smallest pool not measurably below the best, and the largest pool."""
    rows = sorted(rows, key=lambda row: row.contestant.threads or 0)
    best = max(rows, key=lambda row: row.throughput_rps.value)
    found = decisions([(best, row) for row in rows], THROUGHPUT)
    return next(one.b for one in found if not one.named and one.effect <= SMALLEST_EFFECT), rows[-1]
