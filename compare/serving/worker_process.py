"""One worker as its supervisor sees it: a forked process, the pipes from it, and a socket to talk by."""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys

from compare.serving.pipes import read, takes, warn, write

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`, without the megabyte that importing typing costs
if TYPE_CHECKING:
    from typing import Any, NoReturn

TAIL_BYTES = 2000
READY = b'{"ready":true'
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
RESET = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Worker:
    """One worker process and the pipes from it."""

    def __init__(self, slot: int, pid: int, stdout: int, stderr: int, control: socket.socket) -> None:
        self.slot, self.pid, self.stdout, self.stderr, self.control = slot, pid, stdout, stderr, control
        self.ready = b""  # its ready line, once it listens
        self.said = self.tail = b""
        self.ending_by: float | None = None  # when it is killed, once it was told to end
        self.retiring = False

    def read_stdout(self) -> None:
        """Take what it wrote to stdout: the ready line, and whatever a user's own work prints."""
        data = read(self.stdout)
        if not self.ready and data:
            *lines, self.said = (self.said + data).split(b"\n")
            self.ready = next((line for line in lines if line.startswith(READY)), b"")

    def read_stderr(self, others: list[Worker]) -> None:
        """Pass on what it wrote to stderr, and keep the end of it. Nothing waits for a reader.

        What one of `others` has said before is not repeated: a reason why none of them can start is one sentence.
        """
        data = read(self.stderr)
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        repeated = any(other.tail.startswith(self.tail) for other in others)
        if data and not repeated and takes(2):
            write(2, data)

    def last_words(self) -> str:
        """Return the last line it wrote to stderr."""
        lines = self.tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "nothing"

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message; a worker that is gone or does not read is passed over."""
        try:
            self.control.send(marshal.dumps(message), socket.MSG_DONTWAIT)
        except OSError:
            return

    def close(self, others: list[Worker]) -> None:
        """Read what is left, as `read_stderr`, and close the pipes."""
        self.read_stderr(others)
        for end in (self.stdout, self.stderr):
            os.close(end)
        self.control.close()


def become(
    parent: int, command: list[str], environ: dict[str, str], outputs: tuple[int, int], keep: tuple[int, int]
) -> NoReturn:
    """In the forked child: a session of its own, bound to the parent's life, and then the worker itself."""
    try:
        os.setsid()  # Ctrl-C in a terminal reaches the supervisor alone, which passes on one signal
        signal.set_wakeup_fd(-1)
        for number in RESET:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, RESET)
        if sys.platform == "linux":
            import ctypes  # noqa: PLC0415  # in the child alone: the parent stays small

            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        for end in keep:
            os.set_inheritable(end, True)
        os.execve(command[0], command, environ)  # noqa: S606  # no shell
    except BaseException as error:  # noqa: BLE001  # a forked child must never go on as its parent
        os.write(2, f"{command[0]} cannot be started: {error}\n".encode())
    os._exit(127)


def with_secret(environ: dict[str, str], command: list[str]) -> dict[str, str]:
    """Return the workers' environment: without any secret they share a random one, or each would refuse the others'."""
    given = any(name.startswith("COMPARE_COOKIE_") for name in environ)
    if given or any(word.startswith(("--cookie-secret-file", "--cookie-key")) for word in command):
        return environ
    warn("no cookie secret given: signed cookies are valid only until this process ends")
    return environ | {
        "COMPARE_RANDOM_SECRET": os.urandom(32).hex()
    }  # not one that was given, see serving.keys


def send(pid: int, number: int) -> None:
    """Send a signal to a process, or to a whole group by its negative id; one that is gone needs none."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
