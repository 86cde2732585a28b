"""The ready line: what a server says on stdout once it listens, and what happens when it cannot."""

import os
import platform
import select
import socket
import sys

from compare.contract import Ready
from compare.contract.settings import Settings, default_threads
from compare.serving.binding import StartError, reason
from compare.serving.workers import Given

STDOUT_S = 5.0


def announce(settings: Settings, sock: socket.socket, given: Given | None) -> None:
    """Write the ready line of a server that listens on `sock`; raises StartError when it cannot be written."""
    host, port = sock.getsockname()[:2]
    ready = Ready(
        server=settings.server,
        url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        pid=os.getppid() if given else os.getpid(),  # whom to signal
        work=settings.work,
        threads=settings.threads or default_threads(),
        loop=settings.loop,
        python=platform.python_version(),
        gil=getattr(sys, "_is_gil_enabled", lambda: True)(),
        switch_interval_s=sys.getswitchinterval(),
        workers=settings.workers,
        loops=settings.loops,
    )
    _say(ready.line())


def _say(line: str) -> None:
    """Write the one line that goes to stdout; raises StartError when it cannot: its reader would wait forever.

    Not by `sys.stdout`, which at the end of the process would try again what failed.
    """
    poll = select.poll()
    poll.register(1, select.POLLOUT)
    why = "it is closed" if sys.stdout is None else ""
    if not why and not poll.poll(STDOUT_S * 1e3):
        why = "it is full, and nobody reads it"
    try:
        if not why:
            os.write(1, f"{line}\n".encode())
    except OSError as error:
        why = reason(error)
    if why:
        raise StartError(f"Cannot write the ready line to stdout: {why}.")
