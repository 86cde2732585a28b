"""Connections whose client has left, does not read or says nothing: what no framework notices, or one too hastily.

A client that left. Tornado stops reading while bytes lie behind the request it answers, aiohttp at 32 queued requests:
the end of the connection lies unread behind those bytes, and the long I/O runs on for nobody. The kernel tells it apart
from the bytes (EPOLLRDHUP), so one epoll instance watches all connections and is asked now and then, without waiting.

A client that does not read. What the kernel does not take stays in this process for as long as the client likes. Each
look asks every connection once whether anything is unsent; one that never was without it for the whole patience ends.

A client that says nothing. Each framework has a timer for it. On a loop that was held up Tornado's fires between the
reading of a request and its being passed on: what was sent in time is thrown away, and its client sees the connection
end. So its idle connections are ended here, unless something lies unread on them, and its own timer is put far off.
"""

import abc
import select
import socket
import struct
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

C = TypeVar("C")

LEFT_S = 0.1  # between two looks for clients that left
LOOKS = 20  # for unsent bytes and idle connections, in the time that a client has
RESET = struct.pack("ii", 1, 0)  # on, 0 s: what `close` sends is a reset
AT_ONCE = 4096  # the loop gets a turn between that many clients that left


class Connections(abc.ABC, Generic[C]):
    """All open connections of one server; `C` is what its framework calls a connection.

    `patience_s` is how long a client may leave an answer unread, and how long it may take until the head of its next
    request is whole. `sweep` is called on each tick of the loop.
    """

    def __init__(self, patience_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience_s, self._clock = patience_s, clock
        self._epoll = select.epoll()
        self._files: dict[C, int] = {}
        self._by_file: dict[int, C] = {}
        self._unread_since_s: dict[C, float] = {}
        self._idle_since_s: dict[C, tuple[weakref.ref[object], float]] = {}  # with what it awaits
        self._look_for_left_s = self._look_for_slow_s = 0.0

    @abc.abstractmethod
    def socket_of(self, connection: C) -> socket.socket:
        """Return the socket of an open connection."""

    @abc.abstractmethod
    def has_unsent(self, connection: C) -> bool:
        """Return whether bytes of an answer wait in this process for the client to read."""

    @abc.abstractmethod
    def is_deaf(self, connection: C) -> bool:
        """Return whether the framework answers a request and does not hear the client leave meanwhile."""

    def awaited(self, _connection: C) -> object | None:
        """Return what stands for the next head while the framework waits for that alone, else None.

        It is the same object for as long as it is the same head, and takes weak references. Where it is always None the
        framework ends idle connections itself.
        """
        return None

    @abc.abstractmethod
    def hang_up(self, connection: C) -> None:
        """Close the connection now, whatever is unsent."""

    def add(self, connection: C) -> None:
        """Watch a connection until `discard`."""
        file = self.socket_of(connection).fileno()
        self._files[connection] = file
        self._by_file[file] = connection
        self._epoll.register(file, select.EPOLLRDHUP)

    def discard(self, connection: C) -> None:
        """Watch a closed connection no more; the kernel forgets its descriptor by itself."""
        file = self._files.pop(connection, None)
        if file is not None and self._by_file[file] is connection:
            del self._by_file[file]

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._files)

    def __iter__(self) -> Iterator[C]:
        return iter(tuple(self._files))

    def close(self) -> None:
        """Watch nothing any more."""
        self._epoll.close()

    def sweep(self) -> None:
        """Hang up on clients that left and on those that do not read, when it is time for another look."""
        now_s = self._clock()
        if now_s >= self._look_for_left_s:
            self._look_for_left_s = now_s + LEFT_S
            self._hang_up_on_left()
        if now_s >= self._look_for_slow_s:
            self._look_for_slow_s = now_s + self._patience_s / LOOKS
            self._hang_up_on_unread(now_s)
            self._hang_up_on_idle(now_s)

    def _hang_up_on_left(self) -> None:
        for file, _events in self._epoll.poll(0, AT_ONCE):
            connection = self._by_file.get(file)
            if connection is not None and self.is_deaf(connection):
                self.hang_up(connection)

    def _hang_up_on_unread(self, now_s: float) -> None:
        before = self._unread_since_s
        self._unread_since_s = {
            connection: before.get(connection, now_s)
            for connection in self._files
            if self.has_unsent(connection)
        }
        for connection, since_s in self._unread_since_s.items():
            if now_s - since_s >= self._patience_s:
                # A reset: else the kernel would keep for minutes what it has taken and the client does not.
                self.socket_of(connection).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.hang_up(connection)

    def _hang_up_on_idle(self, now_s: float) -> None:
        before, self._idle_since_s = self._idle_since_s, {}
        late = []
        for connection in self._files:
            head = self.awaited(connection)
            if head is None:
                continue
            known = before.get(connection)
            if known is None or known[0]() is not head:
                known = weakref.ref(head), now_s  # weak: the bytes of a head that came may hang on it
            self._idle_since_s[connection] = known
            if now_s - known[1] >= self._patience_s:
                late.append(connection)
        for connection in self._silent(late):
            self.hang_up(connection)

    def _silent(self, connections: Sequence[C]) -> list[C]:
        """Return those on which nothing lies unread, neither bytes nor the client's farewell."""
        watch = select.poll()
        for connection in connections:
            watch.register(self._files[connection], select.POLLIN)
        heard = {file for file, _events in watch.poll(0)} if connections else set()
        return [connection for connection in connections if self._files[connection] not in heard]
