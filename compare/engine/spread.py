"""Rounds over many machines: which machine makes which round, and what happens when a machine is lost.

The unit is a whole round on one machine, because contestants are compared within a machine and never across two. Each
machine has one round at a time. A round whose machine is lost is made again, whole, as the next attempt, and both
attempts are reported: nothing is measured twice in silence. Pure except for the lock: machines are asked from threads.
"""

import threading
from collections.abc import Sequence

import msgspec

MOST_ATTEMPTS = 3  # a round that has lost three machines is more likely their cause than their victim


class Attempt(msgspec.Struct, frozen=True):
    """One try at one round on one machine; `round` and `number` count from 0 and from 1."""

    round: int
    number: int
    machine: str


class Lost(msgspec.Struct, frozen=True):
    """An attempt that ended with its machine; `reason` is one sentence."""

    attempt: Attempt
    reason: str


class Spread:
    """Hands rounds to machines until each is made once. Safe to use from one thread per machine."""

    def __init__(self, rounds: Sequence[int], most_attempts: int = MOST_ATTEMPTS) -> None:
        self._waiting = list(rounds)
        self._attempts = dict.fromkeys(rounds, 0)
        self._running: dict[int, Attempt] = {}
        self._most_attempts = most_attempts
        self._changed = threading.Condition()
        self._stopped = False
        self.done: list[Attempt] = []
        self.lost: list[Lost] = []
        self.given_up: list[int] = []

    def take(self, machine: str, timeout_s: float | None = None) -> Attempt | None:
        """Return the next round for `machine`; None when nothing is left for it.

        While rounds run elsewhere it waits, because one of them may be lost; at most `timeout_s` seconds.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._running or self._stopped, timeout_s)
            if self._stopped or not self._waiting:
                return None
            number = self._waiting.pop(0)
            self._attempts[number] += 1
            attempt = Attempt(number, self._attempts[number], machine)
            self._running[number] = attempt
            return attempt

    def finish(self, attempt: Attempt) -> None:
        """Mark the attempt's round as made."""
        with self._changed:
            del self._running[attempt.round]
            self.done.append(attempt)
            self._changed.notify_all()

    def lose(self, attempt: Attempt, reason: str) -> None:
        """Put the attempt's round back, first in line, unless it has been tried often enough."""
        with self._changed:
            del self._running[attempt.round]
            self.lost.append(Lost(attempt, reason))
            if attempt.number < self._most_attempts:
                self._waiting.insert(0, attempt.round)
            else:
                self.given_up.append(attempt.round)
            self._changed.notify_all()

    def drop(self, attempt: Attempt) -> None:
        """Put the attempt's round back because a person stopped the run."""
        with self._changed:
            del self._running[attempt.round]
            self._waiting.insert(0, attempt.round)
            self._changed.notify_all()

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def idle(self) -> bool:
        """Whether no round runs and none waits that may still be handed out."""
        with self._changed:
            return not self._running and (self._stopped or not self._waiting)

    @property
    def unmade(self) -> list[int]:
        """Rounds that wait for a machine."""
        with self._changed:
            return list(self._waiting)
