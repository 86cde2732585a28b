"""The figure most experiments need: one column per server, one row per metric, a line per contestant, both axes log."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from compare.analysis.metrics import Metric
from compare.analysis.summary import Summary
from compare.records import Run
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import End, Panel
from compare.report.series import Line
from compare.report.words import Across, Number, footer, label, legend, lines, of, servers


@dataclass(frozen=True)
class View:
    """One row of panels: a number in the unit its axis names; `scale` turns the number into that unit."""

    unit: str
    number: Number
    scale: float = 1.0
    title: str = ""
    ceiling: str = ""  # the name of the dashed line; a view of throughput has one


def view(metric: Metric, *, title: str = "", ceiling: str = "") -> View:
    """Return the view of a registered metric, in the unit its axis has everywhere."""
    return View(metric.axis_label, lambda row: row.number(metric), metric.scale, title, ceiling)


def in_flight(summary: Summary) -> float:
    """The usual x of a chart."""
    return summary.in_flight


@dataclass(frozen=True)
class Chart:
    """One file: what is asked, what is drawn against what, and what its lines are called."""

    name: str
    question: str
    views: tuple[View, ...]
    across: Across = in_flight
    across_label: str = "requests in flight (n)"
    categories: tuple[str, ...] = ()  # names for x = 0, 1, 2 ...: then the axis is not a scale
    line: Callable[[Summary], str] = label
    note: str = ""  # how to read it, beside what the marks mean


def draw(chart: Chart, rows: Sequence[Summary], verdict: str, run: Run, folder: Path) -> list[Path]:
    """Write the chart of `rows` into `folder` as PNG and SVG, without views nothing was measured of."""
    measured = [row for row in rows if row.rounds]
    views = [view for view in chart.views if any(line.points for line in _lines(chart, view, measured))]
    if not views:
        return []
    names = servers(measured)
    words = sheets.Words(chart.question, verdict, footer(run), f"{legend(measured)} {chart.note}".strip())
    with sheets.look():
        figure, panels = sheets.sheet(
            words, sheets.grid_for(_names(chart, views, measured), len(names), len(views))
        )
        for row, view in enumerate(views):
            beside = panels[row * len(names) : (row + 1) * len(names)]
            _row(chart, view, measured, beside, last=row == len(views) - 1)
            if view.ceiling:
                for server, panel in zip(names, beside, strict=True):
                    drawing.crosses(panel, _stopped(chart, of(rows, server)))
        return sheets.save(figure, folder, chart.name)


def _row(chart: Chart, view: View, rows: Sequence[Summary], panels: Sequence[Panel], *, last: bool) -> None:
    drawn = [_lines(chart, view, of(rows, server)) for server in servers(rows)]
    ceiling = _ceiling(chart, rows) if view.ceiling else []
    for server, panel in zip(servers(rows), panels, strict=True):
        _axes(chart, view, rows, panel, last=last)
        panel.set_title(f"{server}  {view.title}".rstrip(), loc="left", weight="bold")
    drawing.share_y(panels, [line for each in drawn for line in each], [y for _, y in ceiling])
    for panel, each in zip(panels, drawn, strict=True):
        tops = [x for x, _ in ceiling], [y for _, y in ceiling]
        also = [drawing.ceiling(panel, *tops, view.ceiling)] if ceiling else []
        if any(line.points for line in each):
            drawing.plot(panel, each, also)
        else:
            drawing.empty(panel, "nothing measured here")


def _stopped(chart: Chart, rows: Sequence[Summary]) -> list[End]:
    """Return each row in which servers stopped answering, with how many did, and each that failed."""
    return [
        End(chart.across(row), 0.0, f"{chart.line(row)}{_short(row)}", row.contestant.paradigm.colour)
        for row in rows
        if row.reliability.collapsed or not row.rounds
    ]


def _short(row: Summary) -> str:
    found = row.reliability
    return f" {found.collapsed}/{found.servers} stopped" if found.collapsed else " failed"


def _names(chart: Chart, views: Sequence[View], rows: Sequence[Summary]) -> list[str]:
    """Return all that is written at the ends of lines."""
    return [chart.line(row) for row in rows] + [view.ceiling for view in views]


def _lines(chart: Chart, view: View, rows: Sequence[Summary]) -> list[Line]:
    drawn = lines(rows, view.number, chart.across, chart.line, view.scale)
    return [replace(line, joined=not chart.categories) for line in drawn]


def _axes(chart: Chart, view: View, rows: Sequence[Summary], panel: Panel, *, last: bool) -> None:
    every = [
        line for one in chart.views for line in _lines(chart, one, rows)
    ]  # one x range for all rows of panels
    ticks = sorted({point.x for line in every for point in line.points})
    if chart.categories:
        panel.set_xticks(range(len(chart.categories)), chart.categories)
        panel.set_xlabel(chart.across_label)
        panel.set_xlim(-0.3, len(chart.categories) - 0.7)
    else:
        drawing.log_axis(panel, "x", chart.across_label, ticks if _apart(ticks) else None)
        panel.set_xlim(ticks[0] / 1.4, ticks[-1] * 1.4)
    drawing.log_axis(panel, "y", view.unit)
    if not last:
        panel.set_xlabel("")


def _apart(ticks: Sequence[float]) -> bool:
    """Whether numbers under these ticks of a log axis would not run into each other."""
    if len(ticks) < 2:
        return True
    whole = math.log(ticks[-1] / ticks[0])
    return all(math.log(b / a) > 0.09 * whole for a, b in pairwise(ticks))


def _ceiling(chart: Chart, rows: Sequence[Summary]) -> list[tuple[float, float]]:
    tops: dict[float, float] = {}
    for row in rows:
        if row.ceiling_rps:
            x = chart.across(row)
            tops[x] = max(row.ceiling_rps, tops.get(x, 0.0))
    return sorted(tops.items())
