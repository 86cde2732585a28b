"""The table of a report: its columns, each with the text a person reads and the number a click sorts by. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.metrics import METRICS, Metric
from compare.analysis.quantiles import Percentile
from compare.analysis.summary import Summary
from compare.analysis.units import seconds_text
from compare.contract import Paradigm, Server
from compare.records import Abandoned
from compare.report.verdict import load_text, name, wait_text

NONE = "-"
UNANSWERED = frozenset({"unanswered", "unsent"})


@dataclass(frozen=True)
class Column:
    """One column; `about` says what the heading means. `number` is NaN where there is none."""

    heading: str
    about: str
    text: Callable[[Summary], str]
    number: Callable[[Summary], float] | None = None  # None: sorted by its text
    result: bool = False  # a measured number, which an invalid row does not show
    short: bool = False  # among the columns that fit a page of text


@dataclass(frozen=True)
class CellText:
    """One cell of the table as shown and as sorted."""

    text: str
    order: float | str


def row(summary: Summary) -> list[CellText]:
    """Return the cells of a summary in the order of `columns()`; an invalid row shows no results."""
    hidden = not summary.valid or not summary.rounds
    return [_cell(column, summary, hidden=hidden and column.result) for column in columns()]


def order(summary: Summary) -> tuple[object, ...]:
    """Return the key that sorts rows as people compare them: by contestant in Paradigm order, then by load."""
    one = summary.contestant
    return (
        summary.experiment,
        list(Server).index(one.server),
        list(Paradigm).index(one.paradigm),
        one.threads is not None,
        summary.level,
        one.threads or 0,
        name(one),
        summary.side,
    )


def _cell(column: Column, summary: Summary, *, hidden: bool) -> CellText:
    if hidden:
        return CellText("failed" if not summary.rounds else "invalid", math.nan)
    text = column.text(summary)
    return CellText(text, text if column.number is None else column.number(summary))


def estimate_text(estimate: Estimate, show: Callable[[float], str]) -> str:
    """Return `1,234 (1,200-1,260)`: the median and its interval or range, or the number alone without one."""
    if not estimate.measured or not math.isfinite(estimate.value):
        return NONE
    if estimate.kind is Spread.SINGLE:
        return show(estimate.value)
    return f"{show(estimate.value)} ({show(estimate.low)}-{show(estimate.high)})"


def percentile_text(percentile: Percentile) -> str:
    """Return a percentile with its spread, `> x` when censored, `n/a` with too few samples."""
    if not math.isfinite(percentile.low_s) or percentile.kind is Spread.SINGLE:
        return percentile.text
    span = f"{seconds_text(percentile.low_s)}-{seconds_text(percentile.high_s)}"
    return f"{percentile.text} ({span})"


def warnings_text(summary: Summary) -> str:
    """Return every doubt about a row, worded."""
    words = [summary.words(warning) for warning in summary.warnings]
    if summary.limit and not summary.limited_by_the_wait:
        words.append(f"the ceiling is that of the pool of {summary.limit:,}")
    return "; ".join(words + ([summary.failure.rstrip(".")] if summary.failure else []))


def stopped_text(summary: Summary) -> str:
    """Return `3 of 9` fresh servers, or - where nothing was measured."""
    found = summary.reliability
    return f"{found.collapsed} of {found.servers}" if found.servers else NONE


def errors_text(summary: Summary) -> str:
    """Return the errors by kind, and the share of the requests they are."""
    if not summary.errors_total:
        return "0"
    left = isinstance(
        summary.load, Abandoned
    )  # there clients leave on purpose: that is not an error of the server's
    kinds = ", ".join(
        f"{error.count:,} {'left as planned' if left and error.kind in UNANSWERED else error.kind}"
        for error in summary.errors
        if error.count
    )
    waited = any(error.kind in UNANSWERED for error in summary.errors)
    return f"{kinds} of {summary.intended:,}" + (" meant for the window" if waited and not left else "")


def of_metric(metric: Metric) -> Column:
    """Return the column of one metric, in its unit."""
    return Column(
        metric.heading,
        metric.about,
        lambda row: _number_text(row.number(metric), metric.unit.text),
        lambda row: _order(row.number(metric)),
        result=True,
        short=metric.short,
    )


def _number_text(number: Estimate | Percentile, show: Callable[[float], str]) -> str:
    return percentile_text(number) if isinstance(number, Percentile) else estimate_text(number, show)


def _order(number: Estimate | Percentile) -> float:
    return number.value_s if isinstance(number, Percentile) else number.value


_ASKED: Sequence[Column] = (
    Column("experiment", "which question the row belongs to", lambda s: s.experiment),
    Column(
        "contestant",
        "server, paradigm and what sets it apart",
        lambda s: name(s.contestant) + _side(s),
        short=True,
    ),
    Column(
        "wait",
        "how long one request waits",
        lambda s: wait_text(s.load.delay_s) if s.contestant.waits_as_asked else "its own",
        lambda s: s.load.delay_s,
        short=True,
    ),
    Column(
        "load",
        "requests in flight, or requests a second",
        load_text,
        lambda s: s.rate_rps or s.in_flight,
        short=True,
    ),
)
_DOUBTED: Sequence[Column] = (
    Column(
        "stopped answering",
        "fresh servers that answered nobody any more, to the end of observation",
        stopped_text,
        lambda s: s.reliability.collapsed,
        short=True,
    ),
    Column("errors", "requests that did not succeed", errors_text, lambda s: s.errors_total, short=True),
    Column(
        "rounds", "fresh server processes measured", lambda s: str(len(s.rounds)), lambda s: len(s.rounds)
    ),
    Column("notes", "every doubt about the row", warnings_text, short=True),
)


def columns() -> list[Column]:
    """Return what was asked, every metric with a heading, and what is doubtful: one column each."""
    return [*_ASKED, *(of_metric(one) for one in METRICS.values() if one.heading), *_DOUBTED]


def _side(summary: Summary) -> str:
    return f", side {summary.side}" if summary.side else ""
