"""Many machines at once: a thread per machine that measures round after round, and one stream of events.

The threads only wait for their machine; the caller alone keeps results, from `events`. What a machine is, a dask worker
or a fake one in a test, is an argument.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from compare.engine.ready import Seen
from compare.engine.spread import Attempt, Lost, Spread
from compare.errors import CompareError
from compare.records import Cell, Measurement

POLL_S = 0.25  # how often new machines are looked for, and the end of the last one is noticed


class MachineLostError(CompareError):
    """A machine ended, froze or was cut off in the middle of a cell; one sentence naming it."""


class Machine(Protocol):
    """A machine that measures one cell at a time."""

    @property
    def name(self) -> str:
        """How reports call it."""

    @property
    def turn(self) -> AbstractContextManager[object]:
        """Entered for a whole round: machines that share a host take turns."""

    def prepare(self) -> Seen:
        """Make ready what will be measured; return what was seen of it. Raises CompareError, MachineLostError too."""

    def measure(self, cell: Cell, attempt: Attempt) -> Measurement:
        """Return the measurement of `cell`; raises MachineLostError when the machine is gone."""


class Turns:
    """Lets one machine of several in, in the order in which they came: a lock that is fair."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._came = self._served = 0

    def __enter__(self) -> None:
        with self._changed:
            mine, self._came = self._came, self._came + 1
            self._changed.wait_for(lambda: self._served == mine)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._served += 1
            self._changed.notify_all()


class Began(msgspec.Struct, frozen=True):
    """A machine begins a round."""

    attempt: Attempt


class Made(msgspec.Struct, frozen=True):
    """A machine has measured one cell of its round."""

    attempt: Attempt
    measurement: Measurement


class Finished(msgspec.Struct, frozen=True):
    """A round was made whole."""

    attempt: Attempt


class Failed(msgspec.Struct, frozen=True):
    """A fault of this program in the thread of one machine."""

    error: BaseException


Event = Began | Made | Finished | Lost

Find = Callable[[], Sequence[Machine]]


class Many:
    """Measures `rounds` on every machine that `find` names, also on those that come later.

    `find` is called about four times a second and returns the machines that are there now. `patience_s` is how long
    rounds wait when there is no machine at all.
    """

    def __init__(
        self,
        rounds: Sequence[Sequence[Cell]],
        find: Find,
        *,
        patience_s: float = 30.0,
        poll_s: float = POLL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rounds, self._find, self._clock = rounds, find, clock
        self._patience_s, self._poll_s = patience_s, poll_s
        self.spread = Spread(range(len(rounds)))
        self._events: queue.SimpleQueue[Event | Failed] = queue.SimpleQueue()
        self._threads: dict[str, threading.Thread] = {}
        self._stopping = threading.Event()

    def events(self) -> Iterator[Event]:
        """Yield what happens, in order, until every round is made, given up, or has no machine left to run on."""
        alone_since = self._clock()
        while True:
            self._greet()
            try:
                event = self._events.get(timeout=self._poll_s)
            except queue.Empty:
                working = any(thread.is_alive() for thread in self._threads.values())
                if working:
                    alone_since = self._clock()
                elif self.spread.idle or self._clock() - alone_since > self._patience_s:
                    return
                continue
            if isinstance(event, Failed):
                raise event.error
            yield event

    def stop(self) -> None:
        """Begin nothing more; the cells that run now end first, or when their machines are told to drop them."""
        self._stopping.set()
        self.spread.stop()

    def _greet(self) -> None:
        """Start a thread for each machine not seen before."""
        if self._stopping.is_set():
            return
        for machine in self._find():
            if machine.name not in self._threads:
                thread = threading.Thread(target=self._work, args=(machine,), name=machine.name, daemon=True)
                self._threads[machine.name] = thread
                thread.start()

    def _work(self, machine: Machine) -> None:
        try:
            while True:
                with machine.turn:
                    attempt = self.spread.take(machine.name)
                    if attempt is None or not self._round(machine, attempt):
                        return
        except BaseException as error:  # noqa: BLE001  # delivered to the caller of `events`
            self._events.put(Failed(error))

    def _round(self, machine: Machine, attempt: Attempt) -> bool:
        """Measure one round; return whether the machine is still there."""
        self._events.put(Began(attempt))
        for cell in self.rounds[attempt.round]:
            if self._stopping.is_set():
                self.spread.drop(attempt)
                return False
            try:
                self._events.put(Made(attempt, machine.measure(cell, attempt)))
            except MachineLostError as error:
                self.spread.lose(attempt, str(error))
                self._events.put(Lost(attempt, str(error)))
                return False
        self.spread.finish(attempt)
        self._events.put(Finished(attempt))
        return True
