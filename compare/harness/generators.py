"""The load generator's process: started when it is first needed, kept from one order to the next, ended with the block.

It is not a unit of replication: what is compared are servers, and each of those is fresh. Starting a generator costs
half of what a cell costs beside its load. It resets itself after each order and says whether it is clean again; one
that is not, or that failed, is replaced.
"""

import sys
from types import TracebackType
from typing import Self

import msgspec

from compare.errors import CompareError
from compare.loadgen.ledger import ROW_BYTES
from compare.loadgen.protocol import CUT, Order, Outcome, Refused
from compare.processes.child import Child


class GeneratorError(CompareError):
    """The load generator failed, or refused the order: one sentence."""


class OrderRefusedError(GeneratorError):
    """An order that this machine does not allow; nothing was sent, and the generator is as it was."""


class Generator:
    """Plays orders, one after the other, in one process pinned to `cpu` unless that is None."""

    def __init__(self, cpu: int | None = None) -> None:
        self._cpu = cpu
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def play(self, order: Order, *, stops: bool = False) -> tuple[Outcome, memoryview]:
        """Return the outcome of `order` and the raw rows; raises GeneratorError.

        Where it `stops`, a first Ctrl-C ends the order early and what was measured is returned. What else ends this
        call early ends the process too: what it would still say belongs to this order.
        """
        try:
            outcome, rows = self._played(order, stops=stops)
        except OrderRefusedError:
            raise
        except BaseException:
            self.close()
            raise
        if not outcome.clean:
            self.close()
        return outcome, rows

    def _played(self, order: Order, *, stops: bool) -> tuple[Outcome, memoryview]:
        child = self._child or self._start()
        child.write(msgspec.json.encode(order) + b"\n")
        try:
            line = child.stdout.readline()
        except KeyboardInterrupt:
            if not stops:
                raise
            child.write(CUT)
            line = child.stdout.readline()
        if not line:
            said = child.last_words() or "it said nothing"
            raise GeneratorError(f"The load generator ended without a result: {said}.")
        try:
            outcome = msgspec.json.decode(line, type=Outcome | Refused)
        except msgspec.DecodeError as error:
            raise GeneratorError(f"The load generator's answer cannot be read: {error}.") from error
        if isinstance(outcome, Refused):
            raise OrderRefusedError(outcome.reason)
        expected = ROW_BYTES * sum(stream.rows for stream in outcome.streams)
        rows = child.stdout.read(expected)
        if len(rows) != expected:
            raise GeneratorError(
                f"The load generator's answer cannot be read: {len(rows)} bytes of samples came, not {expected}."
            )
        return outcome, memoryview(rows)

    def _start(self) -> Child:
        self._child = Child([sys.executable, "-P", "-m", "compare.loadgen.generator"], cpu=self._cpu)
        return self._child
