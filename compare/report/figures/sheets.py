"""The sheet of every figure: its look, the words around its panels, where the panels go, and how it is saved.

The figures are drawn without pyplot, so that drawing has no global state.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.late import Late
from compare.records.files import write_whole

if TYPE_CHECKING:
    import matplotlib as mpl
    import numpy as np
    from matplotlib import figure as figures
    from matplotlib import font_manager as fonts
    from matplotlib import textpath
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
else:
    mpl = Late("matplotlib")
    np = Late("numpy")
    figures = Late("matplotlib.figure")
    fonts = Late("matplotlib.font_manager")
    textpath = Late("matplotlib.textpath")

INK, SOFT, FAINT = "#1F2328", "#59636E", "#D1D9E0"

LOOK: dict[Any, Any] = {  # Any: matplotlib types its 300 keys as one literal
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same figure on every machine
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "svg.fonttype": "path",
    "svg.hashsalt": "compare",  # ids in an SVG derive from it: the same run draws the same bytes
    "figure.facecolor": "white",
    "text.parse_math": False,  # a dollar in a name is a dollar
}
LABEL_SIZE = 9.0  # points, of the names of lines
LABEL_AT = 1.06  # where those begin, in widths of their panel
DPI = 192  # "2x": twice the 96 a screen counts


@dataclass(frozen=True)
class Words:
    """What stands around the panels: the question, its answer, and where it was measured."""

    question: str
    verdict: str
    footer: str
    note: str = ""  # how to read this figure, when its marks need a word


@dataclass(frozen=True)
class Grid:
    """Where the panels go, in inches; `label` is the space right of each for the names of its lines."""

    columns: int = 1
    rows: int = 1
    width: float = 4.1
    height: float = 3.9
    label: float = 2.15
    left: float = 0.85
    gap: float = 0.65


def grid_for(names: Iterable[str], columns: int, rows: int = 1) -> Grid:
    """Return a grid whose panels leave the names of their lines the room they need; its size never changes."""
    most = max((text_inches(name, LABEL_SIZE) for name in names), default=0.0)
    whole = Grid.width + Grid.label
    label = ((LABEL_AT - 1) * whole + most + 0.25) / LABEL_AT
    return Grid(columns, rows, width=whole - label, label=label)


@contextmanager
def look() -> Iterator[None]:
    """Draw in the shared look within this context; nothing outside it changes."""
    with mpl.rc_context(LOOK):
        yield


def sheet(words: Words, grid: Grid) -> tuple[Figure, list[Axes]]:
    """Return a figure with its words set and its empty panels, row by row; call within `look()`."""
    width = grid.columns * (grid.left + grid.width + grid.label)
    title = _wrapped(words.question, width, 17, "bold")
    verdict = _wrapped(words.verdict, width, 11)
    foot_lines = [*_wrapped(words.note, width, 8), *_wrapped(words.footer, width, 8)]
    head = 0.2 + 0.29 * len(title) + 0.215 * len(verdict) + 0.5
    foot = 0.66 + 0.16 * len(foot_lines)
    height = head + grid.rows * grid.height + (grid.rows - 1) * grid.gap + foot
    figure = figures.Figure(figsize=(width, height), dpi=96)
    figure.text(0.2 / width, 1 - 0.18 / height, "\n".join(title), size=17, weight="bold", va="top")
    under = 1 - (0.26 + 0.29 * len(title)) / height
    figure.text(0.2 / width, under, "\n".join(verdict), size=11, color=SOFT, va="top", linespacing=1.35)
    figure.text(
        0.2 / width, 0.12 / height, "\n".join(foot_lines), size=8, color=SOFT, va="bottom", linespacing=1.4
    )
    return figure, [
        _panel(figure, grid, head, row, column) for row, column in np.ndindex(grid.rows, grid.columns)
    ]


def _panel(figure: Figure, grid: Grid, head: float, row: int, column: int) -> Axes:
    width, height = figure.get_size_inches()
    x = column * (grid.left + grid.width + grid.label) + grid.left
    y = height - head - (row + 1) * grid.height - row * grid.gap
    return figure.add_axes((x / width, y / height, grid.width / width, grid.height / height))


def _wrapped(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break `text` into lines that fit a sheet `width` inches wide, by the measured width of its words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = text_inches(longer, size, weight) <= width - 0.4
        lines = [*lines[:-1], longer] if fits and lines else [*lines, word]
    return lines


def text_inches(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide `text` is.

    An inch has 72 points; hinted for a screen, letters run a few per cent wider than measured.
    """
    font = fonts.FontProperties(family=LOOK["font.family"], size=size, weight=weight)
    return float(textpath.text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 68


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write `figure` as PNG at 2x and as SVG; return both paths. The same figure gives the same bytes."""
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with mpl.rc_context({**LOOK, "svg.hashsalt": name}):
        write_whole(png, _bytes(figure, "png", {"Software": None}))
        write_whole(svg, _bytes(figure, "svg", {"Date": None, "Creator": None}))
    return [png, svg]


def _bytes(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format=kind, dpi=DPI if kind == "png" else "figure", metadata=metadata)
    return drawn.getvalue()
