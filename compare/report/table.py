"""The table of a report: its columns, each with the text a person reads and the number a click sorts by. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.quantiles import Percentile, seconds_text
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.report.verdict import load_text, name, wait_text

NONE = "-"


@dataclass(frozen=True)
class Column:
    """One column; `about` says what the heading means. `number` is NaN where there is none."""

    heading: str
    about: str
    text: Callable[[Summary], str]
    number: Callable[[Summary], float] | None = None  # None: sorted by its text
    result: bool = False  # a measured number, which an invalid row does not show


@dataclass(frozen=True)
class CellText:
    """One cell of the table as shown and as sorted."""

    text: str
    order: float | str


def row(summary: Summary) -> list[CellText]:
    """Return the cells of a summary in the order of `COLUMNS`; an invalid row shows no results."""
    hidden = not summary.valid or not summary.rounds
    return [_cell(column, summary, hidden=hidden and column.result) for column in COLUMNS]


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


def bytes_text(value: float) -> str:
    """Return bytes in decimal units: `10.5 kB`, `38 MB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} B"


def count_text(value: float) -> str:
    """Return a count or rate: whole above 100, three digits below."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def warnings_text(summary: Summary) -> str:
    """Return every doubt about a row, worded."""
    words = [summary.words(warning) for warning in summary.warnings]
    if summary.limit and not summary.limited_by_the_wait:
        words.append(f"the ceiling is that of the pool of {summary.limit:,}")
    return "; ".join(words + ([summary.failure.rstrip(".")] if summary.failure else []))


def errors_text(summary: Summary) -> str:
    """Return the errors by kind, and the share of the requests they are."""
    if not summary.errors_total:
        return "0"
    kinds = ", ".join(f"{error.count:,} {error.kind}" for error in summary.errors if error.count)
    return f"{kinds} of {summary.intended:,}"


def _estimate(
    heading: str, about: str, of: Callable[[Summary], Estimate], show: Callable[[float], str]
) -> Column:
    return Column(heading, about, lambda s: estimate_text(of(s), show), lambda s: of(s).value, result=True)


def _percentile(heading: str, about: str, of: Callable[[Summary], Percentile]) -> Column:
    return Column(heading, about, lambda s: percentile_text(of(s)), lambda s: of(s).value_s, result=True)


def _share(value: float) -> str:
    return f"{value:.1%}"


COLUMNS: Sequence[Column] = (
    Column("experiment", "which question the row belongs to", lambda s: s.experiment),
    Column("contestant", "server, paradigm and what sets it apart", lambda s: name(s.contestant) + _side(s)),
    Column(
        "wait",
        "how long one request waits",
        lambda s: wait_text(s.load.delay_s) if s.contestant.waits_as_asked else "its own",
        lambda s: s.load.delay_s,
    ),
    Column(
        "load",
        "requests in flight, or requests a second",
        load_text,
        lambda s: s.load.rate_rps or s.in_flight,
    ),
    _estimate("answers/s", "successes per second", lambda s: s.throughput_rps, count_text),
    _estimate("of ceiling", "share of what the wait alone allows", lambda s: s.ceiling_share, _share),
    _percentile("p50", "median response, from the intended send", lambda s: s.response.p50),
    _percentile("p90", "90th percentile of the response", lambda s: s.response.p90),
    _percentile("p97.5", "97.5th percentile of the response", lambda s: s.response.p97_5),
    _percentile("p99", "99th percentile of the response", lambda s: s.response.p99),
    _percentile("service p50", "median from the actual send", lambda s: s.service.p50),
    Column("errors", "requests that did not succeed", errors_text, lambda s: s.errors_total),
    _estimate(
        "CPU/answer",
        "CPU time of the server per answer; the bystander's answers, 50 a second, count as answers too",
        lambda s: s.cpu_s_per_request,
        seconds_text,
    ),
    _estimate(
        "RSS over idle",
        "resident memory above the idle server's",
        lambda s: s.rss_over_idle_bytes,
        bytes_text,
    ),
    _estimate("threads", "OS threads at peak", lambda s: s.threads_peak, count_text),
    _estimate(
        "orphaned",
        "seconds threads together went on waiting for clients that had left",
        lambda s: s.orphaned_thread_s,
        lambda value: f"{value:.3g} thread-s",
    ),
    _percentile("bystander p50", "median of GET /ping meanwhile", lambda s: s.bystander.p50),
    _percentile("bystander p90", "90th percentile of GET /ping meanwhile", lambda s: s.bystander.p90),
    _estimate(
        "loop lag p99", "how late the server's loop ran its timers", lambda s: s.loop_lag_p99_s, seconds_text
    ),
    _estimate("send lag p99", "how late the generator sent", lambda s: s.lag_p99_s, seconds_text),
    _estimate(
        "generator CPU", "share of its core the generator used", lambda s: s.generator_cpu_share, _share
    ),
    _estimate(
        "Little's law", "mean in flight over rate times latency", lambda s: s.littles_ratio, count_text
    ),
    Column(
        "rounds", "fresh server processes measured", lambda s: str(len(s.rounds)), lambda s: len(s.rounds)
    ),
    Column("notes", "every doubt about the row", warnings_text),
)


def _side(summary: Summary) -> str:
    return f", side {summary.side}" if summary.side else ""
