"""One load on one URL, as `compare load` reports it: as JSON for programs, as a table for people.

A failed request is never throughput, and a target that is down has none: its row says what happened instead.
"""

import math
from collections.abc import Collection

import msgspec
import numpy as np
from rich.table import Table

from compare.analysis import quantiles, validity
from compare.analysis.observed import littles_law, scheduled
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.validity import Signs
from compare.analysis.window import Window
from compare.harness.certificate import Certificate
from compare.harness.load import LoadResult
from compare.records import Closed, Load, rate_rps
from compare.screen import tables
from compare.work.masking import mask_dsn

REACHED = 0.95  # of the rate asked for; below it, what limited it is said
JUDGED_WINDOW_S = 0.2  # of a window that Ctrl-C cut short: below it no rate is judged
PERCENTILES = {"p50": "p50", "p90": "p90", "p97_5": "p97.5", "p99": "p99", "max": "max"}


class Percentiles(msgspec.Struct, frozen=True, rename={"p97_5": "p97.5"}):
    """Seconds; None where too few samples or unanswered requests leave a percentile unknown."""

    p50: float | None
    p90: float | None
    p97_5: float | None
    p99: float | None
    max: float | None


class LoadReport(msgspec.Struct, frozen=True):
    """What one load gave: of the requests intended in the measured window, and what completed in it.

    `completed` and `throughput_rps` count successes alone. `lag_s` is how late requests were sent, `reconnects` how
    often the target closed a connection, `reached_rps` the requests a second that left within the window. `warnings`
    are sentences; `valid` is False when one takes the numbers away. docs/load.md has every field.
    """

    url: str
    sent: int
    completed: int
    errors: dict[str, int]
    unanswered: int
    throughput_rps: float
    window_s: float
    response_s: Percentiles
    service_s: Percentiles
    lag_s: Percentiles
    generator_cpu_share: float
    connections: int
    reconnects: int
    valid: bool
    warnings: tuple[str, ...]
    certificate: Certificate | None = None
    reached_rps: float = 0.0


def of(
    url: str, load: Load, result: LoadResult, expected: Collection[int] = (), *, schedules: int = 1
) -> LoadReport:
    """Return the report of `result`, which `load` on `url` gave; `expected` are the statuses that are successes.

    `schedules` is how many generators shared an even schedule.
    """
    window = Window(result.samples, expected)
    errors = {error.kind: error.count for error in _counted(window, expected).errors()}
    unanswered = errors.pop("unanswered", 0)
    doubts = validity.judge(_signs(load, window, result, schedules))
    return LoadReport(
        url=mask_dsn(url),
        sent=len(window.lags_s),
        completed=int(np.count_nonzero(window.mine & window.success)),
        errors=errors,
        unanswered=unanswered,
        throughput_rps=window.successes / window.window_s,
        window_s=window.window_s,
        response_s=_known(window.response()),
        service_s=_known(window.service()),
        lag_s=_known(_lag(window)),
        generator_cpu_share=result.report.cpu_share,
        connections=result.report.connections,
        reconnects=result.report.reconnects,
        valid=not any(doubt.invalid for doubt in doubts),
        warnings=(
            *beyond(load, window, result),
            *result.report.notes,
            *(_sentence(doubt.words) for doubt in doubts if window.successes),
        ),
        certificate=result.certificate,
        reached_rps=_reached_rps(window),
    )


def beyond(load: Load, window: Window, result: LoadResult) -> list[str]:
    """Return which rate was reached and what limited it, where that is less than the rate asked for; else nothing."""
    rate, reached_rps = rate_rps(load), _reached_rps(window)
    if rate is None or reached_rps >= REACHED * rate or window.window_s < JUDGED_WINDOW_S:
        return []
    sent = f"{reached_rps:,.0f}/s were sent of the {rate:,.6g}/s asked for"
    return [f"The rate was not reached: {sent}. The limit was {_limit(load, window, result)}."]


def _reached_rps(window: Window) -> float:
    """Return the requests a second that left within the window, whenever they were meant to."""
    sent_s = window.samples.sent_s
    return float(np.count_nonzero((sent_s >= 0) & (sent_s < window.window_s)) / window.window_s)


