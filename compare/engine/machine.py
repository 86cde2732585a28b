"""A worker of a dask cluster as a machine of one run."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from compare.engine import remote
from compare.engine.many import MachineLostError
from compare.engine.ready import Seen
from compare.engine.remote import Open, Rerun
from compare.engine.spread import Attempt
from compare.errors import CompareError
from compare.records import Cell, Measurement


class UnreadyError(CompareError):
    """A machine that cannot make ready what it is to measure: one sentence that names it."""


class Asks(Protocol):
    """What a machine needs of its cluster."""

    def ask(self, address: str, name: str, function: Callable[..., Any], *words: Any, key: str) -> Any:
        """Return what `function` returns on one worker; raises MachineLostError when that is gone."""


class Machine:
    """One worker; `measure` waits for the cell, in a thread of its own."""

    def __init__(
        self,
        cluster: Asks,
        address: str,
        name: str,
        run: str,
        opened: Open,
        order: msgspec.Struct,
        turn: AbstractContextManager[object],
    ) -> None:
        self._cluster, self._address, self.name, self.turn = cluster, address, name, turn
        self._run, self._opened, self._order = run, opened, order
        self._begun: Counter[Attempt] = Counter()

    def prepare(self) -> Seen:
        """Have the worker make ready what it will measure; return what it saw of it.

        Raises UnreadyError when it cannot, and MachineLostError when the worker is gone.
        """
        key = f"{self._run}-prepare-{self._address}"
        words = (self._run, self._opened, self._order)
        try:
            seen: Seen = self._cluster.ask(self._address, self.name, remote.prepare, *words, key=key)
        except MachineLostError:
            raise
        except CompareError as error:
            raise UnreadyError(f"{self.name}: {error}") from error
        return seen

    def measure(self, cell: Cell, attempt: Attempt) -> Measurement:
        """Return the measurement of `cell`; raises MachineLostError when the worker is gone."""
        index = self._begun[attempt]
        self._begun[attempt] += 1
        key = f"{self._run}-{attempt.round}-{index}-{attempt.number}"
        words = (self._run, self._opened, self._order, cell, attempt, index)
        made: Measurement | Rerun = self._cluster.ask(
            self._address, self.name, remote.measure, *words, key=key
        )
        if isinstance(made, Rerun):
            raise MachineLostError(f"{self.name} was asked a second time for a cell begun by {made.first}.")
        return made
