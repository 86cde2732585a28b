"""The load generator's process: started when it is first needed, kept from one order to the next, ended with the block.

It is not a unit of replication: what is compared are servers, and each of those is fresh. Starting a generator costs
half of what a cell costs beside its load. It resets itself after each order and says whether it is clean again; one
that is not, or that failed, is replaced.
"""

import contextlib
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import IO, Self

import msgspec

from compare.errors import CompareError
from compare.loadgen.ledger import ROW_BYTES
from compare.loadgen.protocol import Order, Outcome, Refused
from compare.processes import launch

END_S = 1.0


class GeneratorError(CompareError):
    """The load generator failed, or refused the order: one sentence."""


class OrderRefusedError(GeneratorError):
    """An order that this machine does not allow; nothing was sent, and the generator is as it was."""


class Generator:
    """Plays orders, one after the other, in one process pinned to `cpu` unless that is None."""

    def __init__(self, cpu: int | None = None) -> None:
        self._cpu = cpu
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def play(self, order: Order) -> tuple[Outcome, memoryview]:
        """Return what became of `order` and the raw rows; raises GeneratorError.

        Whatever ends this call early ends the process too: what it would still say belongs to this order.
        """
        try:
            outcome, rows = self._played(order)
        except OrderRefusedError:
            raise
        except BaseException:
            self.close()
            raise
        if not outcome.clean:
            self.close()
        return outcome, rows

    def _played(self, order: Order) -> tuple[Outcome, memoryview]:
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101  # for the type checker: both are pipes
        assert process.stdout is not None  # noqa: S101  # as above
        with contextlib.suppress(BrokenPipeError):  # one that has ended may have said something first
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()  # and left open: the generator ends when it closes
        line = process.stdout.readline()
        if not line:
            raise GeneratorError(self._last_words(process))
        try:
            outcome = msgspec.json.decode(line, type=Outcome | Refused)
        except msgspec.DecodeError as error:
            raise GeneratorError(f"The load generator's answer cannot be read: {error}.") from error
        if isinstance(outcome, Refused):
            raise OrderRefusedError(outcome.reason)
        expected = ROW_BYTES * sum(stream.rows for stream in outcome.streams)
        rows = process.stdout.read(expected)
        if len(rows) != expected:
            raise GeneratorError(
                f"The load generator's answer cannot be read: {len(rows)} bytes of samples came, not {expected}."
            )
        return outcome, memoryview(rows)

    def _start(self) -> "subprocess.Popen[bytes]":
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603  # the arguments are ours, and there is no shell
            launch.argv([sys.executable, "-P", "-m", "compare.loadgen.generator"], cpu=self._cpu),
            stdin=pipe,
            stdout=pipe,
            stderr=self._stderr,
            start_new_session=True,  # Ctrl-C in the terminal reaches the benchmark alone, which then ends the generator
        )
        return self._process

    def _last_words(self, process: "subprocess.Popen[bytes]") -> str:
        process.wait()
        lines: list[str] = []
        if self._stderr is not None:
            self._stderr.seek(0)
            lines = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        return f"The load generator ended without a result: {lines[-1] if lines else 'it said nothing'}."
