"""What the command line shows as tables. Nothing here computes: every number comes from a Summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.metrics import CEILING_SHARE, CPU, ORPHANED, THREADS
from compare.analysis.quantiles import BEYOND, UNKNOWN
from compare.analysis.summary import Summary
from compare.analysis.units import seconds_text
from compare.report import table as rows
from compare.report.verdict import name, wait_text
from compare.screen.progress import load_text

DASH = "-"
FILE_WIDTH = 120  # where output goes to a file, columns must not be cut to what a terminal has
WIDE = 100  # below so many columns of text a heading of two words takes two lines
COLUMNS = ("answers/s", "ceiling", "p50", "p99", "CPU/req")
EXTRA = ("threads", "ping p50")
RANKS = (0, 7, 4, 5, 6, 3, 2)  # of both: what is left out first where there is no room; 0 never
TO = "-"  # between the ends of merged loads
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


@dataclass(frozen=True)
class Column:
    """One column of results; of those that do not fit, the ones with the highest `rank` are left out first."""

    heading: str
    rank: int
    text: Callable[[Summary], str]
    left: bool = False


Line = tuple[str, ...]


def results(experiment: str, summaries: Sequence[Summary], width: int) -> Table:
    """Return one experiment's rows in `width` columns of text; summary.csv holds every number.

    The contestant's name stands whole and on one line at any width. Columns that do not fit are left out, and the
    caption names them. A work that all rows share is told once, in the title; the wait only where rows differ in it.
    Neighbouring rows of one contestant that show the same are one.
    """
    works = {summary.contestant.work for summary in summaries}
    shared = len(works) == 1 and works != {"sleep"}
    every = _columns(summaries, shared=shared)
    ordered = sorted(summaries, key=rows.order)
    dropped: list[Column] = []
    shown, lines = every, _lines(ordered, every)
    while _width(shown, lines, width) > width and any(column.rank for column in shown):
        last = max(shown, key=lambda column: column.rank)
        dropped.append(last)
        shown = [column for column in shown if column is not last]
        lines = _lines(ordered, shown)
    return _table(
        f"{experiment}, waiting for {works.pop()}" if shared else experiment, shown, lines, width, dropped
    )


def _columns(summaries: Sequence[Summary], *, shared: bool) -> list[Column]:
    """Return the columns these rows have something to say in, in the order shown."""
    closed = all(summary.rate_rps is None for summary in summaries)
    waits = len({summary.load.delay_s for summary in summaries}) > 1
    stopped = any(summary.reliability.collapsed for summary in summaries)
    left = any(summary.of(ORPHANED).measured for summary in summaries)
    numbered = zip((*COLUMNS, *EXTRA), RANKS, strict=True)
    return [
        Column("contestant", 0, lambda row: _named(row, shared=shared), left=True),
        *([Column(WAIT, 0, lambda row: wait_text(row.load.delay_s))] if waits else []),
        Column("in flight", 0, lambda row: f"{row.in_flight:,}")
        if closed
        else Column("load", 0, lambda row: load_text(row.load)),
        *(Column(heading, rank, partial(_number, at)) for at, (heading, rank) in enumerate(numbered)),
        *([Column(ORPHANED.heading, 1, orphaned)] if left else []),
        *([Column(STOPPED, 0, rows.stopped_text)] if stopped else []),
    ]


def _number(at: int, summary: Summary) -> str:
    return numbers(summary)[at]


def _named(summary: Summary, *, shared: bool) -> str:
    plain_ = replace(summary, contestant=replace(summary.contestant, work="sleep")) if shared else summary
    return called(plain_)


def _lines(ordered: Sequence[Summary], columns: Sequence[Column]) -> list[Line]:
    """Return the rows as text; neighbours that differ in the load alone are one, with both ends of it.

    Rows without a number are not alike, they say nothing.
    """
    load = next(at for at, column in enumerate(columns) if column.heading in {"in flight", "load"})
    lines: list[Line] = []
    for summary in ordered:
        line = tuple(column.text(summary) for column in columns)
        before = lines[-1] if lines else ()
        if before and line[load + 1] != DASH and _without(before, load) == _without(line, load):
            first = before[load].partition(TO)[0]
            lines[-1] = (*line[:load], f"{first}{TO}{line[load]}", *line[load + 1 :])
        else:
            lines.append(line)
    return lines


def _without(line: Line, at: int) -> Line:
    return (*line[:at], *line[at + 1 :])


def _width(columns: Sequence[Column], lines: Sequence[Line], width: int) -> int:
    """Return how wide a table is with one space between its columns."""
    headings = [max(map(len, _heading(column, width).split("\n"))) for column in columns]
    cells = [max(map(cell_len, texts)) for texts in zip(*lines, strict=True)]
    return sum(map(max, headings, cells)) + len(columns) - 1


def _heading(column: Column, width: int) -> str:
    return column.heading if width >= WIDE else column.heading.replace(" ", "\n")


def _table(
    title: str, columns: Sequence[Column], lines: Sequence[Line], width: int, dropped: Sequence[Column]
) -> Table:
    needed = _width(columns, lines, width)
    room = needed + len(columns) - 1 <= width  # for a second space between columns
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0) if room else 0,
        caption=_caption(dropped, lines),
        caption_justify="left",
        caption_style="",
        width=None if needed <= width else needed,
    )
    for column in columns:
        table.add_column(
            _heading(column, width),
            justify="left" if column.left else "right",
            no_wrap=True,
        )
    for line in lines:
        table.add_row(*line, style="dim" if {"invalid", "failed"} & set(line) else None)
    return table


def _caption(dropped: Sequence[Column], lines: Sequence[Line]) -> str | None:
    """Return the sentences that say what `n/a` and `>` mean where they stand, and name what the width left out."""
    cells = [cell for line in lines for cell in line]
    longer = [cell for cell in cells if cell.startswith(BEYOND)]
    said = []
    if UNKNOWN.text in cells:
        said.append(f"{UNKNOWN.text}: too few requests to tell.")
    if longer:
        said.append(f"{longer[0]}: longer than that, since some requests were still unanswered.")
    if dropped:
        names = [column.heading for column in dropped]
        said.append(f"No room for {', '.join(names)}: see report.html, or widen the terminal.")
    return " ".join(said) or None


def numbers(summary: Summary) -> list[str]:
    """Return the cells of `COLUMNS` and `EXTRA`; of an invalid row the one word that says why there are none."""
    if not summary.valid:
        why = "failed" if summary.failure and not summary.rounds else "invalid"
        return [why, *[DASH] * (len(COLUMNS) + len(EXTRA) - 1)]
    threads = summary.of(THREADS)
    return [
        count_text(summary.throughput_rps),
        f"{summary.of(CEILING_SHARE).value:.0%}" if summary.of(CEILING_SHARE).measured else DASH,
        summary.response.p50.text,
        summary.response.p99.text,
        seconds_text(summary.of(CPU).value),
        f"{threads.value:,.0f}" if threads.measured else DASH,
        summary.bystander.p50.text,
    ]


def orphaned(summary: Summary) -> str:
    """Return the seconds that threads together went on waiting for clients that had left."""
    known = summary.valid and summary.of(ORPHANED).measured
    return ORPHANED.unit.text(summary.of(ORPHANED).value) if known else DASH


def called(summary: Summary) -> str:
    """Return the contestant's name, and the side of an A/A comparison."""
    return name(summary.contestant) + (f", side {summary.side}" if summary.side else "")


def count_text(estimate: Estimate) -> str:
    """Return an estimate, whole from 10 up, with half its spread in per cent, where one is known."""
    if not estimate.measured:
        return DASH
    known = estimate.kind in {Spread.INTERVAL, Spread.RANGE} and estimate.width >= 0.005
    value = f"{estimate.value:,.0f}" if estimate.value >= 9.95 else f"{estimate.value:.2g}"
    return value + (f" ±{estimate.width:.0%}" if known else "")
