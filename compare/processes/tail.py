"""The last lines of a stream that is read to its end, so that its writer never waits."""

import threading
from collections import deque
from collections.abc import Callable
from typing import IO

LINES = 8
ALL_IN_S = (
    1.0  # a process that has ended, or is stuck, has written all it will: so long may reading that take
)
CLOSED_S = 1.0  # how long the stream of an ended process may stay open: a grandchild may hold it


class Tail:
    """Reads `stream` in a thread of its own and keeps its last lines; `put` gets each line, None at the end."""

    def __init__(self, stream: IO[bytes], put: Callable[[bytes | None], None] | None = None) -> None:
        self._stream, self._put = stream, put
        self._kept: deque[str] = deque(maxlen=LINES)
        self._thread = threading.Thread(target=self._read, daemon=True, name="tail")
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            if text := line.decode("utf-8", "replace").rstrip():
                self._kept.append(text)
            if self._put:
                self._put(line)
        if self._put:
            self._put(None)

    def lines(self) -> list[str]:
        """Return the last lines that are not blank; asked for when the process has ended or is stuck."""
        self._thread.join(ALL_IN_S)
        return list(self._kept)

    def close(self) -> None:
        """Close the stream unless somebody else still writes to it."""
        self._thread.join(CLOSED_S)
        if not self._thread.is_alive():
            self._stream.close()
