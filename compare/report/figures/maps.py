"""A map: two things that vary, a square for each pair of their values, and what was found there written in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.late import Late
from compare.report.figures import sheets
from compare.report.figures.drawing import Panel

if TYPE_CHECKING:
    from matplotlib import patches
else:
    patches = Late("matplotlib.patches")


@dataclass(frozen=True)
class Side:
    """What varies along one side of a map, and its values as they are written, from the lower left corner on."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Square:
    """What was found at one pair of values, whose numbers on both sides, from 0, are `x` and `y`."""

    x: int
    y: int
    text: str
    colour: str = sheets.FAINT
    strength: float = 0.5  # the share of its colour that shows, 0 to 1
    stopped: bool = False  # servers stopped answering here: a cross, and its text in bold


def draw(panel: Panel, title: str, across: Side, up: Side, squares: Iterable[Square]) -> None:
    """Draw a map into an empty panel; a pair without a square stays blank."""
    panel.set_title(title, loc="left", weight="bold")
    panel.set_xticks(range(len(across.values)), list(across.values))
    panel.set_yticks(range(len(up.values)), list(up.values))
    panel.set(xlabel=across.label, ylabel=up.label, xlim=(-0.5, len(across.values) - 0.5))
    panel.set_ylim(-0.5, len(up.values) - 0.5)
    panel.grid(visible=False)
    for one in squares:
        _square(panel, one)


def _square(panel: Panel, one: Square) -> None:
    corner = one.x - 0.5, one.y - 0.5
    panel.add_patch(patches.Rectangle(corner, 1, 1, fc=one.colour, alpha=one.strength, ec="white", lw=1.5))
    weight = "bold" if one.stopped else "normal"
    panel.text(one.x, one.y, one.text, ha="center", va="center", size=9, color=sheets.INK, weight=weight)
    if one.stopped:
        panel.plot(one.x - 0.43, one.y + 0.3, ls="", marker="x", ms=6, mew=2, color=sheets.INK)
