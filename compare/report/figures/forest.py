"""Ratios with their intervals, one under the other, around the line of no difference."""

from collections.abc import Sequence
from pathlib import Path

from compare.analysis.decide import SMALLEST_EFFECT, Decision, Word
from compare.analysis.intervals import Estimate, Spread
from compare.contract import Paradigm
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import Panel
from compare.report.figures.sheets import Words
from compare.report.verdict import factor_text

READ = "Line at 1: equal. Grey: effects under {floor:.0%}, which are never named."


def draw(
    name: str, words: Words, found: Sequence[tuple[str, Decision]], ratio_of: str, folder: Path
) -> list[Path]:
    """Write one row per named difference into `folder`; nothing when none has a ratio.

    `ratio_of` labels the axis, such as "answers per second, uvloop / asyncio".
    """
    rows = [(label, one) for label, one in found if one.ratio.measured][::-1]
    if not rows:
        return []
    with sheets.look():
        left = 0.5 + max(sheets.text_inches(label, sheets.LABEL_SIZE + 0.5) for label, _ in rows)
        grid = sheets.Grid(width=8.8 - left, height=0.5 + 0.3 * len(rows), left=left, label=1.9)
        figure, (panel,) = sheets.sheet(words, grid)
        _axes(panel, [one.ratio for _, one in rows], ratio_of)
        for height, (label, one) in enumerate(rows):
            _ratio(panel, height, one, one.a.contestant.paradigm)
            panel.text(-0.02, height, label, transform=panel.get_yaxis_transform(), ha="right", va="center")
        return sheets.save(figure, folder, name)


def note(found: Sequence[tuple[str, Decision]]) -> str:
    """Return how to read the bars of this figure."""
    kinds = {one.ratio.kind for _, one in found if one.ratio.measured}
    bars = " ".join(f"Bar: {kind.words}." for kind in Spread if kind in kinds and kind is not Spread.SINGLE)
    rounds = "" if bars else "One round: the spread is unknown."
    return f"{bars}{rounds} {READ.format(floor=SMALLEST_EFFECT)}"


def _axes(panel: Panel, ratios: Sequence[Estimate], label: str) -> None:
    low = min(*(one.low for one in ratios), 1 - 2 * SMALLEST_EFFECT)
    high = max(*(one.high for one in ratios), 1 + 2 * SMALLEST_EFFECT)
    panel.set_xlim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    panel.set_ylim(-0.7, len(ratios) - 0.3)
    panel.set_yticks([])
    panel.grid(axis="y", visible=False)
    panel.spines["left"].set_visible(False)
    panel.set_xlabel(label)
    panel.axvspan(1 - SMALLEST_EFFECT, 1 + SMALLEST_EFFECT, color=sheets.FAINT, alpha=0.45, lw=0)
    panel.axvline(1, color=sheets.INK, lw=1)


def _ratio(panel: Panel, height: int, one: Decision, paradigm: Paradigm) -> None:
    colour, ratio = paradigm.colour, one.ratio
    panel.plot([ratio.low, ratio.high], [height, height], color=colour, lw=2.2, solid_capstyle="butt")
    panel.plot(ratio.value, height, marker=paradigm.mark, color=colour, ms=7, mec="white")
    words = f"{factor_text(ratio.value)}" + ("" if one.named else f"  {_word(one)}")
    panel.text(
        1.02,
        height,
        words,
        transform=panel.get_yaxis_transform(),
        va="center",
        color=drawing.darker(colour) if one.named else sheets.SOFT,
        size=9,
    )


def _word(one: Decision) -> str:
    return f"same within {one.margin:.0%}" if one.word is Word.SAME else str(one.word)
