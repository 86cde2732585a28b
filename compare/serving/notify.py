"""Tell systemd how the service is: `sd_notify` by datagrams (man sd_notify), and the watchdog's beats."""

from __future__ import annotations

import os
import socket
import time

from compare.errors import CompareError

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Mapping


class NotifyError(CompareError):
    """The notify socket cannot be written to; one sentence."""


class Notify:
    """Sends states to the socket that systemd named; without one it does nothing.

    `next_at` is when the next beat of the watchdog is due, on `time.monotonic`; 0 without a watchdog.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address, self._every_s = address, watchdog_s / 2
        self.next_at = 0.0
        if address:
            self._send("STATUS=starting workers")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Notify:
        """Return what NOTIFY_SOCKET and WATCHDOG_USEC ask for; raises NotifyError when it cannot be done."""
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog = environ.get("WATCHDOG_USEC", "0") if mine else "0"
        return cls(environ.get("NOTIFY_SOCKET", ""), int(watchdog) / 1e6 if watchdog.isdigit() else 0.0)

    def ready(self) -> None:
        """Say that all workers listen, at the start and after a reload."""
        self._send("READY=1\nSTATUS=serving")
        if self._address and self._every_s:
            self.next_at = time.monotonic()

    def reloading(self) -> None:
        """Say that workers are being replaced."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}\nSTATUS=replacing workers")

    def stopping(self) -> None:
        """Say that the stop has begun."""
        self._send("STOPPING=1\nSTATUS=finishing what is in flight")

    def on_time(self, now: float) -> None:
        """Send a beat when one is due."""
        if self.next_at and now >= self.next_at:
            self._send("WATCHDOG=1")
            self.next_at = now + self._every_s

    def _send(self, state: str) -> None:
        if not self._address:
            return
        where = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.sendto(state.encode(), where)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise NotifyError(f"Cannot write to the notify socket {self._address}: {reason}.") from error
