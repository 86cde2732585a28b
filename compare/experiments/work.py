"""Does it hold for real sockets and a real database? The same paradigms waiting on a timer, on HTTP, on PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import decisions
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule
from compare.experiments.options import OFF_THE_LOOP, Options, Preset
from compare.records import Cell, Run
from compare.report import headline
from compare.report.figures import charts
from compare.report.figures.charts import Chart, view
from compare.report.verdict import match
from compare.report.words import of, servers, versus

NAME = "work"
QUESTION = "Does it hold for real sockets and a real database?"
WORKS = ("sleep", "http", "postgres")
QUICK_S = 0.4
IN_FLIGHT = {Preset.QUICK: (100,), Preset.DEFAULT: (100, 1000), Preset.FULL: (100, 1000)}
# A quick look leaves out what queues or costs a trampoline more; 1,000 sockets are asked of those who are compared.
PARADIGMS = {
    Preset.QUICK: frozenset(OFF_THE_LOOP) - {Paradigm.GENERATOR},
    Preset.DEFAULT: frozenset({Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR}),
    Preset.FULL: frozenset(OFF_THE_LOOP),
}
CROWD_PARADIGMS = frozenset({Paradigm.NATIVE, Paradigm.CALLBACK})
START_S = 0.3  # more than a sleep: a pool of connections to open first


def plan(options: Options) -> list[Cell]:
    works = WORKS if options.work == "sleep" else ("sleep", options.work)
    return [
        schedule.cell(
            NAME,
            options,
            replace(contestant, work=work),
            in_flight,
            warmup_s=schedule.warmup_s(options.wait_s, in_flight, START_S),
            quick_s=QUICK_S,
        )
        for in_flight, contestant in options.at(IN_FLIGHT[options.preset])
        for work in works
        if options.concurrency or contestant.paradigm in _paradigms(options, in_flight)
    ]


def _paradigms(options: Options, in_flight: int) -> frozenset[Paradigm]:
    """Return whom to ask at a level: those a person named, else those that are compared there."""
    if options.singled_out:
        return frozenset(options.paradigms)
    crowd = in_flight > schedule.PREDICTED and options.preset is Preset.DEFAULT
    return CROWD_PARADIGMS if crowd else PARADIGMS[options.preset]


def rounds_of(cell: Cell, options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured: what arithmetic predicts once, where none was asked for."""
    predicted = cell.load.concurrency <= schedule.PREDICTED and options.concurrency is None
    return 1 if predicted and options.rounds is None else rounds


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    columns = _columns(rows)
    chart = Chart(
        "work",
        QUESTION,
        (
            view(THROUGHPUT, ceiling="ceiling: n / wait"),
            view(P50, title="p50"),
            view(CPU, title="CPU"),
        ),
        across=lambda summary: columns.index((summary.in_flight, summary.contestant.work)),
        across_label="",
        note="Below what is waited for: requests in flight (n).",
        categories=tuple(f"{work}\n{in_flight:,}" for in_flight, work in columns),
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


def _columns(rows: Sequence[Summary]) -> list[tuple[int, str]]:
    """Return the levels that were measured, each with its works side by side."""
    measured = {(row.in_flight, row.contestant.work) for row in rows}
    levels = sorted({in_flight for in_flight, _ in measured})
    return [(level, work) for level in levels for work in _works(rows) if (level, work) in measured]


def _of(rows: Sequence[Summary], paradigm: Paradigm) -> list[Summary]:
    return [row for row in rows if row.contestant.paradigm is paradigm]
