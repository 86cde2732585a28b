"""What is drawn in every figure's panels: what a reader learns from one holds in all the others.

One colour and one mark per paradigm, everywhere, from the palette of Okabe and Ito (jfly.uni-koeln.de/color),
which stays apart for every kind of colour vision. Lines carry their names at their ends, moved apart where
they would collide; lines that coincide are nudged sideways by a few points of paper, never of data, so that
none hides another. A band is the interval of the estimate, a hollow mark an invalid cell, an upward triangle a
value known only to be larger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from compare.report.figures.labels import flat_lanes, short, spread
from compare.report.figures.sheets import INK, LABEL_AT, LABEL_SIZE, SOFT
from compare.report.series import MARK, Line

Panel: TypeAlias = Axes  # what others draw on, so that matplotlib is imported here


@dataclass(frozen=True)
class End:
    """Where a line ends, in data coordinates of `where`, and what to write there."""

    x: float
    y: float
    text: str
    colour: str
    where: Transform | None = None


def log_axis(axes: Axes, which: str, label: str, ticks: Sequence[float] | None = None) -> None:
    """Make the axis `which` ("x" or "y") logarithmic, say so in `label`, and write plain numbers on it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_label_text(f"{label}, log scale")
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axis.set_minor_formatter(NullFormatter())
    if ticks is not None:
        axis.set_minor_locator(NullLocator())
        axis.set_major_locator(FixedLocator(list(ticks)))
    elif which == "x":  # short, so that a decade alone would leave it bare
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))


def plot(axes: Axes, lines: Sequence[Line], also: Iterable[End] = ()) -> None:
    """Draw `lines` with bands, marks and their names at the right; set limits and scales before this.

    `also` are further names to find room for, such as the ceiling's.
    """
    drawn = [line for line in lines if line.points]
    where = _beside_each_other(axes, drawn)
    for line, nudged in zip(drawn, where, strict=True):
        _draw(axes, line, nudged)
    ends = [
        End(line.points[-1].x, line.points[-1].y, line.label, line.colour, nudged)
        for line, nudged in zip(drawn, where, strict=True)
    ]
    label_ends(axes, [*ends, *also])


def _beside_each_other(axes: Axes, lines: Sequence[Line]) -> list[Transform]:
    # Sideways, so that marks at one x stand in a row; downwards too, by a line's width, where two lines run flat on
    # top of each other.
    lanes = flat_lanes([axes.transData.transform([(p.x, p.y) for p in line.points]) for line in lines])
    steps = [index - (len(lines) - 1) / 2 for index in range(len(lines))]
    paper = inches(axes)
    return [
        axes.transData + ScaledTranslation(step * 3 / 72, -lane * 1.8 / 72, paper)
        for step, lane in zip(steps, lanes, strict=True)
    ]


def inches(axes: Axes) -> Affine2D:
    """Return the transform in which a panel's figure counts inches of paper."""
    return _figure(axes).dpi_scale_trans


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("These axes belong to no figure.")
    return figure


def _draw(axes: Axes, line: Line, where: Transform) -> None:
    xs, ys = [p.x for p in line.points], [p.y for p in line.points]
    style = (0, (4, 1.6)) if line.dashed else "solid"
    axes.plot(xs, ys, color=line.colour, lw=1.6, linestyle=style, transform=where, zorder=3)
    lows, highs = [p.low for p in line.points], [p.high for p in line.points]
    axes.fill_between(xs, lows, highs, color=line.colour, alpha=0.2, lw=0, transform=where, zorder=2)
    for point in line.points:
        axes.plot(
            point.x,
            point.y,
            marker=MARK[line.paradigm],
            ms=5.5,
            mec="white" if point.valid else line.colour,
            mfc=line.colour if point.valid else "white",
            mew=0.7 if point.valid else 1.3,
            transform=where,
            zorder=4,
        )

    for point in (point for point in line.points if point.at_least):
        axes.annotate(  # drawn backwards: the arrow's tail is the annotated point
            "",
            (point.x, point.y),
            (0, 20),
            xycoords=where,
            textcoords="offset points",
            arrowprops={"arrowstyle": "<-", "color": line.colour, "lw": 1.3},
            annotation_clip=False,
        )


def ceiling(axes: Axes, xs: Sequence[float], ys: Sequence[float], name: str) -> End:
    """Draw what the wait alone allows as a dashed line behind the others; return its end, to be named."""
    axes.plot(xs, ys, color=INK, lw=1.1, dashes=(5, 3), zorder=1.5)
    return End(xs[-1], ys[-1], name, INK)


def label_ends(axes: Axes, ends: Iterable[End], *, size: float = LABEL_SIZE) -> None:
    """Write each end's text right of the panel, as near to its y as the others let it be."""
    rows = sorted((end for end in ends if np.isfinite(end.y)), key=lambda end: end.y)
    tall_pt = axes.get_window_extent().height * 72 / _figure(axes).dpi
    to_axes = axes.transData + axes.transAxes.inverted()
    at = [float(to_axes.transform((end.x, end.y))[1]) for end in rows]
    for end, free in zip(rows, spread(at, gap=size * 1.35 / tall_pt, low=0.01, high=1.03), strict=True):
        axes.annotate(
            end.text,
            (end.x, end.y),
            (LABEL_AT, free),
            xycoords=end.where or axes.transData,
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
    held = [value for line in lines for point in line.points for value in (point.y, point.low, point.high)]
    held += list(also)
    if not held:
        return
    room = max(held) / min(held)
    for axes in panels:
        axes.set_ylim(min(held) / 1.5, max(held) * 1.6 * room**0.06)  # an arrow upwards has a length of paper
        if room < 30:  # a log axis of one decade would carry one number
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if room < 3 else (1, 2, 5)))
            axes.yaxis.set_minor_locator(NullLocator())


def empty(axes: Axes, why: str) -> None:
    """Say in an empty panel why it is empty."""
    axes.text(0.5, 0.5, why, ha="center", va="center", color=SOFT, transform=axes.transAxes, wrap=True)
