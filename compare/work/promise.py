"""What a work is: the two faces of one long I/O, its name and its limit."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Protocol

from compare.errors import CompareError

Blocking = Callable[[float], bytes]
Native = Callable[[float], Awaitable[bytes]]


class Kind(StrEnum):
    """The works that come with the product."""

    SLEEP = "sleep"
    HTTP = "http"
    POSTGRES = "postgres"


class WorkError(CompareError):
    """The work cannot be done here: one sentence that says what was tried and what to do."""


class Work(Protocol):
    """One long I/O with two faces that do the same thing and return the same bytes.

    A face is None when the work has no such face; `faces_missing` says which paradigms that leaves unmeasured. `limit`
    is how many the work itself does at once (a pool's size), 0 when nothing in it limits; known after `start`.
    """

    @property
    def name(self) -> str:
        """What the work is called in answers and charts."""

    @property
    def limit(self) -> int:
        """How many the work itself does at once."""

    @property
    def blocking(self) -> Blocking | None:
        """The face that may block its thread."""

    @property
    def native(self) -> Native | None:
        """The face that is awaited on the loop."""

    async def start(self, capacity: int) -> None:
        """Make ready on the running loop for `capacity` at once, 0 = not known; raises CompareError."""

    async def stop(self) -> None:
        """Give back what `start` took."""
