"""Raw stamps of requests, one row each, in arrays of machine numbers that are there before the load starts."""

import enum
import math
from array import array

# name and type code of each column; all of them are written one after the other, in this order
COLUMNS = (("intended_s", "d"), ("sent_s", "d"), ("done_s", "d"), ("status", "h"), ("io_s", "f"))
ROW_BYTES = sum(array(code).itemsize for _, code in COLUMNS)
FIRST_ROWS = 1 << 16


class Ended(enum.IntEnum):
    """`records.SampleStatus` once more: importing that module costs numpy, 0.25 s in each generator process.

    A test holds the two together.
    """

    UNANSWERED = 0
    REFUSED = -1
    RESET = -2
    MALFORMED = -3
    UNSENT = -4


class Ledger:
    """Rows in the order in which requests ended; times on `time.monotonic`.

    Room for `rows` is made (and touched, so that no page fault hits a measured request) at once, and doubled when full.
    """

    __slots__ = ("_done", "_intended", "_io", "_room", "_sent", "_status", "count")

    def __init__(self, rows: int = FIRST_ROWS) -> None:
        self.count, self._room = 0, max(1, rows)
        self._intended: array[float] = array("d", bytes(8 * self._room))
        self._sent: array[float] = array("d", bytes(8 * self._room))
        self._done: array[float] = array("d", bytes(8 * self._room))
        self._status: array[int] = array("h", bytes(2 * self._room))
        self._io: array[float] = array("f", bytes(4 * self._room))

    def add(
        self, intended_s: float, sent_s: float, done_s: float, status: int, io_s: float = math.nan
    ) -> None:
        """Write one row."""
        row = self.count
        if row == self._room:
            self._grow()
        self._intended[row] = intended_s
        self._sent[row] = sent_s
        self._done[row] = done_s
        self._status[row] = status
        self._io[row] = io_s
        self.count = row + 1

    def _grow(self) -> None:
        for column in (self._intended, self._sent, self._done, self._status, self._io):
            column.frombytes(bytes(column.itemsize * self._room))
        self._room *= 2

    def parts(self) -> list[memoryview]:
        """Return the bytes of each column's rows, in the order of `COLUMNS`."""
        columns = (self._intended, self._sent, self._done, self._status, self._io)
        return [memoryview(column)[: self.count].cast("B") for column in columns]
