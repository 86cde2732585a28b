"""Names for threads, short and used again, so that a viewer can draw one lane for each."""

import itertools
import threading
from types import TracebackType


class Lanes:
    """Names for threads: `loop`, the pool's by their number, others by the lowest number that is free."""

    def __init__(self) -> None:
        self._loop_thread = threading.get_ident()
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    def taken(self) -> "Lane":
        """Return the context in which the calling thread has a name, as `as` gives it."""
        return Lane(self)

    def take(self) -> tuple[str, int]:
        """Return the calling thread's name and the number to give back, 0 for none."""
        if threading.get_ident() == self._loop_thread:
            return "loop", 0
        name, _, number = threading.current_thread().name.rpartition("_")
        if name == "executor":
            return f"pool {int(number) + 1}", 0
        with self._lock:
            lowest = next(number for number in itertools.count(1) if number not in self._taken)
            self._taken.add(lowest)
        return f"thread {lowest}", lowest

    def give_back(self, number: int) -> None:
        """Free a number for the next thread."""
        self._taken.discard(number)


class Lane:
    """The time in which a thread has a name."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes, self._number = lanes, 0

    def __enter__(self) -> str:
        name, self._number = self._lanes.take()
        return name

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._lanes.give_back(self._number)
