"""What the command line shows as tables. Nothing here computes: every number comes from a Summary."""

from collections.abc import Sequence

from msgspec.structs import replace
from rich import box
from rich.console import Console
from rich.table import Table

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.metrics import CEILING_SHARE, CPU, ORPHANED, THREADS
from compare.analysis.summary import Summary
from compare.analysis.units import seconds_text
from compare.report import table as rows
from compare.report.verdict import name, wait_text
from compare.screen.progress import load_text

DASH = "-"
FILE_WIDTH = 120  # where output goes to a file, columns must not be cut to what a terminal has
WIDE = 100  # columns a terminal needs to show `EXTRA`
COLUMNS = ("answers/s", "ceiling", "p50", "p99", "CPU/req")
EXTRA = ("threads", "ping p50")
WAIT = "wait"
STOPPED = "stopped"  # where a server stopped answering: in how many fresh servers of all


def console() -> Console:
    """Return where tables and sentences go: stdout."""
    shown = Console(highlight=False, markup=False, emoji=False)
    return (
        shown if shown.is_terminal else Console(highlight=False, markup=False, emoji=False, width=FILE_WIDTH)
    )


def plain(title: str = "") -> Table:
    """Return an empty table in the look of all of them."""
    return Table(
        title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )


def results(experiment: str, summaries: Sequence[Summary], width: int) -> Table:
    """Return one experiment's rows, as many columns as fit `width`; summary.csv holds every one.

    A work that all rows share is told once, in the title; the wait only where rows differ in it.
    """
    works = {summary.contestant.work for summary in summaries}
    shared = len(works) == 1 and works != {"sleep"}
    table = plain(f"{experiment}, waiting for {works.pop()}" if shared else experiment)
    table.add_column("contestant", overflow="fold")
    closed = all(summary.rate_rps is None for summary in summaries)
    headings = ("in flight" if closed else "load", *COLUMNS, *(EXTRA if width >= WIDE else ()))
    waits = len({summary.load.delay_s for summary in summaries}) > 1
    stopped = any(summary.reliability.collapsed for summary in summaries)
    left = any(summary.of(ORPHANED).measured for summary in summaries)
    for heading in (
        *([WAIT] if waits else []),
        *headings,
        *([ORPHANED.heading] if left else []),
        *([STOPPED] if stopped else []),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for summary in sorted(summaries, key=rows.order):
        load = f"{summary.in_flight:,}" if closed else load_text(summary.load)
        table.add_row(
            called(
                replace(summary, contestant=replace(summary.contestant, work="sleep")) if shared else summary
            ),
            *([wait_text(summary.load.delay_s)] if waits else []),
            load,
            *numbers(summary)[: len(headings) - 1],
            *([orphaned(summary)] if left else []),
            *([rows.stopped_text(summary)] if stopped else []),
            style=None if summary.valid else "dim",
        )
    return table


def numbers(summary: Summary) -> list[str]:
    """Return the cells of `COLUMNS` and `EXTRA`; of an invalid row the one word that says why there are none."""
    if not summary.valid:
        why = "failed" if summary.failure and not summary.rounds else "invalid"
        return [why, *[DASH] * (len(COLUMNS) + len(EXTRA) - 1)]
    return [
        count_text(summary.throughput_rps),
        f"{summary.of(CEILING_SHARE).value:.0%}" if summary.of(CEILING_SHARE).measured else DASH,
        summary.response.p50.text,
        summary.response.p99.text,
        seconds_text(summary.of(CPU).value),
        count_text(summary.of(THREADS)),
        summary.bystander.p50.text,
    ]


def orphaned(summary: Summary) -> str:
    """Return the seconds that threads together went on waiting for clients that had left."""
    known = summary.valid and summary.of(ORPHANED).measured
    return f"{summary.of(ORPHANED).value:.3g} thread-s" if known else DASH


def called(summary: Summary) -> str:
    """Return the contestant's name, and the side of an A/A comparison."""
    return name(summary.contestant) + (f", side {summary.side}" if summary.side else "")


def count_text(estimate: Estimate) -> str:
    """Return an estimate as a whole number with half its spread in per cent, where one is known."""
    if not estimate.measured:
        return DASH
    known = estimate.kind in {Spread.INTERVAL, Spread.RANGE} and estimate.width >= 0.005
    return f"{estimate.value:,.0f}" + (f" ±{estimate.width:.0%}" if known else "")
