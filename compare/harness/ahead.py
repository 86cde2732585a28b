"""The next cell's server, started while the last cell's numbers are computed and kept.

The start of a server takes longer than anything else that a cell costs beside its load, and needs the server's CPU. To
compute and keep what was measured takes this process up to a third of that time, on another CPU. Nothing is measured
meanwhile, so neither is in any number.
"""

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from compare.harness.servers import Starting
from compare.records import Cell, Contestant


class Ahead:
    """Holds the cell that comes next, once it was announced, and its server, once that was started.

    As a context manager it ends with the block a server that was started and not taken.
    """

    def __init__(self) -> None:
        self.next: Cell | None = None
        self._started: tuple[Contestant, Starting] | None = None

    def announce(self, cell: Cell | None) -> None:
        """Say that `cell` is measured after the one that is measured now; None where nothing of ours may run then."""
        self.next = cell

    def start(self, contestant: Contestant, start: Callable[[Contestant], Starting]) -> None:
        """Start `contestant`'s server; where the system has no room for it, nothing: its own cell will say so."""
        self.close()
        with suppress(OSError):
            self._started = contestant, start(contestant)

    def take(self, contestant: Contestant) -> Starting | None:
        """Return the server that was started if it is `contestant`'s; another one's is ended."""
        if self._started is not None and self._started[0] == contestant:
            started, self._started = self._started[1], None
            return started
        self.close()
        return None

    def close(self) -> None:
        """End the server that was started, if there is one."""
        held, self._started = self._started, None
        if held is not None:
            held[1].end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
