"""How far the benchmark is: a bar with the time left in a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from compare.analysis.units import duration_text
from compare.records import Cell, Load, Measurement, Mixed, Open
from compare.report.verdict import name, rate_text


def cell_text(cell: Cell, width: int | None = None) -> str:
    """Return which cell this is: experiment, contestant, load and round; of these as many as `width` columns hold.

    The contestant always stands there, whole.
    """
    words = (name(cell.contestant), load_text(cell.load), f"round {cell.round + 1}")
    texts = [f"{cell.experiment}: {', '.join(words)}", *(", ".join(words[:most]) for most in (3, 2, 1))]
    return next((text for text in texts if width is None or len(text) <= width), texts[-1])


def load_text(load: Load) -> str:
    """Return a load in a few words."""
    if not isinstance(load, Open | Mixed):
        return f"{load.concurrency:,} in flight"
    return f"{rate_text(load.rate_rps)}/s {load.arrivals}"


class Lines:
    """Plain lines, one per cell: what a log keeps."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._cells = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def begins(self, cells: int, expected_s: float) -> None:
        """Say how much there is to do."""
        self._cells = cells
        self._say(
            f"Measuring {cells:,} {'cell' if cells == 1 else 'cells'}, about {duration_text(expected_s)}."
        )

    def grows(self, cells: int) -> None:
        """Count them in."""
        self._cells += cells

    def measuring(self, cell: Cell, done: int, left_s: float) -> None:
        """Say which cell is next."""
        self._say(f"[{done + 1}/{self._cells}] {cell_text(cell)}; {duration_text(left_s)} left")

    def measured(self, measurement: Measurement) -> None:
        """Say so when it failed."""
        if measurement.failure:
            self.remark(f"Failed: {cell_text(measurement.cell)}: {measurement.failure}")

    def remark(self, sentence: str) -> None:
        """Say it."""
        self._say(sentence)

    def _say(self, text: str) -> None:
        # A terminal breaks a line within a word, rich between two; a file keeps the sentence whole.
        self._console.print(text, markup=False, highlight=False, soft_wrap=not self._console.is_terminal)


BAR = 10  # columns; the rest of a narrow terminal is for the cell's name


class Bar(Lines):
    """A bar with the cell that is being measured and the time left; failures and remarks stay above it."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns = (
            BarColumn(bar_width=BAR),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.description}", markup=False),
        )
        self._progress = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away, so that what follows starts on a clean line."""
        self._progress.stop()

    def begins(self, cells: int, expected_s: float) -> None:
        """Draw the bar."""
        super().begins(cells, expected_s)
        self._task = self._progress.add_task("", total=cells, left=duration_text(expected_s))

    def measuring(self, cell: Cell, done: int, left_s: float) -> None:
        """Move the bar, which is longer when there is more to do than was known."""
        left = duration_text(left_s)
        before = f"{'':{BAR}} {self._cells}/{self._cells} {left} left "
        self._progress.update(
            self._task,
            completed=done,
            total=self._cells,
            description=cell_text(cell, self._console.width - len(before)),
            left=left,
        )


@contextmanager
def running(what: str, console: Console | None = None) -> Iterator[None]:
    """Show `what` and the time since it began while the block runs, in a terminal alone; nothing is left of it."""
    console = console or Console(file=sys.stderr)
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=2) as shown:
        shown.add_task(what, total=None)
        yield


def watcher(console: Console | None = None) -> Lines:
    """Return the one that suits where stderr goes."""
    console = console or Console(file=sys.stderr)
    return Bar(console) if console.is_terminal else Lines(console)
