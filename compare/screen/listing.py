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


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return words to the left and durations to the right of their columns."""
    cells = [
        text.ljust(width) if column < 2 else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells)
