"""Summaries -> the lines of a figure: which rows belong together, what they are called, and their points. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence

from compare.analysis.intervals import Spread
from compare.analysis.metrics import THROUGHPUT, Metric
from compare.analysis.quantiles import Known, Percentile
from compare.analysis.summary import Estimate, Summary
from compare.analysis.units import count_text
from compare.contract import Accept, Paradigm, Server, WaitThread
from compare.records import Contestant, Run
from compare.report.series import Line, Point
from compare.report.verdict import contrast, load_text, name

Number = Callable[[Summary], Estimate | Percentile]
Across = Callable[[Summary], float]


def label(summary: Summary) -> str:
    """Return what a line through this row is called: the paradigm, and the pool where it has one."""
    contestant = summary.contestant
    if contestant.paradigm.thread is not WaitThread.POOL:
        return str(contestant.paradigm)
    if contestant.threads is None:
        return f"{contestant.paradigm}, default pool"
    if contestant.threads == summary.load.concurrency:
        return f"{contestant.paradigm}, n threads"
    return f"{contestant.paradigm}, {contestant.threads:,} threads"


def lines(
    summaries: Iterable[Summary],
    number: Number,
    across: Across,
    name: Callable[[Summary], str] = label,
    scale: float = 1.0,
) -> list[Line]:
    """Return one line per name, in Paradigm order, of `number` times `scale` against `across`.

    Rows without a number give no point. Values of 0 and below give none either: every axis that shows a metric is
    logarithmic.
    """
    groups: dict[tuple[Paradigm, str], list[Summary]] = {}
    for summary in summaries:
        groups.setdefault((summary.contestant.paradigm, name(summary)), []).append(summary)
    order = sorted(groups, key=lambda key: (list(Paradigm).index(key[0]), key[1]))
    return [
        Line(
            label=text,
            paradigm=paradigm,
            points=_points(groups[paradigm, text], number, across, scale),
            dashed=_dashed(groups[paradigm, text][0].contestant),
        )
        for paradigm, text in order
    ]


def _dashed(contestant: Contestant) -> bool:
    """Return whether a line is the other one of its paradigm: Python's default pool, or one socket for all workers."""
    default_pool = contestant.paradigm.thread is WaitThread.POOL and contestant.threads is None
    return default_pool or contestant.accept is Accept.SHARED


def _points(rows: list[Summary], number: Number, across: Across, scale: float) -> tuple[Point, ...]:
    made = (_point(row, number(row), across(row), scale) for row in sorted(rows, key=across))
    return tuple(point for point in made if point is not None)


def _point(row: Summary, number: Estimate | Percentile, x: float, scale: float) -> Point | None:
    value = number.value_s if isinstance(number, Percentile) else number.value
    low, high = (number.low_s, number.high_s) if isinstance(number, Percentile) else (number.low, number.high)
    if row.dead:  # what it made before it stopped is not a point of a line
        return None
    if not math.isfinite(value) or value <= 0 or not row.rounds:
        return None
    spread = (low, high) if math.isfinite(low) and math.isfinite(high) and low > 0 else (value, value)
    beyond = isinstance(number, Percentile) and number.known is Known.BEYOND
    return Point(x, value * scale, spread[0] * scale, spread[1] * scale, valid=row.valid, at_least=beyond)


def versus(
    pairs: Sequence[tuple[Summary, Summary]],
    names: tuple[str, str],
    metric: Metric = THROUGHPUT,
) -> list[str]:
    """Return the contrast of `pairs` as no sentence or one."""
    sentence = contrast(pairs, names, metric=metric)
    return [] if sentence is None else [sentence]


def alone(summaries: Iterable[Summary]) -> str | None:
    """Return what the only contestant of these rows reaches, None where there are more: then they are compared."""
    rows = [one for one in summaries if one.valid and one.throughput_rps.measured]
    names = {name(one.contestant) for one in rows}
    if len(names) != 1:
        return None
    reached = ", ".join(f"{count_text(one.throughput_rps.value)}/s at {load_text(one)}" for one in rows)
    return f"{names.pop()}, measured alone, answers {reached}."


def servers(summaries: Iterable[Summary]) -> list[Server]:
    """Return the servers that occur, in the order every figure has them."""
    seen = {summary.contestant.server for summary in summaries}
    return [server for server in Server if server in seen]


def of(summaries: Iterable[Summary], server: Server) -> list[Summary]:
    """Return the rows of one server."""
    return [summary for summary in summaries if summary.contestant.server is server]


def legend(summaries: Sequence[Summary]) -> str:
    """Return the sentence that says how to read bands and marks, naming only what the figure can hold."""
    kinds = {summary.throughput_rps.kind for summary in summaries} - {Spread.NONE}
    words = [f"Band: {kind.words}." for kind in Spread if kind in kinds - {Spread.SINGLE}]
    if kinds == {Spread.SINGLE}:
        words = ["One round: the spread is unknown."]
    if any(not summary.valid for summary in summaries):
        words.append("Hollow mark: invalid, no result.")
    words.append("Lines that coincide hide each other: the names at the right tell which end there.")
    return " ".join(words)


def footer(run: Run) -> str:
    """Return the line at a figure's foot: which run, on which machine, with which versions."""
    where, cpus = run.environment, run.environment.cpus
    versions = ", ".join(
        f"{name} {where.versions[name]}" for name in ("aiohttp", "tornado") if name in where.versions
    )
    return (
        f"run {run.name} · {where.cpu_model}, {cpus} {'CPU' if cpus == 1 else 'CPUs'} · {where.kernel} · "
        f"{_pythons(run)} · {versions}"
    )


def _pythons(run: Run) -> str:
    """Return every Python that servers ran on: the benchmark's own first."""
    here = run.environment
    told = [(here.implementation, here.python, here.gil)]
    told += [(one.implementation, one.version, one.gil) for one in run.interpreters.values()]
    return ", ".join(f"{kind} {version}{'' if gil else ' without GIL'}" for kind, version, gil in told)
