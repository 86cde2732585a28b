"""Listening sockets of a supervisor: one per worker on the same port, or one for all. Few imports: it stays small."""

from __future__ import annotations

import errno
import os
import socket

from compare.errors import CompareError

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from typing import Any

BACKLOG = 4096


class CannotServeError(CompareError):
    """No server can be kept; one sentence."""


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """Return `count` sockets that listen on one address; raises CannotServeError.

    The first bind is without SO_REUSEPORT: with it a second server would join the port of another in silence.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with _bound(family, address[:2], shares=False) as probe:
            where = probe.getsockname()[:2]
        if count > 1 and not hasattr(socket, "SO_REUSEPORT"):
            raise CannotServeError("This system has no SO_REUSEPORT: use --accept shared, or --workers 1.")
        sockets = [_bound(family, where, shares=count > 1) for _ in range(count)]
        for listener in sockets:
            listener.listen(BACKLOG)
    except OSError as error:
        reason = str(error.strerror) if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        hint = (
            " Stop what listens there, or take any free port with --port 0."
            if error.errno == errno.EADDRINUSE
            else ""
        )
        raise CannotServeError(f"Cannot listen on {host}:{port}: {reason}.{hint}") from error
    return sockets


def _bound(family: int, address: tuple[Any, ...], *, shares: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
