"""The list of experiments as plain text, so that `compare bench --list` answers at once."""

from collections.abc import Mapping, Sequence

from compare.analysis.units import duration_text
from compare.experiments.options import Preset


def experiments(rows: Sequence[tuple[str, str, Mapping[Preset, float]]]) -> str:
    """Return one line for each experiment: name, question, and how long each preset takes, given in seconds."""
    head = ("experiment", "question", *Preset)
    table = [head, *((name, question, *map(duration_text, by.values())) for name, question, by in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(_line(row, widths) for row in table)


def total(full_s: Sequence[float], machines: int) -> str:
    """Return how long all experiments take one after the other, each given in seconds."""
    where = "on this machine" if machines == 1 else f"on {machines:,} machines"
    return f"All of them with --full, {where}: {duration_text(sum(full_s))}."


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return words to the left and durations to the right of their columns."""
    cells = [
        text.ljust(width) if column < 2 else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells)
