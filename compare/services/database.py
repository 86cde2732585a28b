"""A real PostgreSQL without a system install, in a temporary folder, for as long as standard input stays open.

    python -m compare.services.database

The server is started here, as a child that the kernel stops with this process even when that is killed: `pg_ctl`
detaches it for good. Where it lives and as whom it runs: `compare.services.cluster`.

Durability is off: the folder is removed at the end, and the disk would be measured in place of the waiting.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from compare.services import cluster
from compare.services.cluster import Cluster, StartError
from compare.services.companion import announce

MAX_CONNECTIONS = 500
READY_S = 20.0
STOP_S = 8.0  # longer than PostgreSQL's own 5 s, after which it kills those of its children that linger
POLL_S = 0.01

SETTINGS = {
    "listen_addresses": "",  # reached by a Unix socket in its own folder, by nobody else
    "max_connections": MAX_CONNECTIONS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # would run in the middle of one cell and not of the next
    "max_wal_senders": 0,
    "wal_level": "minimal",
    "logging_collector": "off",
}

PR_SET_PDEATHSIG = 1


def _options(cluster: Cluster) -> list[str]:
    pairs = SETTINGS | {"unix_socket_directories": cluster.socket_dir}
    return [word for name, value in pairs.items() for word in ("-c", f"{name}={value}")]


def _die_with_parent() -> None:
    """Ask the kernel to send SIGQUIT (PostgreSQL: stop at once) when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run PostgreSQL on the cluster in `folder`, made when there is none; yield its DSN; stop it. Raises StartError."""
    with tempfile.TemporaryFile() as messages:
        made = cluster.prepare(folder)
        process = _start(made, messages)
        try:
            try:
                _await_ready(process, made.data, messages)
            except StartError:
                if process.poll() is None or not cluster.forget(made):
                    raise
                made = cluster.prepare(folder)  # the kept cluster may have been damaged
                process = _start(made, messages)
                _await_ready(process, made.data, messages)
            yield f"host={folder} user={cluster.USER} dbname=postgres"
        finally:
            _stop(process)


def _start(made: Cluster, messages: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # the package's own binary  # pylint: disable=W1509
        [str(made.programs / "postgres"), "-D", str(made.data), *_options(made)],
        stdout=messages,
        stderr=messages,
        cwd="/",
        preexec_fn=_die_with_parent,  # noqa: PLW1509  # one thread only, and it is after the change of user
        start_new_session=True,
        **made.popen,
    )


def _await_ready(process: "subprocess.Popen[bytes]", data: Path, messages: IO[bytes]) -> None:
    """Return when postmaster.pid says so: our process in its first line and its state in the last.

    Source: PostgreSQL's `LOCK_FILE_LINE_PID` and `LOCK_FILE_LINE_PM_STATUS`. A server that was killed leaves the file,
    which then says that its predecessor is ready.
    """
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text(encoding="utf-8").split()
            if lines and lines[0] == str(process.pid) and lines[-1] == "ready":
                return
        time.sleep(POLL_S)
    messages.seek(0)
    lines = messages.read().decode("utf-8", "replace").splitlines() or ["it said nothing"]
    raise StartError(f"The embedded PostgreSQL did not start ({lines[-1]}): {cluster.OTHERWISE}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_end() -> None:
    """Return when standard input ends or the process is told to stop."""
    with contextlib.suppress(KeyboardInterrupt):
        while os.read(0, 4096):
            pass


def _on_signal(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # the cleaning up is not to be interrupted
    raise KeyboardInterrupt


def main() -> int:
    """Run the database; return the exit code."""
    signal.signal(signal.SIGTERM, _on_signal)
    folder: Path | None = None
    try:
        folder = cluster.folder()
        with running(folder) as dsn:
            announce(dsn=dsn, pid=os.getpid(), folder=str(folder))
            _await_end()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 1  # told to stop before it was ready
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
