"""The first figure of a run: a strip per contestant, a dot per round, on a linear axis that begins at 0."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compare.contract import Server
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import Panel
from compare.report.figures.sheets import Words
from compare.report.headline import Strip

STRIP_IN = 0.32  # the height of a strip, in inches
ROOM = 1.06  # of the axis, over what it holds
LOUD_PT = 9.5  # of the numbers


def draw(
    name: str,
    words: Words,
    found: Mapping[Server, Sequence[Strip]],
    axis: str,
    ceiling_rps: float | None,
    folder: Path,
) -> list[Path]:
    """Write a panel per server into `folder` as PNG and SVG; nothing where no round gave a number.

    `axis` labels the rates; `ceiling_rps` is what the wait alone allows, dashed where there is such a number.
    """
    every = [strip for each in found.values() for strip in each]
    numbers = [
        rate for strip in every for rate in (*strip.rates_rps, strip.median_rps) if math.isfinite(rate)
    ]
    if not numbers:
        return []
    most = max(*numbers, ceiling_rps or 0.0) or 1.0
    with sheets.look():
        height = 0.1 + STRIP_IN * max(map(len, found.values()))
        label = 0.35 + max(sheets.text_inches(strip.told, LOUD_PT, "bold") for strip in every)
        left = 0.35 + max(sheets.text_inches(strip.label, sheets.LABEL_SIZE) for strip in every)
        grid = sheets.Grid(rows=len(found), width=3.6, height=height, label=label, left=left, gap=0.72)
        figure, panels = sheets.sheet(words, grid)
        for panel, (server, each) in zip(panels, found.items(), strict=True):
            panel.set_title(str(server), loc="left", weight="bold")
            _panel(panel, each, most, ceiling_rps)
        panels[-1].set_xlabel(axis)
        return sheets.save(figure, folder, name)


def note(found: Mapping[Server, Sequence[Strip]]) -> str:
    """Return how to read the marks, naming only those that are drawn."""
    every = [strip for each in found.values() for strip in each]
    told = ["Mark: one round, a fresh server. Bar: the median."]
    if any(strip.stopped for strip in every):
        told.append("Cross: stopped answering for good; it counts 0 in the bar.")
    if any(not strip.valid for strip in every):
        told.append("Hollow: invalid, no result.")
    return " ".join(told)


def _panel(panel: Panel, each: Sequence[Strip], most: float, ceiling_rps: float | None) -> None:
    panel.set_xlim(0, most * ROOM)
    panel.set_ylim(len(each) - 0.4, -0.6)  # the first on top
    panel.set_yticks([])
    panel.grid(axis="y", visible=False)
    drawing.plain_axis(panel)
    if ceiling_rps:
        panel.axvline(ceiling_rps, color=sheets.INK, lw=1.1, dashes=(5, 3), zorder=1.5)
        panel.text(
            ceiling_rps,
            1.03,
            "ceiling: n / wait",
            transform=panel.get_xaxis_transform(),
            ha="right",
            va="bottom",
            size=sheets.LABEL_SIZE,
        )
    for height, strip in enumerate(each):
        _strip(panel, height, strip)


def _strip(panel: Panel, height: int, strip: Strip) -> None:
    colour = strip.paradigm.colour
    if strip.valid and math.isfinite(strip.median_rps):
        panel.barh(height, strip.median_rps, height=0.62, color=colour, alpha=0.25, lw=0, zorder=2)
        ends = [height - 0.31, height + 0.31]
        panel.plot([strip.median_rps] * 2, ends, color=colour, lw=2.2, clip_on=False, zorder=3)
    panel.plot(
        strip.rates_rps,
        [height] * len(strip.rates_rps),
        ls="",
        marker=strip.paradigm.mark,
        ms=5.5,
        mfc=colour if strip.valid else "white",
        mec="white" if strip.valid else colour,
        mew=0.7 if strip.valid else 1.3,
        clip_on=False,
        zorder=4,
    )
    if strip.stopped:
        panel.plot(0, height, ls="", marker="x", ms=8, mew=2.4, color=sheets.INK, clip_on=False, zorder=5)
    beside: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "va": "center"}
    name = drawing.darker(colour)
    panel.text(-0.04, height, strip.label, ha="right", color=name, size=sheets.LABEL_SIZE, **beside)
    result = strip.valid and (strip.rates_rps or strip.stopped)
    weight = "bold" if strip.stopped else "normal"
    told = sheets.INK if result else sheets.SOFT
    panel.text(1.03, height, strip.told, color=told, weight=weight, size=LOUD_PT, **beside)
