"""Does it hold for real sockets and a real database? The same paradigms waiting on a timer, on HTTP, on PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import decisions
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Run
from compare.report import headline
from compare.report.figures import charts
from compare.report.figures.charts import Chart, view
from compare.report.verdict import match
from compare.report.words import of, servers, versus

NAME = "work"
QUESTION = "Does it hold for real sockets and a real database?"
WORKS = ("sleep", "http", "postgres")
WINDOW_S = {Preset.QUICK: 0.4, Preset.DEFAULT: 1.0, Preset.FULL: 2.0}
IN_FLIGHT = 100
START_S = 0.3  # more than a sleep: a pool of connections to open first


def plan(options: Options) -> list[Cell]:
    works = WORKS if options.work == "sleep" else ("sleep", options.work)
    quick = options.preset is Preset.QUICK
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    return [
        Cell(
            NAME,
            replace(contestant, work=work),
            Closed(in_flight, options.wait_s, window_s, warmup_s=START_S + options.wait_s, timeout_s=0.5),
        )
        for in_flight in options.concurrency or (IN_FLIGHT,)
        for contestant in options.contestants(threads=in_flight)
        for work in works
        if not (quick and contestant.paradigm in {Paradigm.BLOCKING, Paradigm.GENERATOR})
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    works = _works(rows)
    chart = Chart(
        "work",
        QUESTION,
        (
            view(THROUGHPUT, ceiling="ceiling: n / wait"),
            view(P50, title="p50"),
            view(CPU, title="CPU"),
        ),
        across=lambda summary: works.index(summary.contestant.work),
        across_label="what is waited for",
        categories=tuple(works),
    )
    return charts.draw(chart, rows, answer(rows, run), run, folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    pairs = [
        pair
        for work in _works(rows)
        for server in servers(rows)
        for pair in _pairs([row for row in of(rows, server) if row.contestant.work == work])
    ]
    return headline.tally(decisions(pairs), "native", "callback")


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    return [sentence for work in _works(rows) for sentence in _say(rows, work)]


def _say(rows: Sequence[Summary], work: str) -> list[str]:
    """Compare native with callback on one work: what is answered, and what it costs."""
    told: list[str] = []
    for server in servers(rows):
        mine = [row for row in of(rows, server) if row.contestant.work == work]
        pairs = _pairs(mine)
        for metric in (THROUGHPUT, CPU):
            told += versus(pairs, (f"{server} native on {work}", f"{server} callback on {work}"), metric)
    return told


def _pairs(rows: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    return match(_of(rows, Paradigm.NATIVE), _of(rows, Paradigm.CALLBACK))


def _works(rows: Sequence[Summary]) -> list[str]:
    works = {row.contestant.work for row in rows}
    known = [work for work in WORKS if work in works]
    return known + sorted(works.difference(WORKS))


def _of(rows: Sequence[Summary], paradigm: Paradigm) -> list[Summary]:
    return [row for row in rows if row.contestant.paradigm is paradigm]
