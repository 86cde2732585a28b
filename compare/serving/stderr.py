"""A stderr that never makes its writer wait: what nobody reads is dropped and counted.

Logs go to stderr, mostly a pipe. When its reader hangs, the pipe is full after 64 KiB, and one more line would stop the
loop, and with it every request and the handler of every signal, until somebody reads. Here a write hands over what the
pipe takes, keeps up to `KEPT_BYTES` of the rest for later and drops what comes on top of that.

The pipe is opened once more for this: making descriptor 2 itself non-blocking would make it so for every process that
shares it, a shell for one.
"""

import collections
import functools
import io
import os
import select
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable

KEPT_BYTES = 256 * 1024
AT_ONCE_BYTES = select.PIPE_BUF  # a pipe takes so many bytes whole or not at all
LOOK_S = 0.01


class Stderr(io.TextIOBase):
    """Text for the file descriptor `file`, written as soon as that needs no waiting; from any thread."""

    def __init__(self, file: int = 2, kept_bytes: int = KEPT_BYTES) -> None:
        super().__init__()
        self._write, self._release = _without_waiting(file)
        self._kept_bytes = kept_bytes
        self._held: collections.deque[bytes] = collections.deque()
        self._held_bytes = self._dropped_lines = 0
        self._lock = threading.RLock()  # a signal handler may write in the middle of a write

    @classmethod
    def install(cls) -> "Stderr":
        """Put one in place of `sys.stderr`, and the null device where a standard file is closed."""
        for number in range(3):
            try:
                os.fstat(number)
            except OSError:  # else the first connection would get this number, and a client the log
                os.open(os.devnull, os.O_RDWR)
        stderr = cls()
        sys.stderr = stderr
        return stderr

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str, /) -> int:
        """Write what can be written now; keep or drop the rest."""
        data = text.encode(errors="backslashreplace")
        with self._lock:
            if self._held_bytes + len(data) > self._kept_bytes:
                self._dropped_lines += data.count(b"\n")
            else:
                self._hold(data)
        self.flush()
        return len(text)

    def flush(self) -> None:
        """Write as much of what is held as can be written now."""
        with self._lock:
            while self._held and self._hand_over(self._held.popleft()):
                if not self._held and self._dropped_lines:
                    told, self._dropped_lines = self._dropped_lines, 0
                    self._hold(
                        f"WARNING compare.serving: dropped {told} lines: nobody read stderr\n".encode()
                    )

    def finish(self, within_s: float) -> None:
        """Return once all is written, after `within_s` seconds at the latest."""
        until_s = time.monotonic() + within_s
        self.flush()
        while self._held and time.monotonic() < until_s:
            time.sleep(LOOK_S)
            self.flush()

    def close(self) -> None:
        """Close what was opened here; `file` itself stays open."""
        if not self.closed:
            super().close()
            self._release()

    def _hold(self, data: bytes) -> None:
        self._held_bytes += len(data)
        self._held.append(data)

    def _hand_over(self, data: bytes) -> bool:
        """Write the beginning of what was held, put the rest back, and return whether any was written."""
        try:
            written = self._write(data[:AT_ONCE_BYTES])
        except BlockingIOError:
            written = 0
        except OSError:  # a full disk, a reader that is gone: there is nobody to tell of it yet
            self._dropped_lines += sum(held.count(b"\n") for held in (data, *self._held))
            self._held.clear()
            self._held_bytes = 0
            return False
        self._held_bytes -= written
        if rest := data[written:]:
            self._held.appendleft(rest)
        return bool(written)


def _without_waiting(file: int) -> tuple[Callable[[bytes], int], Callable[[], object]]:
    """Return what writes bytes to `file`, or raises BlockingIOError where it would have to wait; and how that ends."""
    mode = os.fstat(file).st_mode
    if stat.S_ISSOCK(mode):  # as systemd gives it
        sock = socket.socket(fileno=file)
        return (lambda data: sock.send(data, socket.MSG_DONTWAIT)), sock.detach
    if stat.S_ISFIFO(mode) or os.isatty(file):
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            own = os.open(f"/proc/self/fd/{file}", flags)
        except OSError:  # no /proc, or another user's pipe: the kernel is asked first
            pass
        else:
            return functools.partial(os.write, own), functools.partial(os.close, own)
    return functools.partial(_if_ready, file), lambda: None


def _if_ready(file: int, data: bytes) -> int:
    poll = select.poll()
    poll.register(file, select.POLLOUT)
    return os.write(file, data) if poll.poll(0) else 0
