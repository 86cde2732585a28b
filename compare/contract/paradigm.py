"""The registry of paradigms: one record for each way of waiting, with all that is data about it.

Servers, benchmark, charts and page make their tables from it. What is code or prose stands elsewhere:
`tests/house/test_paradigm.py` names each such place when a paradigm lacks one.
"""

import enum
from typing import Any, Self


class WaitThread(enum.StrEnum):
    """Whose thread a wait takes until it is over."""

    LOOP = "loop"  # the loop's own: one wait at a time, and nobody else is served meanwhile
    EACH = "each"  # a new one for each request
    POOL = "pool"  # one of the executor's: as many waits at once as the pool has threads
    NONE = "none"  # the loop waits, by the work's native face; all others take its blocking face


class Paradigm(enum.StrEnum):
    """The ways of waiting, in the order in which every file and table lists them.

    `colour` and `mark` are its looks in each chart, from the palette of Okabe and Ito and matplotlib's marks;
    `trampoline` says whether its handler is a generator that is driven by hand.
    """

    thread: WaitThread
    colour: str
    mark: str
    trampoline: bool

    BLOCKING = "blocking", WaitThread.LOOP, "#D55E00", "X", False
    CALLBACK = "callback", WaitThread.EACH, "#E69F00", "s", False
    GENERATOR = "generator", WaitThread.EACH, "#CC79A7", "D", True
    COROUTINE = "coroutine", WaitThread.NONE, "#56B4E9", "P", True
    EXECUTOR = "executor", WaitThread.POOL, "#009E73", "v", False
    NATIVE = "native", WaitThread.NONE, "#0072B2", "o", False

    def __new__(cls, name: str, *fields: Any) -> Self:
        """Make the member equal to its name alone, as records and URLs have it."""
        one = str.__new__(cls, name)
        one._value_ = name
        one.thread, one.colour, one.mark, one.trampoline = fields
        return one