def _limit(load: Load, window: Window, result: LoadResult) -> str:
    """Return what kept requests from leaving on time, the surest sign first."""
    limits = [note for note in result.report.notes if note.startswith("A limit was hit")]
    if limits:
        return limits[0].partition(": ")[2].rstrip(".")
    if result.report.cpu_share > validity.MOST_GENERATOR_SHARE:
        return f"the load generator, at {result.report.cpu_share:.0%} of its core: its numbers are its own"
    if not window.successes:
        return "the target, which answered no request"
    if result.report.connections + result.report.reconnects >= load.concurrency:
        return (
            f"the target: all {load.concurrency:,} connections were waiting for answers, of which "
            f"{window.successes / window.window_s:,.0f}/s came (--concurrency allows more connections)"
        )
    return f"the target, which answered {window.successes / window.window_s:,.0f}/s"


def table(result: LoadResult, expected: Collection[int] = ()) -> Table:
    """Return the percentiles: response from the intended send, service from the actual one, lag between the two."""
    window = Window(result.samples, expected)
    shown = tables.plain()
    shown.add_column("")
    for heading in PERCENTILES.values():
        shown.add_column(heading, justify="right", no_wrap=True)
    for what, latency in (
        ("response", window.response()),
        ("service", window.service()),
        ("lag", _lag(window)),
    ):
        shown.add_row(what, *(getattr(latency, p).text for p in PERCENTILES))
    return shown


def add_response(shown: Table, title: str, result: LoadResult, expected: Collection[int] = ()) -> None:
    """Add one row of response percentiles."""
    latency = Window(result.samples, expected).response()
    shown.add_row(title, *(getattr(latency, p).text for p in PERCENTILES))


def headline(load: Load, report: LoadReport) -> str:
    """Return the one line that says how it went: a rate of successes, or that there were none and why."""
    kinds = {**report.errors, **({"unanswered": report.unanswered} if report.unanswered else {})}
    bad = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    if not report.completed:
        return f"No request to {report.url} succeeded: {bad or 'nothing was sent'}."
    rate = rate_rps(load)
    asked = f"{load.concurrency:,} connections" if rate is None else f"{rate:,.6g}/s asked for"
    if rate is not None and report.reached_rps < REACHED * rate:
        asked += f", {report.reached_rps:,.0f}/s sent"
    return (
        f"{report.throughput_rps:,.1f} successes a second over {report.window_s:.3g} s, {asked}; "
        f"{report.completed:,} of {report.sent:,} succeeded{f', {bad}' if bad else ''}; "
        f"generator at {report.generator_cpu_share:.0%} of its core."
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _counted(window: Window, expected: Collection[int]) -> Window:
    """Return the window that errors are counted in: where none was due in it, what was still open when it began."""
    if window.intended:
        return window
    since = np.maximum(window.samples.intended_s, 0)
    return Window(msgspec.structs.replace(window.samples, intended_s=since), expected)


def _lag(window: Window) -> Latency:
    return quantiles.latency(window.lags_s, np.empty(0))


def _signs(load: Load, window: Window, result: LoadResult, schedules: int) -> Signs:
    """Return the signs of a URL of which nothing is known: no wait, so no ceiling."""
    little = littles_law(window, load)
    return Signs(
        successes=window.successes,
        failures=window.failures,
        ceiling_share=math.nan,
        most_successes=math.inf,
        short_waits_share=math.nan,
        median_s=window.median_s,
        lag_p99_s=window.lag_s(0.99) if result.keep_alive else math.nan,
        # of each schedule one request may fall on either side of the window's edge
        sent_share=window.sent_share(scheduled(load, window.window_s) - (schedules - 1)),
        generator_cpu_share=result.report.cpu_share,
        littles_ratio=little.ratio,
        littles_tolerance=little.tolerance,
        steady=little.steady,
        limit_hit=isinstance(load, Closed) and result.report.connections < load.concurrency,
        noisy=False,
    )


def _known(latency: Latency) -> Percentiles:
    return Percentiles(*(_seconds(getattr(latency, p)) for p in PERCENTILES))


def _seconds(percentile: Percentile) -> float | None:
    return percentile.value_s if percentile.known is Known.EXACTLY else None
