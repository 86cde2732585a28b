"""Workers that ask how all workers are: the question goes to each, the answers go back together."""

from __future__ import annotations

import marshal
import time

from compare.serving.worker_process import Worker

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from typing import Any

STATS_S = 1.0  # how long workers may take to say how they are


class Question:
    """A worker asked how all workers are; `rows` are the answers so far, by process id."""

    def __init__(self, asking: Worker, name: Any) -> None:
        self.asking, self.name, self.by = asking, name, time.monotonic() + STATS_S
        self.rows: dict[int, dict[str, Any]] = {}


class Questions:
    """The questions that are open, by number."""

    def __init__(self) -> None:
        self._open: dict[int, Question] = {}
        self._count = 0

    def hear(self, worker: Worker, current: list[Worker]) -> None:
        """Take a worker's message: it asks how all of `current` are, or says how it is."""
        try:
            message = marshal.loads(worker.control.recv(1 << 16))  # noqa: S302  # our own worker's
        except (OSError, ValueError, EOFError):
            return
        if "ask" in message:
            self._count += 1
            self._open[self._count] = Question(worker, message["ask"])
            for other in current:
                other.tell({"how": self._count})
        elif "is" in message and message.get("number") in self._open:
            question = self._open[message["number"]]
            question.rows[worker.pid] = {"worker": worker.slot, "pid": worker.pid, **message["is"]}
            if question.rows.keys() >= {one.pid for one in current}:
                self._answer(message["number"], current)

    def due(self) -> list[float]:
        """Return when each of them is answered at the latest."""
        return [question.by for question in self._open.values()]

    def on_time(self, now: float, current: list[Worker]) -> None:
        """Answer those that have waited long enough."""
        for number in [number for number, question in self._open.items() if question.by <= now]:
            self._answer(number, current)

    def _answer(self, number: int, current: list[Worker]) -> None:
        """Send what is known so far to the worker that asked; the silent ones are named."""
        question = self._open.pop(number)
        silent = {one.pid: {"worker": one.slot, "pid": one.pid, "silent": True} for one in current}
        rows = [question.rows.get(pid, row) for pid, row in silent.items()]
        question.asking.tell({"all": question.name, "workers": rows})
