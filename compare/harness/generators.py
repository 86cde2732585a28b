"""The load generator's process: started when it is first needed, kept from one order to the next.

It is not a unit of replication: what is compared are servers, and each of those is fresh. Starting a generator costs
half of what a cell costs beside its load. It resets itself after each order and says whether it is clean again; one
that is not, or that failed, is replaced.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec

from compare.errors import CompareError
from compare.loadgen.ledger import ROW_BYTES
from compare.loadgen.protocol import CUT, START, Opened, Order, Outcome, Refused, Said
from compare.processes.child import Child


class GeneratorError(CompareError):
    """The load generator failed, or refused the order: one sentence."""


class Player(Protocol):
    """What plays orders: the generator's process on this machine, or one that runs on another."""

    @property
    def ahead_s(self) -> float:
        """Seconds by which the clock of its stamps was ahead of this machine's in the last order; 0 on this machine."""

    def play(self, order: Order, *, stops: bool = False) -> tuple[Outcome, memoryview]:
        """Return the outcome of `order` and the raw rows; raises GeneratorError."""


class OrderRefusedError(GeneratorError):
    """An order that this machine does not allow; nothing was sent, and the generator is as it was."""


class Generator:
    """Plays orders, one after the other, in one process pinned to `cpu` unless that is None."""

    ahead_s = 0.0

    def __init__(self, cpu: int | None = None) -> None:
        self._cpu = cpu
        self._child: Child | None = None

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
        with self._ended_by_failures():
            return self._clean(self._played(order, stops=stops))

    def prepare(self, order: Order) -> None:
        """Have an order that waits open its connections, for `begin`; raises GeneratorError."""
        with self._ended_by_failures():
            child = self._ordered(order)
            said = _said(child, child.stdout.readline())
            if not isinstance(said, Opened):
                raise GeneratorError("The load generator began an order that was to wait.")

    def begin(self, start_s: float) -> tuple[Outcome, memoryview]:
        """Begin what was prepared when this machine's `time.monotonic` says `start_s`; return as `play` does."""
        with self._ended_by_failures():
            child = self._child
            if child is None:
                raise GeneratorError("The load generator had nothing prepared.")
            child.write(START + repr(start_s).encode() + b"\n")
            return self._clean(_outcome(child, child.stdout.readline()))

    def cut(self) -> None:
        """End what another thread waits for, which gets what was measured so far."""
        if (child := self._child) is not None:
            child.write(CUT)

    @property
    def waits(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.exit_code is None

    @contextmanager
    def _ended_by_failures(self) -> Iterator[None]:
        try:
            yield
        except OrderRefusedError:
            raise
        except BaseException:
            self.close()
            raise

    def _clean(self, played: tuple[Outcome, memoryview]) -> tuple[Outcome, memoryview]:
        if not played[0].clean:
            self.close()
        return played

    def _played(self, order: Order, *, stops: bool) -> tuple[Outcome, memoryview]:
        child = self._ordered(order)
        try:
            line = child.stdout.readline()
        except KeyboardInterrupt:
            if not stops:
                raise
            child.write(CUT)
            line = child.stdout.readline()
        return _outcome(child, line)

    def _ordered(self, order: Order) -> Child:
        child = self._child or self._start()
        child.write(msgspec.json.encode(order) + b"\n")
        return child

    def _start(self) -> Child:
        self._child = Child([sys.executable, "-P", "-m", "compare.loadgen.generator"], cpu=self._cpu)
        return self._child


def _outcome(child: Child, line: bytes) -> tuple[Outcome, memoryview]:
    outcome = _said(child, line)
    if not isinstance(outcome, Outcome):
        raise GeneratorError("The load generator waits for a start in an order that has none.")
    expected = ROW_BYTES * sum(stream.rows for stream in outcome.streams)
    rows = child.stdout.read(expected)
    if len(rows) != expected:
        raise GeneratorError(
            f"The load generator's answer cannot be read: {len(rows)} bytes of samples came, not {expected}."
        )
    return outcome, memoryview(rows)


def _said(child: Child, line: bytes) -> Outcome | Opened:
    if not line:
        said = child.last_words() or "it said nothing"
        raise GeneratorError(f"The load generator ended without a result: {said}.")
    try:
        answer: Said = msgspec.json.decode(line, type=Said)
    except msgspec.DecodeError as error:
        raise GeneratorError(f"The load generator's answer cannot be read: {error}.") from error
    if isinstance(answer, Refused):
        raise OrderRefusedError(answer.reason)
    return answer
