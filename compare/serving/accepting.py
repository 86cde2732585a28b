"""Accepting connections when the process has no file descriptor left for them.

Neither framework survives that well: a connection that cannot be accepted stays in the backlog and keeps the socket
readable, so Tornado logs a traceback on every turn of the loop, and asyncio up to 4096 of them a second, one for each
place in the backlog. Here one descriptor is kept in reserve: it is given up to accept the connection, which is closed
at once, and taken back. The client learns that it is not served, the backlog empties and one line a second says so.
(libuv, and so aiohttp on uvloop, does the same by itself.)
"""

import contextlib
import errno
import logging
import os
import resource
import socket
import time
from typing import Any

log = logging.getLogger("compare.serving")

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
OWN_FILES = 50  # besides connections: standard files, loop, log, the work's own
TELL_S = 1.0
REFUSED_AT_ONCE = 64
RETRY_S = 0.001  # without even the reserve, the loop must leave the CPU to those who may free a descriptor


def raise_open_files(connections: int) -> None:
    """Raise this process's limit on open files as far as it may; warn when that is too low for so many connections.

    Linux gives an ordinary account 1,024, and each connection is one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    needed = connections + OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        log.warning(
            "--max-in-flight %d needs about %d open files, and this process may have %d: connections beyond that "
            "are closed unserved. Raise the hard limit, as root: ulimit -Hn %d",
            connections,
            needed,
            soft,
            needed,
        )


class Listener(socket.socket):
    """A listening socket whose `accept` refuses what there is no descriptor for, instead of raising OSError."""

    _reserve: int | None = None
    _refused = 0
    _told_s = -TELL_S

    @classmethod
    def of(cls, sock: socket.socket) -> "Listener":
        """Return a Listener in place of `sock`, which is used no more."""
        listener = cls(sock.family, sock.type, sock.proto, fileno=sock.detach())
        listener._reserve = _spare()
        return listener

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept as `socket.accept`; raises BlockingIOError when there is nothing that can be accepted."""
        for _ in range(REFUSED_AT_ONCE):
            try:
                return super().accept()
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
            self._refuse_one()
        raise BlockingIOError(errno.EAGAIN, "the loop gets a turn between refusals")

    def _refuse_one(self) -> None:
        """Close the oldest waiting connection; raises BlockingIOError when there is none, or no way to."""
        if self._reserve is None:
            self._reserve = _spare()
        if self._reserve is None:
            time.sleep(RETRY_S)
            raise BlockingIOError(errno.EAGAIN, "no descriptor left, not even to refuse with")
        os.close(self._reserve)
        try:
            super().accept()[0].close()
            self._refused += 1
        except OSError as error:  # a thread took the descriptor; the next attempt may find another
            if error.errno not in EXHAUSTED:
                raise
        finally:
            self._reserve = _spare()
            self._tell()

    def _tell(self) -> None:
        now_s = time.monotonic()
        if self._refused and now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            log.warning(
                "no file descriptor left: %d connections closed unserved so far (see ulimit -n)",
                self._refused,
            )

    def close(self) -> None:
        """Close the socket and the reserve."""
        super().close()
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None


def _spare() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
