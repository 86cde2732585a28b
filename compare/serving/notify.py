"""Tell systemd how the service is: `sd_notify` by datagrams (man sd_notify), and the watchdog's beats."""

from __future__ import annotations

import os
import socket
import time

from compare.errors import CompareError

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Mapping

RETRY_S = 0.1  # while the socket's queue is full


class NotifyError(CompareError):
    """The notify socket cannot be written to; one sentence."""


class Notify:
    """Sends states to the socket that systemd named; without one it does nothing, and nothing waits for a reader.

    `next_at` is when `on_time` has something to do, on `time.monotonic`; 0 when it has nothing.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        """Begin; raises NotifyError when the socket cannot be written to."""
        self._address, self._every_s = address, watchdog_s / 2
        self._untold: list[str] = []  # while the socket's queue is full
        self.next_at = 0.0
        if address:
            self._say("STATUS=starting workers")
            self._send()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Notify:
        """Return what NOTIFY_SOCKET and WATCHDOG_USEC ask for; raises NotifyError when it cannot be done."""
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog = environ.get("WATCHDOG_USEC", "0") if mine else "0"
        return cls(environ.get("NOTIFY_SOCKET", ""), int(watchdog) / 1e6 if watchdog.isdigit() else 0.0)

    def ready(self) -> None:
        """Say that all workers listen, at the start and after a reload."""
        self._say("READY=1\nSTATUS=serving")

    def reloading(self) -> None:
        """Say that workers are being replaced."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}\nSTATUS=replacing workers")

    def stopping(self) -> None:
        """Say that the stop has begun."""
        self._say("STOPPING=1\nSTATUS=finishing what is in flight")

    def on_time(self, now: float) -> str:
        """Send what is due; return a sentence when the socket cannot be written to any more: it is not tried again."""
        if not self.next_at or now < self.next_at:
            return ""
        if not self._untold and self._every_s:
            self._untold.append("WATCHDOG=1")
        try:
            self._send()
        except NotifyError as error:
            self._address, self.next_at = "", 0.0
            return str(error)
        pause_s = RETRY_S if self._untold else self._every_s
        self.next_at = now + pause_s if pause_s else 0.0
        return ""

    def _say(self, state: str) -> None:
        if self._address:
            self._untold.append(state)
            self.next_at = time.monotonic()

    def _send(self) -> None:
        """Send what was not told yet, as far as the socket's queue takes it."""
        where = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                while self._untold:
                    sender.sendto(self._untold[0].encode(), where)
                    del self._untold[0]
        except BlockingIOError:
            return
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise NotifyError(f"Cannot write to the notify socket {self._address}: {reason}.") from error
