"""What is drawn in every figure's panels: what a reader learns from one holds in all the others.

One colour and one mark per paradigm, everywhere, from the palette of Okabe and Ito (jfly.uni-koeln.de/color),
which stays apart for every kind of colour vision. Every mark stands at its x and y; lines carry their names at
their ends, moved apart where they would collide, and lines that all coincide share one name. A band is the interval
of the estimate; a hollow mark is an invalid cell, and a triangle at the top edge a value known only to be larger: a
line is not drawn through either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from compare.analysis.units import counted
from compare.late import Late
from compare.report.figures.labels import short, spread
from compare.report.figures.sheets import INK, LABEL_AT, LABEL_SIZE, SOFT
from compare.report.series import Line

if TYPE_CHECKING:
    import matplotlib as mpl
    import numpy as np
    from matplotlib import ticker
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
else:
    mpl = Late("matplotlib")
    np = Late("numpy")
    ticker = Late("matplotlib.ticker")

Panel: TypeAlias = "Axes"  # what others draw on, so that matplotlib is imported here

COINCIDE_PX = 2.5  # lines nearer than this all the way look like one


@dataclass(frozen=True)
class End:
    """Where a line ends, in data coordinates, and what to write there."""

    x: float
    y: float
    text: str
    colour: str
    rank: float | None = None  # names are written in its order; None: in that of y


def log_axis(axes: Axes, which: str, label: str, ticks: Sequence[float] | None = None) -> None:
    """Make the axis `which` ("x" or "y") logarithmic, say so in `label`, and write plain numbers on it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_label_text(f"{label}, log scale")
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(value)))
    axis.set_minor_formatter(ticker.NullFormatter())
    if ticks is not None:
        axis.set_minor_locator(ticker.NullLocator())
        axis.set_major_locator(ticker.FixedLocator(list(ticks)))
    elif which == "x":  # short, so that a decade alone would leave it bare
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))


def plain_axis(axes: Axes) -> None:
    """Write the numbers of a linear x axis as people write them."""
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(value)))


def plot(axes: Axes, lines: Sequence[Line], also: Iterable[End] = ()) -> None:
    """Draw `lines` with bands, marks and their names at the right; set limits and scales before this.

    `also` are further names to find room for, such as the ceiling's.
    """
    drawn = [_at_the_edge(axes, line) for line in lines if line.points]
    for line in drawn:
        _draw(axes, line)
    label_ends(axes, [*_ends(axes, drawn), *also])


def _at_the_edge(axes: Axes, line: Line) -> Line:
    """Return `line` with its censored points at the top edge: where their window ended says nothing of them."""
    top = axes.get_ylim()[1]
    return replace(
        line, points=tuple(replace(p, y=top, low=top, high=top) if p.at_least else p for p in line.points)
    )


def _ends(axes: Axes, lines: Sequence[Line]) -> list[End]:
    """Return the name of each line, in the order they have at the last x that most of them reach.

    Three lines and more that are on one another all the way share one name, where at most one other is beside them.
    """
    reached = Counter(point.x for line in lines for point in line.points)
    at = max((x for x, count in reached.items() if 2 * count > len(lines)), default=None)
    ends = [
        End(
            line.points[-1].x,
            line.points[-1].y,
            line.label,
            line.colour,
            next((p.y for p in line.points if p.x == at), None),
        )
        for line in lines
    ]
    paths = [axes.transData.transform([(p.x, p.y) for p in line.points]) for line in lines]
    alike = max(
        ([n for n, two in enumerate(paths) if _coincide(one, two)] for one in paths), key=len, default=[]
    )
    others = [end for number, end in enumerate(ends) if number not in alike]
    if len(alike) < 3 or len(others) > 1:
        return ends
    text = f"all but {others[0].text}" if others else all_of(len(ends))
    return [*others, replace(ends[alike[0]], text=text, colour=INK)]


def all_of(count: int) -> str:
    """Return the one name that `count` lines share."""
    return f"all {counted(count)}"


def _coincide(one: NDArray[np.float64], two: NDArray[np.float64]) -> bool:
    return one.shape == two.shape and float(np.abs(one - two).max()) <= COINCIDE_PX


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("These axes belong to no figure.")
    return figure


