"""The load generator of another worker, as a server's machine uses it: `compare bench --server-on A --load-from B`.

Orders and stamps go over the cluster's own connections, before and after a load. Latencies are those that the other
worker saw, on its clock; this machine's clock is compared for the server's CPU time and memory in the same window.
"""

import itertools
from typing import Any

import msgspec
from distributed import get_client
from distributed.scheduler import KilledWorker

from compare.engine import clocks, press, quiet
from compare.engine.many import MachineLostError
from compare.engine.press import Far
from compare.harness.generators import GeneratorError
from compare.loadgen.protocol import Order, Outcome

UNSURE = 0.01  # of the window: clocks that are known no better are told


class Afar:
    """Plays orders on another worker. `ahead_s` is how far its clock was ahead of this one's in the last order."""

    def __init__(self, far: Far) -> None:
        self._far, self._orders, self.ahead_s = far, itertools.count(), 0.0

    def play(self, order: Order, *, stops: bool = False) -> tuple[Outcome, memoryview]:  # noqa: ARG002  # nobody presses Ctrl-C here
        """Return the outcome of `order` and the raw rows; raises GeneratorError, or MachineLostError."""
        before = self._clock()
        outcome, rows = self._played(order)
        after = self._clock()
        self.ahead_s = (before.ahead_s + after.ahead_s) / 2
        unsure_s = max(before.unsure_s, after.unsure_s) + abs(after.ahead_s - before.ahead_s) / 2
        if unsure_s > UNSURE * order.duration_s:
            note = f"The clock of {self._far.name} is known to {unsure_s:.3g} s only: usage may be of another window."
            outcome = msgspec.structs.replace(outcome, notes=(*outcome.notes, note))
        return outcome, memoryview(rows)

    def _clock(self) -> clocks.Offset:
        try:
            return clocks.read(self._far.clock, self._far.token)
        except clocks.ClockError as error:
            raise MachineLostError(f"{self._far.name} was lost while it pressed. {error}") from error

    def _played(self, order: Order) -> tuple[Outcome, bytes]:
        far = self._far
        future: Any = get_client().submit(
            press.play,
            far.run,
            order,
            key=f"{far.run}-load-{far.address}-{id(self):x}-{next(self._orders)}",
            pure=False,
            retries=0,
            workers=[far.address],
            allow_other_workers=False,
            resources={quiet.MACHINE: 1},
        )
        try:
            played: tuple[Outcome, bytes] = future.result()
        except GeneratorError:
            raise
        except (KilledWorker, OSError, TimeoutError, press.SeatError) as error:
            raise MachineLostError(
                f"{far.name} was lost while it pressed ({type(error).__name__})."
            ) from error
        except Exception as error:
            if type(error).__name__ in {"NoValidWorkerError", "FutureCancelledError", "CancelledError"}:
                raise MachineLostError(f"{far.name} was lost while it pressed.") from error
            raise
        finally:
            future.release()
        return played
