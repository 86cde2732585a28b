"""How far the clocks of two machines are apart, by ping-pong. No clock is trusted to be right, and none is set.

One side asks, the other answers with its `time.monotonic`. The answer was stamped between the asking and its arrival:
of many round trips the shortest tells most, and what it tells is sure to half of its length.
"""

import contextlib
import hmac
import socket
import struct
import threading
import time
from collections.abc import Callable

import msgspec

from compare.errors import CompareError

PINGS, LEAST_PINGS = 200, 10
PINGING_S = 1.0  # where the way is long, no more than so long and the least
PATIENCE_S = 5.0  # for one answer, and for the next question
TOKEN_BYTES = 16
_ASK, _STAMP = b"?", struct.Struct("!d")


class ClockError(CompareError):
    """Another machine's clock cannot be read: one sentence."""


class Offset(msgspec.Struct, frozen=True):
    """Seconds by which another machine's clock is ahead of this one's, and how far from that it may be."""

    ahead_s: float
    unsure_s: float


class Clock:
    """Answers with this machine's time on a port of `host`, in a thread of its own, to those who have the token.

    What goes over the wire are numbers of seconds, so it is not encrypted.
    """

    def __init__(self, host: str, token: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._token, self._clock = token, clock
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family)
        self.address: tuple[str, int] = (host, self._socket.getsockname()[1])
        threading.Thread(target=self._serve, name="clock", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        with contextlib.suppress(OSError):  # it wakes the thread where the system allows it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:  # closed
                return
            with peer, contextlib.suppress(OSError):
                peer.settimeout(PATIENCE_S)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        if hmac.compare_digest(_received(peer, len(self._token)), self._token):
            while _received(peer, len(_ASK)):
                peer.sendall(_STAMP.pack(self._clock()))


def read(
    address: tuple[str, int], token: bytes, pings: int = PINGS, clock: Callable[[], float] = time.monotonic
) -> Offset:
    """Return how far the clock at `address` is ahead of this one; raises ClockError."""
    where = f"{address[0]}:{address[1]}"
    trips: list[tuple[float, float]] = []
    try:
        with socket.create_connection(address, timeout=PATIENCE_S) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(token)
            spent_s = 0.0
            while len(trips) < pings and (spent_s < PINGING_S or len(trips) < LEAST_PINGS):
                trips.append(_ping(sock, clock))
                spent_s += trips[-1][0]
    except (OSError, struct.error) as error:
        raise ClockError(
            f"The clock at {where} does not answer ({error}): let this machine reach the workers' ports."
        ) from error
    shortest_s, ahead_s = min(trips)
    return Offset(ahead_s, shortest_s / 2)


def _ping(sock: socket.socket, clock: Callable[[], float]) -> tuple[float, float]:
    """Return how long a round trip took, and how far the other clock is ahead of the middle of it."""
    asked_s = clock()
    sock.sendall(_ASK)
    (theirs_s,) = _STAMP.unpack(_received(sock, _STAMP.size))
    came_s = clock()
    return came_s - asked_s, theirs_s - (asked_s + came_s) / 2


def _received(sock: socket.socket, size: int) -> bytes:
    """Return so many bytes, fewer when the other side has closed the connection."""
    received = b""
    while len(received) < size and (more := sock.recv(size - len(received))):
        received += more
    return received
