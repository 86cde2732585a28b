"""Ctrl-C and SIGTERM in the middle of a run: heard at once, or at the latest before the next cell.

Python raises KeyboardInterrupt wherever the main thread happens to be. Where that is a finalizer or a callback of the
garbage collector, the exception is printed and dropped, and a run would go on as if nobody had asked it to stop.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # `compare bench --help` needs neither
    from compare.engine.drive import Watcher
    from compare.records import Cell


class Interrupts:
    """Remembers that one came; `beside` reminds a run of it."""

    def __init__(self) -> None:
        self.came = False

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Raise KeyboardInterrupt for both signals within the block, and leave them as they were.

        One that is ignored stays so: a shell script starts what it runs in the background that way.
        """
        both = (signal.SIGINT, signal.SIGTERM)
        numbers = [number for number in both if signal.getsignal(number) is not signal.SIG_IGN]
        before = [signal.signal(number, self._take) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def beside(self, watcher: Watcher) -> Watcher:
        """Return what shows the same as `watcher` and stops before a cell when an interrupt was dropped."""
        return _Reminding(watcher, self)

    def _take(self, _number: int, _frame: FrameType | None) -> NoReturn:
        self.came = True
        raise KeyboardInterrupt


class _Reminding:
    def __init__(self, watcher: Watcher, interrupts: Interrupts) -> None:
        self._interrupts = interrupts
        self.begins, self.grows = watcher.begins, watcher.grows
        self.measured, self.remark = watcher.measured, watcher.remark
        self._measuring = watcher.measuring

    def measuring(self, cell: Cell, done: int, left_s: float) -> None:
        if self._interrupts.came:
            raise KeyboardInterrupt
        self._measuring(cell, done, left_s)