def _draw(axes: Axes, line: Line) -> None:
    xs = [p.x for p in line.points]
    known = [p.valid and not p.at_least for p in line.points]
    style = (0, (4, 1.6)) if line.dashed else "solid"

    def through(values: Iterable[float]) -> list[float]:
        return [value if at else np.nan for value, at in zip(values, known, strict=True)]

    lows, highs = through(p.low for p in line.points), through(p.high for p in line.points)
    if line.joined:
        axes.plot(xs, through(p.y for p in line.points), color=line.colour, lw=1.6, linestyle=style, zorder=3)
        axes.fill_between(xs, lows, highs, color=line.colour, alpha=0.2, lw=0, zorder=2)
    else:
        axes.vlines(xs, lows, highs, color=line.colour, alpha=0.5, lw=2, zorder=2)
    for point in line.points:
        axes.plot(
            point.x,
            point.y,
            marker="^" if point.at_least else line.paradigm.mark,
            ms=8 if point.at_least else 5.5,
            mec="white" if point.valid else line.colour,
            mfc=line.colour if point.valid else "white",
            mew=0.7 if point.valid else 1.3,
            clip_on=False,
            zorder=4,
        )


def ceiling(axes: Axes, xs: Sequence[float], ys: Sequence[float], name: str) -> End:
    """Draw what the wait alone allows as a dashed line behind the others; return its end, to be named."""
    axes.plot(xs, ys, color=INK, lw=1.1, dashes=(5, 3), zorder=1.5)
    return End(xs[-1], ys[-1], name, INK)


def crosses(axes: Axes, found: Iterable[End]) -> None:
    """Draw a cross near the foot of the axis for each of `found`, each in a line of its own; their y says nothing."""
    for line, one in enumerate(sorted(found, key=lambda one: -one.x)):
        height = 0.025 + 0.05 * line
        axes.annotate(
            one.text,
            (one.x, height),
            (-7, 0),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="center",
            size=8,
            color=darker(one.colour),
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.4},
        )
        axes.plot(
            one.x,
            height,
            marker="x",
            ms=6,
            mew=1.8,
            color=darker(one.colour),
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=5,
        )


def label_ends(axes: Axes, ends: Iterable[End], *, size: float = LABEL_SIZE) -> None:
    """Write each end's text right of the panel, as near to its y as the others let it be."""
    known = [end for end in ends if np.isfinite(end.y)]
    rows = sorted(known, key=lambda end: end.y if end.rank is None else end.rank)
    tall_pt = axes.get_window_extent().height * 72 / _figure(axes).dpi
    to_axes = axes.transData + axes.transAxes.inverted()
    at = [float(to_axes.transform((end.x, end.y))[1]) for end in rows]
    for end, free in zip(rows, spread(at, gap=size * 1.35 / tall_pt, low=0.01, high=1.03), strict=True):
        axes.annotate(
            end.text,
            (end.x, end.y),
            (LABEL_AT, free),
            xycoords=axes.transData,
            textcoords="axes fraction",
            color=darker(end.colour),
            size=size,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.colour,
                "lw": 0.6,
                "shrinkA": 1,
                "shrinkB": 4,
                "relpos": (0, 0.5),
            },
        )


def darker(colour: str, share: float = 0.3) -> str:
    """Return `colour` mixed with ink, for text: the palette's light tones are too pale for small letters."""
    pairs = zip(mpl.colors.to_rgb(colour), mpl.colors.to_rgb(INK), strict=True)
    red, green, blue = ((1 - share) * mine + share * ink for mine, ink in pairs)
    return mpl.colors.to_hex((red, green, blue))


def share_y(panels: Sequence[Axes], lines: Iterable[Line], also: Iterable[float] = ()) -> None:
    """Give logarithmic panels one y range that holds every point, its band and the values in `also`."""
    points = [point for line in lines for point in line.points]
    known = [
        point for point in points if not point.at_least
    ] or points  # of a censored one the edge says enough
    held = [value for point in known for value in (point.y, point.low, point.high)]
    held += list(also)
    if not held:
        return
    room = max(held) / min(held)
    for axes in panels:
        axes.set_ylim(min(held) / 1.5, max(held) * 1.6 * room**0.06)
        if room < 30:  # a log axis of one decade would carry one number
            axes.yaxis.set_major_locator(
                ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if room < 3 else (1, 2, 5))
            )
            axes.yaxis.set_minor_locator(ticker.NullLocator())


def empty(axes: Axes, why: str) -> None:
    """Say in an empty panel why it is empty."""
    axes.text(0.5, 0.5, why, ha="center", va="center", color=SOFT, transform=axes.transAxes, wrap=True)
