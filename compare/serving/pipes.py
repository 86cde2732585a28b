"""What is read and written without waiting for anybody. Few imports: the supervisor stays small."""

from __future__ import annotations

import os
import select

STDOUT_S = 5.0


def read(end: int) -> bytes:
    """Return what can be read from a pipe now, nothing when it has ended."""
    try:
        return os.read(end, 1 << 16)
    except OSError:
        return b""


def write(end: int, data: bytes) -> None:
    """Write what a reader takes now; a reader that is gone is nobody's fault."""
    try:
        os.write(end, data)
    except OSError:
        return


def takes(end: int) -> bool:
    """Return whether a write to `end` would not wait for a reader."""
    poll = select.poll()
    poll.register(end, select.POLLOUT)
    return any(event & select.POLLOUT for _, event in poll.poll(0))


def not_written(line: bytes) -> str:
    """Write the ready line; return why it could not be written: its reader would wait forever."""
    poll = select.poll()
    poll.register(1, select.POLLOUT)
    if not poll.poll(STDOUT_S * 1e3):
        return "it is full, and nobody reads it"
    try:
        os.write(1, line)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return ""


def closed(number: int) -> bool:
    """Return whether this process was started without this descriptor."""
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def warn(sentence: str) -> None:
    """Write one line to stderr, unless its reader does not read."""
    if takes(2):
        write(2, f"WARNING compare.serving: {sentence}\n".encode())
